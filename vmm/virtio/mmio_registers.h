// SPDX-License-Identifier: GPL-2.0-only
// The numbers of virtio-mmio (virtio 1.2 §4.2): offsets of registers and the bits in them.
#pragma once

#include <cstdint>

namespace ktstr::vmm::virtio::mmio {

// §4.2.2, table 4.1.
enum Register : std::uint64_t {
  magic_value = 0x00,
  version = 0x04,
  device_id = 0x08,
  vendor_id = 0x0c,
  device_features = 0x10,
  device_features_select = 0x14,
  driver_features = 0x20,
  driver_features_select = 0x24,
  queue_select = 0x30,
  queue_size_max = 0x34,
  queue_size = 0x38,
  queue_ready = 0x44,
  queue_notify = 0x50,
  interrupt_status = 0x60,
  interrupt_ack = 0x64,
  status = 0x70,
  queue_descriptors_low = 0x80,
  queue_descriptors_high = 0x84,
  queue_driver_low = 0x90,
  queue_driver_high = 0x94,
  queue_device_low = 0xa0,
  queue_device_high = 0xa4,
  shared_memory_length_low = 0xb0,
  shared_memory_length_high = 0xb4,
  shared_memory_base_low = 0xb8,
  shared_memory_base_high = 0xbc,
  config_generation = 0xfc,
  config_space = 0x100,
};

inline constexpr std::uint32_t magic = 0x74726976;   // "virt"
inline constexpr std::uint32_t vendor = 0x7274736b;  // "kstr"

// §2.1: the device status.
inline constexpr std::uint32_t features_ok = 8;
inline constexpr std::uint32_t driver_ok = 4;
inline constexpr std::uint32_t needs_reset = 64;
inline constexpr std::uint32_t of_driver = 1 | 2 | driver_ok | features_ok | 128;

// §4.2.2: InterruptStatus.
inline constexpr std::uint32_t used_buffers = 1;
inline constexpr std::uint32_t config_change = 2;

}  // namespace ktstr::vmm::virtio::mmio
