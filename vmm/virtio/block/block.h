// SPDX-License-Identifier: GPL-2.0-only
// The virtio block device (virtio 1.2 §5.2) over a Disk: read, write, flush, its id, discard and
// write-zeroes (which do the same: zeros), throttled by bytes and by operations. A request is
// served whole and at once, so what one may ask for is limited.
#pragma once

#include "vmm/virtio/block/disk.h"
#include "vmm/virtio/block/throttle.h"
#include "vmm/virtio/device.h"

namespace ktstr::vmm::virtio {

struct BlockOptions {
  std::string id{};                    ///< What the driver reads as its id: at most 20 bytes.
  std::uint64_t bytes_per_second = 0;  ///< Of data moved; 0: as fast as it goes.
  std::uint64_t operations_per_second = 0;
};

class Block final : public Device {
 public:
  // Feature bits (§5.2.3).
  static constexpr std::uint64_t feature_size_max = 1u << 1;
  static constexpr std::uint64_t feature_seg_max = 1u << 2;
  static constexpr std::uint64_t feature_read_only = 1u << 5;
  static constexpr std::uint64_t feature_block_size = 1u << 6;
  static constexpr std::uint64_t feature_flush = 1u << 9;
  static constexpr std::uint64_t feature_discard = 1u << 13;
  static constexpr std::uint64_t feature_write_zeroes = 1u << 14;

  static constexpr std::uint32_t largest_segment = 64 * 1024;
  static constexpr std::uint32_t most_segments = 126;
  static constexpr std::uint64_t largest_request = std::uint64_t{largest_segment} * most_segments;
  static constexpr std::uint32_t most_zeroed_sectors = 16384;  ///< By one request.

  Block(Disk disk, const BlockOptions& options);

  [[nodiscard]] DeviceType type() const override { return DeviceType::block; }
  [[nodiscard]] const char* name() const override { return "virtio-blk"; }
  [[nodiscard]] std::uint64_t features() const override;
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override;
  [[nodiscard]] ByteView config() const override { return config_; }
  void activate(std::uint64_t negotiated) override { negotiated_ = negotiated; }
  void reset() override { throttled_until_.reset(); }
  bool work(Queues queues, Nanos now) override;
  [[nodiscard]] bool wants(std::size_t) const override { return !throttled_until_; }
  [[nodiscard]] std::optional<Nanos> deadline() const override { return throttled_until_; }

 private:
  /// §5.2.6: how a request went.
  enum class Outcome : std::uint8_t { ok = 0, io_error = 1, unsupported = 2 };

  std::uint32_t serve();
  Outcome execute(std::uint64_t in);
  Outcome read(std::uint64_t sector, std::uint64_t size);
  Outcome write(std::uint64_t sector, std::uint64_t size);
  Outcome zero(std::uint64_t size, bool discard);
  Outcome tell_id(std::uint64_t room);
  [[nodiscard]] bool within(std::uint64_t sector, std::uint64_t sectors) const;

  Disk disk_;
  std::string id_;
  Buffer config_;
  Throttle bytes_;
  Throttle operations_;
  std::uint64_t negotiated_ = 0;
  std::optional<Nanos> throttled_until_;
  Chain chain_;
  Nanos now_{};
  std::uint64_t filled_ = 0;  // Of the writable part of the request being served.
};

}  // namespace ktstr::vmm::virtio
