// SPDX-License-Identifier: GPL-2.0-only
// A driver of the virtio block device in this process (virtio 1.2 §5.2.6).
#pragma once

#include "support/fake_device_driver.h"
#include "vmm/virtio/block/block.h"

namespace fake {

namespace block {
inline constexpr char ok = 0, io_error = 1, unsupported = 2, untouched = '?';
inline constexpr std::uint32_t type_in = 0, type_out = 1, type_flush = 4, type_get_id = 8,
                               type_discard = 11, type_write_zeroes = 13;
}  // namespace block

/// Holds the device that its base drives.
struct BlockHolder {
  virtio::Block block;
};

class BlockDriver : public BlockHolder, public DeviceDriver {
 public:
  explicit BlockDriver(virtio::Disk disk, const virtio::BlockOptions& options = {},
                       std::uint16_t size = 8, ktstr::Bytes memory = ktstr::Bytes{4u << 20})
      : BlockHolder{virtio::Block(std::move(disk), options)},
        DeviceDriver(BlockHolder::block, size, memory) {}

  static std::string header(std::uint32_t type, std::uint64_t sector) {
    ktstr::Buffer bytes;
    ktstr::append_le(bytes, type);
    ktstr::append_le<std::uint32_t>(bytes, 0);
    ktstr::append_le(bytes, sector);
    return std::string(ktstr::as_text(bytes));
  }

  /// The data, or empty when the device refuses.
  std::string read(std::uint64_t sector, std::uint32_t size) {
    const std::uint64_t room = ram.allocate(size + 1u);
    const auto used =
        request(0, {{put(header(block::type_in, sector)), 16, false}, {room, size + 1, true}});
    if (text(room + size, 1)[0] != block::ok || used->written != size + 1) return "";
    return text(room, size);
  }
  char write(std::uint64_t sector, std::string_view data) {
    return finish({{put(header(block::type_out, sector)), 16, false},
                   {put(data), static_cast<std::uint32_t>(data.size()), false}});
  }
  char flush() { return finish({{put(header(block::type_flush, 0)), 16, false}}); }
  char zero(std::uint32_t type, std::uint64_t sector, std::uint32_t sectors, std::uint32_t flags) {
    ktstr::Buffer segment;
    ktstr::append_le(segment, sector);
    ktstr::append_le(segment, sectors);
    ktstr::append_le(segment, flags);
    return finish({{put(header(type, 0)), 16, false}, {put(ktstr::as_text(segment)), 16, false}});
  }
  /// Of a request with `size` bytes of data in either direction.
  char status_of(std::uint32_t type, std::uint64_t sector, std::uint32_t size, bool in) {
    return finish({{put(header(type, sector)), 16, false}, {ram.allocate(size), size, in}});
  }

 private:
  char finish(std::vector<Part> parts) {
    const std::uint64_t status = put(std::string(1, block::untouched));
    parts.push_back({status, 1, true});
    request(0, parts);
    return text(status, 1)[0];
  }
};

}  // namespace fake
