// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/devices/bus.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/check.h"

namespace ktstr::vmm {

Status Bus::add(std::uint64_t start, std::uint64_t size, BusDevice& device) {
  if (size == 0) return fail_code(EINVAL, "put a device without addresses on a bus");
  if (size - 1 > std::numeric_limits<std::uint64_t>::max() - start)
    return fail_code(EINVAL, "put a device beyond the last address of a bus");
  const auto after = std::ranges::upper_bound(ranges_, start, {}, &Range::start);
  const bool hits_next = after != ranges_.end() && after->start - start < size;
  const bool hits_previous =
      after != ranges_.begin() && start - std::prev(after)->start < std::prev(after)->size;
  if (hits_next || hits_previous) return fail_code(EEXIST, "put two devices at one address");
  ranges_.insert(after, {start, size, &device});
  return {};
}

const Bus::Range* Bus::find(std::uint64_t address, std::uint64_t size) const {
  const auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::start);
  if (after == ranges_.begin()) return nullptr;
  const Range& range = *std::prev(after);
  const std::uint64_t offset = address - range.start;
  return offset < range.size && size <= range.size - offset ? &range : nullptr;
}

void Bus::read(std::uint64_t address, ByteSpan out) const {
  CHECK(!out.empty() && out.size() <= sizeof(std::uint64_t));
  std::uint64_t value = std::numeric_limits<std::uint64_t>::max();
  if (const Range* range = find(address, out.size()))
    value = range->device->read(address - range->start, static_cast<unsigned>(out.size()));
  std::memcpy(out.data(), &value, out.size());
}

void Bus::write(std::uint64_t address, ByteView bytes) const {
  CHECK(!bytes.empty() && bytes.size() <= sizeof(std::uint64_t));
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  if (const Range* range = find(address, bytes.size()))
    range->device->write(address - range->start, static_cast<unsigned>(bytes.size()), value);
}

}  // namespace ktstr::vmm
