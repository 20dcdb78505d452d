// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/guest_memory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace ktstr::vmm {

Status GuestMemory::add(GuestPhys start, Mapping memory) {
  const std::uint64_t size = memory.bytes().size();
  if (size == 0) return fail_code(EINVAL, "add an empty region of guest memory");
  if (size > std::numeric_limits<std::uint64_t>::max() - start.raw)
    return fail_code(EINVAL, "add a region of guest memory that passes the last address");
  const auto after = std::ranges::upper_bound(regions_, start.raw, {}, &Region::start);
  const bool hits_next = after != regions_.end() && after->start - start.raw < size;
  const bool hits_previous =
      after != regions_.begin() &&
      start.raw - std::prev(after)->start < std::prev(after)->memory.bytes().size();
  if (hits_next || hits_previous) return fail_code(EEXIST, "add overlapping guest memory");
  regions_.insert(after, Region{start.raw, std::move(memory)});
  return {};
}

ByteSpan GuestMemory::tail(GuestPhys from) const {
  for (const Region& region : regions_) {
    const ByteSpan bytes = region.memory.bytes();
    if (from.raw >= region.start && from.raw - region.start < bytes.size())
      return bytes.subspan(from.raw - region.start);
  }
  return {};
}

std::optional<ByteSpan> GuestMemory::span(GuestPhys from, std::uint64_t size) const {
  if (size == 0) return ByteSpan();
  const ByteSpan rest = tail(from);
  if (rest.size() < size) return std::nullopt;
  return rest.first(size);
}

std::vector<GuestRange> GuestMemory::ranges() const {
  std::vector<GuestRange> out;
  for (const Region& region : regions_)
    out.push_back({GuestPhys(region.start), Bytes{region.memory.bytes().size()}});
  return out;
}

Status GuestMemory::read(GuestPhys from, ByteSpan out) const {
  std::uint64_t at = from.raw;
  while (!out.empty()) {
    const ByteSpan rest = tail(GuestPhys(at));
    if (rest.empty()) return fail_code(EFAULT, "read guest memory at " + std::to_string(at));
    const std::size_t step = std::min(rest.size(), out.size());
    std::memcpy(out.data(), rest.data(), step);
    out = out.subspan(step);
    at += step;
  }
  return {};
}

}  // namespace ktstr::vmm
