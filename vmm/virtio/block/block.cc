// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/block/block.h"

#include <algorithm>
#include <array>

#include "vmm/virtio/scatter.h"

namespace ktstr::vmm::virtio {
namespace {

constexpr std::array<std::uint16_t, 1> sizes{128};
constexpr unsigned request_budget = 16;
constexpr std::uint64_t byte_budget = std::uint64_t{4} << 20;

// §5.2.6: requests.
enum Type : std::uint32_t {
  type_in = 0,
  type_out = 1,
  type_flush = 4,
  type_get_id = 8,
  type_discard = 11,
  type_write_zeroes = 13,
};
constexpr std::size_t id_size = 20;
constexpr std::uint32_t flag_unmap = 1;

struct Header {
  std::uint32_t type;
  std::uint32_t reserved;
  std::uint64_t sector;
};
static_assert(Wire<Header> && sizeof(Header) == 16);

struct ZeroSegment {
  std::uint64_t sector;
  std::uint32_t sectors;
  std::uint32_t flags;
};
static_assert(Wire<ZeroSegment> && sizeof(ZeroSegment) == 16);

/// §5.2.4.
struct Config {
  std::uint64_t capacity;  // In sectors.
  std::uint32_t size_max = Block::largest_segment;
  std::uint32_t seg_max = Block::most_segments;
  std::uint32_t geometry = 0;
  std::uint32_t block_size = Disk::sector;
  std::uint64_t topology = 0;
  std::uint8_t writeback = 0;
  std::uint8_t unused = 0;
  std::uint16_t queues = 1;
  std::uint32_t max_discard_sectors = Block::most_zeroed_sectors;
  std::uint32_t max_discard_segments = 1;
  std::uint32_t discard_alignment = Disk::cluster / Disk::sector;
  std::uint32_t max_write_zeroes_sectors = Block::most_zeroed_sectors;
  std::uint32_t max_write_zeroes_segments = 1;
  std::uint32_t write_zeroes_may_unmap = 1;  // A byte and padding.
  std::uint32_t padding = 0;                 // Past the end of the structure.
};
static_assert(Wire<Config>);
constexpr std::size_t config_size = 60;

}  // namespace

Block::Block(Disk disk, const BlockOptions& options)
    : disk_(std::move(disk)),
      id_(options.id.substr(0, id_size)),
      bytes_(options.bytes_per_second),
      operations_(options.operations_per_second) {
  const Config config{.capacity = disk_.size() / Disk::sector};
  const ByteView bytes = object_bytes(config).first(config_size);
  config_.assign(bytes.begin(), bytes.end());
}

std::uint64_t Block::features() const {
  const std::uint64_t common = feature_size_max | feature_seg_max | feature_block_size;
  if (disk_.read_only()) return common | feature_read_only;
  return common | feature_flush | feature_discard | feature_write_zeroes;
}

std::span<const std::uint16_t> Block::queue_sizes() const {
  return sizes;
}

bool Block::work(Queues queues, Nanos now) {
  Queue* const requests = queues[0];
  if (requests == nullptr) return false;
  now_ = now;
  throttled_until_.reset();
  std::uint64_t moved = 0;
  for (unsigned turn = 0; turn < request_budget && moved < byte_budget; ++turn) {
    if (!requests->peek(chain_)) return false;
    const Nanos ready = std::max(bytes_.ready(), operations_.ready());
    if (now < ready) {
      throttled_until_ = ready;
      return false;
    }
    requests->take();
    moved += chain_.readable_size() + chain_.writable_size();
    requests->put(chain_.head, serve());
  }
  return true;
}

/// Returns how much of the writable part was written from its beginning.
std::uint32_t Block::serve() {
  const std::size_t room = chain_.writable_size();
  if (room == 0) return 0;  // Nowhere to say how it went: the driver gets what it asked for.
  filled_ = 0;
  const Outcome outcome = execute(room - 1);
  operations_.charge(1, now_);
  // §5.2.6: the last byte, wherever the driver put it (§2.7.4.1).
  chain_.writable.back().back() = static_cast<std::byte>(outcome);
  return static_cast<std::uint32_t>(filled_ == room - 1 ? room : filled_);
}

Block::Outcome Block::execute(std::uint64_t in) {
  const std::size_t have = chain_.readable_size();
  if (have < sizeof(Header)) return Outcome::io_error;
  const auto header = gather<Header>(chain_.readable);
  const std::uint64_t out = have - sizeof(Header);
  switch (header.type) {
    case type_in:
      return read(header.sector, in);
    case type_out:
      return write(header.sector, out);
    case type_flush:
      return disk_.flush() ? Outcome::ok : Outcome::io_error;
    case type_get_id:
      return tell_id(in);
    case type_discard:
      if ((negotiated_ & feature_discard) == 0) return Outcome::unsupported;
      return zero(out, true);
    case type_write_zeroes:
      if ((negotiated_ & feature_write_zeroes) == 0) return Outcome::unsupported;
      return zero(out, false);
    default:
      return Outcome::unsupported;
  }
}

bool Block::within(std::uint64_t sector, std::uint64_t sectors) const {
  const std::uint64_t capacity = disk_.size() / Disk::sector;
  return sector <= capacity && sectors <= capacity - sector;
}

Block::Outcome Block::read(std::uint64_t sector, std::uint64_t size) {
  if (size % Disk::sector != 0 || size > largest_request || !within(sector, size / Disk::sector))
    return Outcome::io_error;
  bytes_.charge(size, now_);
  const std::uint64_t start = sector * Disk::sector;
  bool good = true;
  for_parts(chain_.writable, 0, size, [&](ByteSpan part) {
    good = disk_.read(start + filled_, part).has_value();
    if (good) filled_ += part.size();
    return good;
  });
  return good ? Outcome::ok : Outcome::io_error;
}

Block::Outcome Block::write(std::uint64_t sector, std::uint64_t size) {
  if (disk_.read_only() || size % Disk::sector != 0 || size > largest_request ||
      !within(sector, size / Disk::sector))
    return Outcome::io_error;
  bytes_.charge(size, now_);
  std::uint64_t offset = sector * Disk::sector;
  bool good = true;
  for_parts(chain_.readable, sizeof(Header), size, [&](ByteSpan part) {
    good = disk_.write(offset, part).has_value();
    offset += part.size();
    return good;
  });
  // §5.2.6.2: a driver that cannot flush takes what is used for stored.
  if (good && (negotiated_ & feature_flush) == 0) good = disk_.flush().has_value();
  return good ? Outcome::ok : Outcome::io_error;
}

Block::Outcome Block::zero(std::uint64_t size, bool discard) {
  if (disk_.read_only() || size != sizeof(ZeroSegment)) return Outcome::io_error;
  std::array<std::byte, sizeof(Header) + sizeof(ZeroSegment)> bytes;
  std::size_t at = 0;
  for_parts(chain_.readable, 0, bytes.size(), [&](ByteSpan part) {
    std::memcpy(bytes.data() + at, part.data(), part.size());
    at += part.size();
    return true;
  });
  ZeroSegment segment;
  std::memcpy(&segment, bytes.data() + sizeof(Header), sizeof segment);
  if ((segment.flags & ~(discard ? 0 : flag_unmap)) != 0) return Outcome::unsupported;
  if (segment.sectors > most_zeroed_sectors || !within(segment.sector, segment.sectors))
    return Outcome::io_error;
  const Status done =
      disk_.zero(segment.sector * Disk::sector, std::uint64_t{segment.sectors} * Disk::sector);
  return done ? Outcome::ok : Outcome::io_error;
}

Block::Outcome Block::tell_id(std::uint64_t room) {
  std::array<char, id_size> id{};
  id_.copy(id.data(), id.size());
  for_parts(chain_.writable, 0, std::min<std::uint64_t>(room, id.size()), [&](ByteSpan part) {
    std::memcpy(part.data(), id.data() + filled_, part.size());
    filled_ += part.size();
    return true;
  });
  return filled_ < id.size() ? Outcome::io_error : Outcome::ok;
}

}  // namespace ktstr::vmm::virtio
