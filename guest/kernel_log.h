// SPDX-License-Identifier: GPL-2.0-only
// Forwards the kernel's log to the host, line by line, and not more than a flood allows.
#pragma once

#include "guest/loop.h"
#include "guest/session.h"

namespace ktstr::guest {

/// One record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) as `[    1.234567] text`; empty for
/// what is not one.
std::string kernel_line(std::string_view record);

class KernelLog {
 public:
  KernelLog(Loop& loop, Session& session) : loop_(loop), session_(session) {}
  KernelLog(const KernelLog&) = delete;
  KernelLog& operator=(const KernelLog&) = delete;
  ~KernelLog();

  /// From the oldest record that is left.
  Status begin(const std::string& path = "/dev/kmsg");

 private:
  void serve();
  void forward(std::string line);

  static constexpr std::uint32_t lines_per_second = 1000;

  Loop& loop_;
  Session& session_;
  Fd records_;
  Nanos second_{0};
  std::uint32_t lines_ = 0;  ///< In this second.
  std::uint64_t dropped_ = 0;
};

}  // namespace ktstr::guest
