// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/queue.h"

#include <atomic>
#include <bit>
#include <cerrno>
#include <numeric>

namespace ktstr::vmm {
namespace {

// §2.7.5, §2.7.6, §2.7.8: layouts and flags.
constexpr std::size_t descriptor_size = 16;
constexpr std::size_t used_element_size = 8;
constexpr std::size_t ring_offset = 4;  // Both rings: u16 flags, u16 idx, then the entries.
constexpr std::uint16_t descriptor_next = 1;
constexpr std::uint16_t descriptor_write = 2;
constexpr std::uint16_t driver_no_interrupt = 1;
constexpr std::uint16_t device_no_notify = 1;

/// A 16-bit field the driver accesses at the same time. Layouts are aligned, checked in `create`.
std::atomic_ref<std::uint16_t> shared(ByteSpan ring, std::size_t offset) {
  check_bounds(offset, sizeof(std::uint16_t), ring.size());
  return std::atomic_ref(*reinterpret_cast<std::uint16_t*>(ring.data() + offset));
}

std::size_t total(const std::vector<ByteSpan>& spans) {
  return std::accumulate(spans.begin(), spans.end(), std::size_t{0},
                         [](std::size_t sum, ByteSpan span) { return sum + span.size(); });
}

Result<ByteSpan> area(const GuestMemory& memory, GuestPhys at, std::size_t size, unsigned align,
                      const char* name) {
  const auto span = memory.span(at, size);
  if (!span || at.raw % align != 0 || reinterpret_cast<std::uintptr_t>(span->data()) % align != 0)
    return fail_code(EINVAL, std::string("virtqueue: the ") + name + " is misaligned or not RAM");
  return *span;
}

}  // namespace

std::size_t Chain::readable_size() const {
  return total(readable);
}

std::size_t Chain::writable_size() const {
  return total(writable);
}

Queue::Queue(const GuestMemory& memory, const QueueLayout& layout, ByteSpan descriptors,
             ByteSpan driver, ByteSpan device)
    : memory_(&memory),
      descriptors_(descriptors),
      driver_(driver),
      device_(device),
      size_(layout.size),
      event_index_(layout.event_index),
      next_(layout.next),
      used_(layout.next),  // Chains are put in the order they are taken, none is kept.
      signalled_(layout.next) {}

Result<Queue> Queue::create(const GuestMemory& memory, const QueueLayout& layout) {
  const std::size_t size = layout.size;
  if (!std::has_single_bit(size) || size > max_size)
    return fail_code(EINVAL, "virtqueue: a size of " + std::to_string(size));
  // The trailing u16 of either ring is the event index (§2.7.7, §2.7.10).
  const ByteSpan descriptors =
      TRY(area(memory, layout.descriptors, size * descriptor_size, 16, "descriptor area"));
  const ByteSpan driver =
      TRY(area(memory, layout.driver, ring_offset + size * 2 + 2, 2, "available ring"));
  const ByteSpan device =
      TRY(area(memory, layout.device, ring_offset + size * used_element_size + 2, 4, "used ring"));
  return Queue(memory, layout, descriptors, driver, device);
}

bool Queue::broke(std::string_view why) {
  broken_ = why;
  return false;
}

bool Queue::available() const {
  // Acquire: the entries and descriptors were written before the index.
  return shared(driver_, 2).load(std::memory_order_acquire) != next_;
}

bool Queue::peek(Chain& chain) {
  if (!broken_.empty()) return false;
  const std::uint16_t index = shared(driver_, 2).load(std::memory_order_acquire);
  const auto waiting = static_cast<std::uint16_t>(index - next_);
  if (waiting == 0) return false;
  if (waiting > size_) return broke("the available index runs ahead of the queue size (2.7.6)");
  const std::size_t slot = ring_offset + 2u * (next_ & (size_ - 1u));
  return follow(shared(driver_, slot).load(std::memory_order_relaxed), chain);
}

bool Queue::follow(std::uint16_t head, Chain& chain) {
  chain.head = head;
  chain.readable.clear();
  chain.writable.clear();
  std::uint16_t at = head;
  std::uint64_t length = 0;
  for (unsigned steps = 0;; ++steps) {
    if (steps == size_) return broke("a descriptor chain loops (2.7.5.2)");
    if (at >= size_) return broke("a descriptor index leaves the table (2.7.5)");
    const ByteView descriptor = descriptors_.subspan(at * descriptor_size, descriptor_size);
    const auto address = load_le<std::uint64_t>(descriptor, 0);
    const auto size = load_le<std::uint32_t>(descriptor, 8);
    const auto flags = load_le<std::uint16_t>(descriptor, 12);
    const auto next = load_le<std::uint16_t>(descriptor, 14);
    if ((flags & ~(descriptor_next | descriptor_write)) != 0)
      return broke("a descriptor has flags that were not offered (2.7.5.3.1)");
    const auto span = memory_->span(GuestPhys(address), size);
    if (!span) return broke("a descriptor points outside RAM (2.7.5)");
    length += size;
    if (length > UINT32_MAX) return broke("a descriptor chain is longer than 2^32 (2.7.5.2)");
    const bool writable = (flags & descriptor_write) != 0;
    if (!writable && !chain.writable.empty())
      return broke("a readable descriptor follows a writable one (2.7.4.2)");
    if (size > 0) (writable ? chain.writable : chain.readable).push_back(*span);
    if ((flags & descriptor_next) == 0) return true;
    at = next;
  }
}

void Queue::put(std::uint16_t head, std::uint32_t written) {
  const std::size_t slot = ring_offset + used_element_size * (used_ & (size_ - 1u));
  store_le<std::uint32_t>(device_, slot, head);
  store_le<std::uint32_t>(device_, slot + 4, written);
  // Release: the element and the data are visible before the index (§2.7.8.2).
  shared(device_, 2).store(++used_, std::memory_order_release);
}

bool Queue::should_interrupt() {
  const std::uint16_t before = std::exchange(signalled_, used_);
  if (before == used_) return false;
  // The driver writes its wish, then reads our index; we wrote the index and now read the wish.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!event_index_)
    return (shared(driver_, 0).load(std::memory_order_relaxed) & driver_no_interrupt) == 0;
  const std::uint16_t wish =
      shared(driver_, ring_offset + 2u * size_).load(std::memory_order_relaxed);
  return static_cast<std::uint16_t>(used_ - wish - 1) < static_cast<std::uint16_t>(used_ - before);
}

bool Queue::arm() {
  if (!broken_.empty()) return false;
  if (event_index_)
    shared(device_, ring_offset + used_element_size * size_)
        .store(next_, std::memory_order_relaxed);
  else
    shared(device_, 0).store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return available();
}

void Queue::disarm() {
  // With an event index there is nothing to write: the index armed last is behind us.
  if (!event_index_) shared(device_, 0).store(device_no_notify, std::memory_order_relaxed);
}

}  // namespace ktstr::vmm
