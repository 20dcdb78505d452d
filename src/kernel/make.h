// SPDX-License-Identifier: GPL-2.0-only
// Runs the kernel's make out of tree and follows what it says.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ktstr::kernel {

/// One build, of several calls of make.
struct Make {
  std::string source;   ///< The tree; make writes nothing into it.
  std::string objects;  ///< The directory it writes into.
  std::string log;      ///< A file that everything said is appended to.
  int lock = -1;        ///< A descriptor that every process of the build holds open; -1: none.
  int stop = -1;        ///< The build ends with EINTR once this becomes readable; -1: never.

  /// Told of every file made: how many so far in this call, and the path of this one.
  std::function<void(std::uint64_t, std::string_view)> made{};
  /// Told the last lines said when make fails, the first compiler's error at the latest among them.
  std::function<void(std::span<const std::string>)> failed{};

  /// `make TARGETS`, which may hold settings (`-j8`), too.
  [[nodiscard]] Status run(const std::vector<std::string>& targets) const;
};

}  // namespace ktstr::kernel
