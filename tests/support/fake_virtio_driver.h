// SPDX-License-Identifier: GPL-2.0-only
// The guest's side of split virtqueues, in this process and on real rings in a memfd: what a
// driver does (virtio 1.2 §2.7), and raw access to do what a driver must not.
#pragma once

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/mapping.h"
#include "vmm/virtio/queue.h"

namespace fake {

/// Guest memory of one region at `base`, in a memfd so that it can be passed to another process.
struct Ram {
  static constexpr std::uint64_t base = 0x1000'0000;

  explicit Ram(ktstr::Bytes size)
      : fd(ktstr::create_memfd("fake-guest", size).value()),
        mapping(ktstr::Mapping::of(fd, size, ktstr::Mapping::Access::write).value()) {
    if (!memory.add(ktstr::GuestPhys(base),
                    ktstr::Mapping::of(fd, size, ktstr::Mapping::Access::write).value()))
      std::abort();
  }

  /// The driver's own view of guest memory at `address`.
  [[nodiscard]] ktstr::ByteSpan at(std::uint64_t address, std::size_t size) const {
    return mapping.bytes().subspan(address - base, size);
  }
  std::uint64_t allocate(std::size_t size, std::size_t align = 16) {
    top = (top + align - 1) / align * align;
    const std::uint64_t address = base + top;
    top += size;
    if (top > mapping.bytes().size()) std::abort();
    return address;
  }

  ktstr::Fd fd;
  ktstr::Mapping mapping;
  ktstr::vmm::GuestMemory memory;
  std::size_t top = 0;
};

struct Part {
  std::uint64_t address;
  std::uint32_t size;
  bool writable;
};

struct Used {
  std::uint16_t head;
  std::uint32_t written;
};

/// One virtqueue as its driver sees it.
class DriverQueue {
 public:
  DriverQueue(Ram& ram, std::uint16_t size, bool event_index)
      : ram_(ram), size_(size), event_index_(event_index) {
    layout = {size,
              ktstr::GuestPhys(ram.allocate(16u * size)),
              ktstr::GuestPhys(ram.allocate(4u + 2u * size + 2u, 2)),
              ktstr::GuestPhys(ram.allocate(4u + 8u * size + 2u, 4)),
              event_index,
              0};
    reset();
  }

  /// As after a device reset: empty rings, indices 0.
  void reset() {
    std::memset(ram_.at(layout.descriptors.raw, 16u * size_).data(), 0, 16u * size_);
    std::memset(ram_.at(layout.driver.raw, 6u + 2u * size_).data(), 0, 6u + 2u * size_);
    std::memset(ram_.at(layout.device.raw, 6u + 8u * size_).data(), 0, 6u + 8u * size_);
    available_ = seen_ = 0;
    free_.clear();
    for (std::uint16_t i = 0; i < size_; ++i)
      free_.push_back(static_cast<std::uint16_t>(size_ - 1 - i));
    chains_.assign(size_, {});
  }

  [[nodiscard]] std::size_t free() const { return free_.size(); }
  [[nodiscard]] std::uint16_t size() const { return size_; }

  void write_descriptor(std::uint16_t index, std::uint64_t address, std::uint32_t size,
                        std::uint16_t flags, std::uint16_t next) {
    const auto to = ram_.at(layout.descriptors.raw + 16u * index, 16);
    ktstr::store_le(to, 0, address);
    ktstr::store_le(to, 8, size);
    ktstr::store_le(to, 12, flags);
    ktstr::store_le(to, 14, next);
  }

  /// Puts `head` into the available ring. Returns whether the device wants to be notified.
  bool offer(std::uint16_t head) {
    const std::size_t slot = 4u + 2u * (available_ % size_);
    ktstr::store_le(ram_.at(layout.driver.raw, 4u + 2u * size_), slot, head);
    set_available(static_cast<std::uint16_t>(available_ + 1));
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!event_index_) return (half(layout.device.raw).load() & 1) == 0;
    const std::uint16_t wish = half(layout.device.raw + 4 + 8u * size_).load();
    return static_cast<std::uint16_t>(available_ - wish - 1) < 1;
  }

  void set_available(std::uint16_t index) {
    available_ = index;
    half(layout.driver.raw + 2).store(index, std::memory_order_release);
  }

  /// Builds a chain out of free descriptors and offers it; nullopt when there are too few.
  std::optional<std::uint16_t> add(const std::vector<Part>& parts, bool* notify = nullptr) {
    if (parts.size() > free_.size()) return std::nullopt;
    std::vector<std::uint16_t> taken;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      taken.push_back(free_.back());
      free_.pop_back();
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool last = i + 1 == parts.size();
      const unsigned flags = (last ? 0u : 1u) | (parts[i].writable ? 2u : 0u);
      write_descriptor(taken[i], parts[i].address, parts[i].size, static_cast<std::uint16_t>(flags),
                       last ? std::uint16_t{0} : taken[i + 1]);
    }
    const std::uint16_t head = taken.front();
    chains_[head] = std::move(taken);
    const bool wanted = offer(head);
    if (notify != nullptr) *notify = wanted;
    return head;
  }

  /// The next used buffer, its descriptors free again.
  std::optional<Used> reap() {
    if (half(layout.device.raw + 2).load(std::memory_order_acquire) == seen_) return std::nullopt;
    const auto ring = ram_.at(layout.device.raw, 4u + 8u * size_);
    const std::size_t slot = 4u + 8u * (seen_++ % size_);
    const Used used{static_cast<std::uint16_t>(ktstr::load_le<std::uint32_t>(ring, slot)),
                    ktstr::load_le<std::uint32_t>(ring, slot + 4)};
    for (const std::uint16_t index : chains_.at(used.head)) free_.push_back(index);
    chains_[used.head].clear();
    return used;
  }

  /// VIRTIO_F_EVENT_IDX: interrupt when the used index passes this (§2.7.7).
  void want_interrupt_after(std::uint16_t index) {
    half(layout.driver.raw + 4 + 2u * size_).store(index);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  /// Without it: VIRTQ_AVAIL_F_NO_INTERRUPT.
  void suppress_interrupts(bool suppress) { half(layout.driver.raw).store(suppress ? 1 : 0); }

  [[nodiscard]] std::uint16_t seen() const { return seen_; }
  [[nodiscard]] std::uint16_t device_flags() { return half(layout.device.raw).load(); }
  [[nodiscard]] bool has_used() { return half(layout.device.raw + 2).load() != seen_; }

  ktstr::vmm::QueueLayout layout;

 private:
  std::atomic_ref<std::uint16_t> half(std::uint64_t address) {
    return std::atomic_ref(*reinterpret_cast<std::uint16_t*>(ram_.at(address, 2).data()));
  }

  Ram& ram_;
  std::uint16_t size_;
  bool event_index_;
  std::uint16_t available_ = 0;
  std::uint16_t seen_ = 0;
  std::vector<std::uint16_t> free_;
  std::vector<std::vector<std::uint16_t>> chains_;
};

}  // namespace fake
