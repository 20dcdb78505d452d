// SPDX-License-Identifier: GPL-2.0-only
#include "ir/kernel_facts.h"

#include <charconv>
#include <vector>

namespace ktstr::ir {
namespace {

/// The numbers that a release writes, at most three; empty when it is not one.
std::vector<unsigned> parts_of(std::string_view release) {
  std::vector<unsigned> out;
  while (out.size() < 3) {
    unsigned part = 0;
    const auto [end, error] =
        std::from_chars(release.data(), release.data() + release.size(), part);
    if (error != std::errc{} || part > 9999) return {};
    out.push_back(part);
    release.remove_prefix(static_cast<std::size_t>(end - release.data()));
    if (release.empty()) return out;
    if (!release.starts_with('.')) return {};
    release.remove_prefix(1);
  }
  return {};
}

/// Below 0 when the version stands before all kernels of the release, above 0 when after.
int compare(const KernelVersion& version, std::string_view release) {
  const unsigned own[] = {version.major, version.minor, version.patch};
  const std::vector<unsigned> parts = parts_of(release);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (own[i] != parts[i]) return own[i] < parts[i] ? -1 : 1;
  return 0;
}

}  // namespace

bool is_older(const KernelVersion& version, std::string_view release) {
  return compare(version, release) < 0;
}

bool is_newer(const KernelVersion& version, std::string_view release) {
  return compare(version, release) > 0;
}

std::optional<KernelRange> parse_kernel_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  KernelRange out;
  out.from = text.substr(0, dots);
  out.to = dots == std::string_view::npos ? out.from : text.substr(dots + 2);
  if (out.from.empty() && out.to.empty()) return std::nullopt;
  for (const std::string& end : {out.from, out.to})
    if (!end.empty() && parts_of(end).empty()) return std::nullopt;
  return out;
}

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
