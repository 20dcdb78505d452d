// SPDX-License-Identifier: GPL-2.0-only
// KVM's structures that end in an array, and the requests that take them. <linux/kvm.h> of Linux
// 6.1 cannot be used for those in C++: an empty struct within gives them another size, and with it
// the requests another number.
#pragma once

#include <cstdint>

#include <linux/kvm.h>

#include "base/bytes.h"

namespace ktstr::vmm::kvm::abi {

/// In front of the entries of kvm_cpuid2, kvm_msrs and kvm_irq_routing.
struct ArrayHeader {
  std::uint32_t count;
  std::uint32_t rest;  ///< Padding or flags.
};
static_assert(Wire<ArrayHeader> && sizeof(ArrayHeader) == 8);

inline constexpr unsigned long get_supported_cpuid = _IOWR(KVMIO, 0x05, ArrayHeader);
inline constexpr unsigned long set_gsi_routing = _IOW(KVMIO, 0x6a, ArrayHeader);
inline constexpr unsigned long get_msrs = _IOWR(KVMIO, 0x88, ArrayHeader);
inline constexpr unsigned long set_msrs = _IOW(KVMIO, 0x89, ArrayHeader);
inline constexpr unsigned long set_cpuid2 = _IOW(KVMIO, 0x90, ArrayHeader);

/// Room for `count` entries behind a header that counts them.
template <class Entry>
Buffer make_array(std::size_t count) {
  Buffer out(sizeof(ArrayHeader) + count * sizeof(Entry));
  store_le(out, 0, static_cast<std::uint32_t>(count));
  return out;
}

template <class Entry>
Entry entry_of(ByteView array, std::size_t index) {
  Entry out;
  check_bounds(sizeof(ArrayHeader) + index * sizeof out, sizeof out, array.size());
  std::memcpy(&out, array.data() + sizeof(ArrayHeader) + index * sizeof out, sizeof out);
  return out;
}

template <class Entry>
void set_entry(ByteSpan array, std::size_t index, const Entry& entry) {
  check_bounds(sizeof(ArrayHeader) + index * sizeof entry, sizeof entry, array.size());
  std::memcpy(array.data() + sizeof(ArrayHeader) + index * sizeof entry, &entry, sizeof entry);
}

/// kvm_stats_desc; its name follows.
struct StatisticHeader {
  std::uint32_t flags;
  std::int16_t exponent;
  std::uint16_t size;
  std::uint32_t offset;
  std::uint32_t bucket_size;
};
static_assert(Wire<StatisticHeader> && sizeof(StatisticHeader) == 16);

}  // namespace ktstr::vmm::kvm::abi
