// SPDX-License-Identifier: GPL-2.0-only
#include "guest/kernel_log.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"

namespace ktstr::guest {

std::string kernel_line(std::string_view record) {
  // `priority,sequence,microseconds,flags;text`, and further lines of properties.
  const std::size_t text_at = record.find(';');
  if (text_at == std::string_view::npos) return {};
  std::string_view head = record.substr(0, text_at);
  std::array<std::uint64_t, 3> numbers{};
  for (std::uint64_t& number : numbers) {
    const auto [end, error] = std::from_chars(head.data(), head.data() + head.size(), number);
    if (error != std::errc()) return {};
    head.remove_prefix(std::min(static_cast<std::size_t>(end - head.data()) + 1, head.size()));
  }
  std::array<char, 40> stamp;
  const int length = std::snprintf(stamp.data(), stamp.size(), "[%5" PRIu64 ".%06" PRIu64 "] ",
                                   numbers[2] / 1'000'000, numbers[2] % 1'000'000);
  const std::string_view text = record.substr(text_at + 1);
  return std::string(stamp.data(), static_cast<std::size_t>(length)) +
         std::string(text.substr(0, text.find('\n')));
}

KernelLog::~KernelLog() {
  if (records_) loop_.unwatch(records_.get());
}

Status KernelLog::begin(const std::string& path) {
  records_ = TRY(open_file(path, O_RDONLY | O_NONBLOCK));
  return loop_.watch(records_.get(), [this] { serve(); });
}

void KernelLog::serve() {
  std::array<char, 8192> record;  // A read gives one record, of less than a page.
  constexpr int most_at_once = 64;
  for (int i = 0; i < most_at_once; ++i) {
    const ssize_t got = ::read(records_.get(), record.data(), record.size());
    if (got < 0 && errno == EPIPE) continue;  // Records were overwritten before they were read.
    if (got <= 0) return;
    forward(kernel_line({record.data(), static_cast<std::size_t>(got)}));
  }
}

void KernelLog::forward(std::string line) {
  if (line.empty()) return;
  const Nanos now = monotonic_now();
  if (now >= second_ + 1s) {
    if (dropped_ > 0)
      session_.send(wire::Log{wire::LogStream::init,
                              std::to_string(dropped_) + " lines of the kernel's log not sent"});
    second_ = now;
    lines_ = 0;
    dropped_ = 0;
  }
  if (++lines_ > lines_per_second)
    ++dropped_;
  else
    session_.send(wire::Log{wire::LogStream::kernel, std::move(line)});
}

}  // namespace ktstr::guest
