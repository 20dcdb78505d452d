// SPDX-License-Identifier: GPL-2.0-only
// Which QEMU this is and what follows from it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ktstr::vmm::qemu {

struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t micro = 0;

  constexpr auto operator<=>(const Version&) const = default;
};

/// What `program`, looked up in $PATH, says of itself. Asking takes longer than all the rest before
/// a machine runs, so the answer is kept in the file `memo`, unless that is empty, for as long as
/// the program stays the same. Fails when it is missing or no usable QEMU, saying what to install.
Result<Version> version_of(const std::string& program, const std::string& memo);

/// From the first line of `qemu-system-x86_64 --version`.
std::optional<Version> parse_version(std::string_view output);
std::string to_text(const Version& version);

/// Older ones lack options we need (`-action`).
inline constexpr Version oldest_usable{6, 0, 0};
/// Older ones lose races with the kernel's code patching when every vCPU has a thread: the guest
/// dies of spurious int3 oopses. They must run all vCPUs on one.
inline constexpr Version oldest_parallel{10, 0, 0};

}  // namespace ktstr::vmm::qemu
