// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/qemu/version.h"

#include <charconv>

namespace ktstr::vmm::qemu {

std::optional<Version> parse_version(std::string_view output) {
  constexpr std::string_view lead = "QEMU emulator version ";
  if (!output.starts_with(lead)) return std::nullopt;
  const char* at = output.data() + lead.size();
  const char* const end = output.data() + output.size();
  Version version;
  for (std::uint32_t* part : {&version.major, &version.minor, &version.micro}) {
    const auto [next, error] = std::from_chars(at, end, *part);
    if (error != std::errc()) return std::nullopt;
    if (part == &version.micro) break;
    if (next == end || *next != '.') return std::nullopt;
    at = next + 1;
  }
  return version;
}

std::string to_text(const Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.micro);
}

}  // namespace ktstr::vmm::qemu
