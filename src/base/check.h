// SPDX-License-Identifier: GPL-2.0-only
// CHECK: an invariant of our own. It is always on, prints where it broke and aborts. Mistakes of
// users are Diagnostics, failures of the environment are Results; neither ever reaches a CHECK.
// Included by .cc files only: tests have a CHECK of their own.
#pragma once

namespace ktstr {

/// Prints `file:line: check failed: what` to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* what) noexcept;

}  // namespace ktstr

#define CHECK(condition) \
  (static_cast<bool>(condition) ? void() : ::ktstr::check_failed(__FILE__, __LINE__, #condition))
