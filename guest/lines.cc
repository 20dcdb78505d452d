// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lines.h"

#include <utility>

#include "base/clock.h"

namespace ktstr::guest {

void Lines::take(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    if (open_.size() < longest_line) open_.append(piece.substr(0, longest_line - open_.size()));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    take_line(std::exchange(open_, {}));
  }
}

void Lines::take_line(std::string line) {
  const Nanos now = monotonic_now();
  if (now >= second_ + 1s) {
    flush();
    second_ = now;
    lines_ = 0;
  }
  if (++lines_ <= lines_per_second && held_.empty()) return on_line_(std::move(line));
  held_.push_back(std::move(line));
  if (held_.size() <= lines_held) return;
  held_.pop_front();
  ++dropped_;
}

void Lines::flush() {
  if (dropped_ > 0) on_line_("(" + std::to_string(dropped_) + " lines not kept)");
  dropped_ = 0;
  while (!held_.empty()) {
    on_line_(std::move(held_.front()));
    held_.pop_front();
  }
}

void Lines::finish() {
  if (!open_.empty()) take_line(std::exchange(open_, {}));
  flush();
}

}  // namespace ktstr::guest
