// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/console.h"

#include <algorithm>

namespace ktstr::vmm {

Console::Console(Bytes limit)
    : head_limit_(limit.count / 4),
      ring_limit_(std::max<std::size_t>(1, limit.count - head_limit_)) {}

void Console::append(ByteView bytes) {
  const std::lock_guard lock(mutex_);
  const std::string_view text = as_text(bytes);
  total_ += text.size();
  const std::size_t to_head = std::min(text.size(), head_limit_ - head_.size());
  head_.append(text.substr(0, to_head));
  std::string_view rest = text.substr(to_head);
  const std::size_t to_grow = std::min(rest.size(), ring_limit_ - ring_.size());
  ring_.append(rest.substr(0, to_grow));
  rest.remove_prefix(to_grow);
  // Byte n after the head goes to n % ring_limit_; of what exceeds a whole ring only the end stays.
  if (rest.size() > ring_limit_) rest.remove_prefix(rest.size() - ring_limit_);
  std::size_t at = (total_ - head_.size() - rest.size()) % ring_limit_;
  for (; !rest.empty(); at = 0) {
    const std::size_t piece = std::min(rest.size(), ring_limit_ - at);
    rest.copy(ring_.data() + at, piece);
    rest.remove_prefix(piece);
  }
}

std::uint64_t Console::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::uint64_t Console::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_locked();
}

std::uint64_t Console::dropped_locked() const {
  return total_ - head_.size() - ring_.size();
}

/// The last `count` bytes of the ring.
std::string Console::latest_locked(std::uint64_t count) const {
  const std::uint64_t end = total_ - head_.size();  // In bytes after the head.
  std::string out;
  out.reserve(count);
  std::uint64_t at = end - count;
  while (at < end) {
    const std::size_t start = at % ring_limit_;
    const std::size_t piece = std::min<std::uint64_t>(end - at, ring_limit_ - start);
    out.append(ring_, start, piece);
    at += piece;
  }
  return out;
}

std::string Console::text() const {
  const std::lock_guard lock(mutex_);
  std::string out = head_;
  if (const std::uint64_t lost = dropped_locked(); lost > 0)
    out += "\n[" + std::to_string(lost) + " bytes of console output dropped]\n";
  return out + latest_locked(ring_.size());
}

std::string Console::tail(std::size_t lines) const {
  const std::string all = text();
  std::size_t start = all.size();
  for (std::size_t found = 0; start > 0; --start)
    if (all[start - 1] == '\n' && start != all.size() && ++found == lines) break;
  return lines == 0 ? std::string() : all.substr(start);
}

Console::Chunk Console::from(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  Chunk chunk;
  chunk.next = total_;
  offset = std::min(offset, total_);
  if (offset < head_.size()) {
    // The gap between head and ring is reported with the next chunk, so that text is contiguous.
    const bool whole = dropped_locked() == 0;
    chunk.text = head_.substr(offset) + (whole ? latest_locked(ring_.size()) : "");
    if (!whole) chunk.next = head_.size();
    return chunk;
  }
  const std::uint64_t oldest = total_ - ring_.size();
  chunk.skipped = offset < oldest ? oldest - offset : 0;
  chunk.text = latest_locked(total_ - std::max(offset, oldest));
  return chunk;
}

}  // namespace ktstr::vmm
