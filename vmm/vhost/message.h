// SPDX-License-Identifier: GPL-2.0-only
// The vhost-user protocol as far as a vsock device needs it (QEMU's docs/interop/vhost-user.rst):
// a header of 12 bytes in native byte order, a payload, descriptors as ancillary data.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "vmm/virtio/device.h"

namespace ktstr::vmm::vhost {

enum class Request : std::uint32_t {
  get_features = 1,
  set_features = 2,
  set_owner = 3,
  reset_owner = 4,
  set_mem_table = 5,
  set_vring_num = 8,
  set_vring_addr = 9,
  set_vring_base = 10,
  get_vring_base = 11,
  set_vring_kick = 12,
  set_vring_call = 13,
  set_vring_err = 14,
  get_protocol_features = 15,
  set_protocol_features = 16,
  set_vring_enable = 18,
  get_config = 24,
};

inline constexpr std::uint32_t version_mask = 3;
inline constexpr std::uint32_t version = 1;
inline constexpr std::uint32_t is_reply = 1u << 2;
inline constexpr std::uint32_t need_reply = 1u << 3;

using virtio::feature_event_index;
using virtio::feature_version_1;
inline constexpr std::uint64_t feature_protocol_features = std::uint64_t{1} << 30;
inline constexpr std::uint64_t protocol_reply_ack = 1u << 3;
inline constexpr std::uint64_t protocol_config = 1u << 9;

inline constexpr std::uint64_t vring_index_mask = 0xff;
inline constexpr std::uint64_t vring_no_fd = 1u << 8;

inline constexpr std::size_t max_regions = 8;
inline constexpr std::size_t max_payload = 512;

struct MessageHeader {
  std::uint32_t request;
  std::uint32_t flags;
  std::uint32_t size;
};

struct VringState {
  std::uint32_t index;
  std::uint32_t num;
};

struct VringAddress {
  std::uint32_t index;
  std::uint32_t flags;
  std::uint64_t descriptors;  ///< These are addresses in the frontend's process.
  std::uint64_t device;
  std::uint64_t driver;
  std::uint64_t log;
};

struct RegionTable {
  std::uint32_t count;
  std::uint32_t padding;
};

struct Region {
  std::uint64_t guest_address;
  std::uint64_t size;
  std::uint64_t user_address;
  std::uint64_t offset;  ///< Into the descriptor passed with it.
};

struct ConfigAccess {
  std::uint32_t offset;
  std::uint32_t size;
  std::uint32_t flags;
};

static_assert(Wire<MessageHeader> && sizeof(MessageHeader) == 12);
static_assert(Wire<VringState> && sizeof(VringState) == 8);
static_assert(Wire<VringAddress> && sizeof(VringAddress) == 40);
static_assert(Wire<RegionTable> && sizeof(RegionTable) == 8);
static_assert(Wire<Region> && sizeof(Region) == 32);
static_assert(Wire<ConfigAccess> && sizeof(ConfigAccess) == 12);

}  // namespace ktstr::vmm::vhost
