// SPDX-License-Identifier: GPL-2.0-only
#include "ir/kernel_facts.h"

#include <charconv>

namespace ktstr::ir {

std::optional<KernelVersion> parse_kernel_version(std::string_view release) {
  KernelVersion version;
  unsigned* const parts[] = {&version.major, &version.minor, &version.patch};
  const char* at = release.data();
  const char* const end = at + release.size();
  int read = 0;
  for (unsigned* part : parts) {
    const auto [next, error] = std::from_chars(at, end, *part);
    if (error != std::errc{}) break;
    ++read;
    at = next;
    if (at == end || *at != '.') break;
    ++at;
  }
  if (read < 2) return std::nullopt;
  return version;
}

std::string to_text(const KernelVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

OptionState KernelFacts::option(std::string_view option_name) const {
  constexpr std::string_view prefix = "CONFIG_";
  if (option_name.starts_with(prefix)) option_name.remove_prefix(prefix.size());
  const auto found = options.find(option_name);
  if (found == options.end())
    return options_from == OptionSource::evidence ? OptionState::unknown : OptionState::no;
  if (found->second == "n") return OptionState::no;
  if (found->second == "m") return OptionState::module;
  return OptionState::yes;
}

}  // namespace ktstr::ir
