// SPDX-License-Identifier: GPL-2.0-only
// The packet of a virtio socket device (virtio 1.2 §5.10.6): a header of 44 bytes, little-endian
// and unpadded, then the payload.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ktstr::vmm::vsock {

inline constexpr std::uint64_t host_cid = 2;  // §5.10.4

inline constexpr std::uint16_t type_stream = 1;  // The only type without feature bits (§5.10.6.2).

enum class Op : std::uint16_t {
  request = 1,
  response = 2,
  rst = 3,
  shutdown = 4,
  rw = 5,
  credit_update = 6,
  credit_request = 7,
};

// Flags of Op::shutdown (§5.10.6.5), by what the sender will do no more.
inline constexpr std::uint32_t no_receive = 1;
inline constexpr std::uint32_t no_send = 2;
inline constexpr std::uint32_t no_more = no_receive | no_send;

#pragma pack(push, 1)
struct Header {
  std::uint64_t src_cid = 0;
  std::uint64_t dst_cid = 0;
  std::uint32_t src_port = 0;
  std::uint32_t dst_port = 0;
  std::uint32_t len = 0;
  std::uint16_t type = type_stream;
  std::uint16_t op = 0;
  std::uint32_t flags = 0;
  std::uint32_t buf_alloc = 0;
  std::uint32_t fwd_cnt = 0;

  bool operator==(const Header&) const = default;
};
#pragma pack(pop)
static_assert(Wire<Header> && sizeof(Header) == 44);

}  // namespace ktstr::vmm::vsock
