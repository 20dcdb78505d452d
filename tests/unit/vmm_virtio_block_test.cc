// SPDX-License-Identifier: GPL-2.0-only
// The block device and its disk against a driver, well-behaved and not; sections are those of
// virtio 1.2.
#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include "support/fake_block_driver.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::vmm;
using fake::BlockDriver;
using virtio::Block;
using virtio::Disk;
using namespace fake::block;

namespace {

constexpr std::uint64_t sectors = 64;  // 8 clusters.

std::string pattern(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 509 + seed);
  return text;
}

struct Image {
  explicit Image(std::uint64_t size = sectors * 512) {
    REQUIRE(write_file_atomically(path, as_bytes(pattern(size, 1))));
  }
  [[nodiscard]] std::string now() const { return read_text(path).value(); }
  [[nodiscard]] Disk disk(DiskMode mode) const {
    return Disk::open(path, mode, directory.path()).value();
  }

  TemporaryDirectory directory;
  std::string path = directory / "image";
};

}  // namespace

TEST_CASE("the configuration space describes the disk (5.2.4)") {
  const Image image;
  const Block block(image.disk(DiskMode::read_write), {});
  const ByteView config = block.config();
  REQUIRE(config.size() == 60);
  CHECK(load_le<std::uint64_t>(config, 0) == sectors);
  CHECK(load_le<std::uint32_t>(config, 8) == Block::largest_segment);
  CHECK(load_le<std::uint32_t>(config, 12) == Block::most_segments);
  CHECK(load_le<std::uint32_t>(config, 20) == 512);
  CHECK(load_le<std::uint16_t>(config, 34) == 1);
  CHECK(load_le<std::uint32_t>(config, 36) == Block::most_zeroed_sectors);
  CHECK(load_le<std::uint32_t>(config, 40) == 1);
  CHECK(load_le<std::uint32_t>(config, 44) == 8);
  CHECK(load_le<std::uint32_t>(config, 48) == Block::most_zeroed_sectors);
  CHECK(load_le<std::uint32_t>(config, 52) == 1);
  CHECK(load_le<std::uint8_t>(config, 56) == 1);
  const std::uint64_t writing =
      Block::feature_flush | Block::feature_discard | Block::feature_write_zeroes;
  CHECK((block.features() & (writing | Block::feature_read_only)) == writing);
  CHECK((Block(image.disk(DiskMode::read_only), {}).features() &
         (writing | Block::feature_read_only)) == Block::feature_read_only);
}

TEST_CASE("reads and writes reach the image (5.2.6)") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_write));
  CHECK(driver.read(0, 512) == pattern(512, 1));
  CHECK(driver.read(1, 4096) == pattern(sectors * 512, 1).substr(512, 4096));
  CHECK(driver.write(3, pattern(1024, 9)) == ok);
  CHECK(driver.read(3, 1024) == pattern(1024, 9));
  CHECK(driver.flush() == ok);
  CHECK(image.now() == pattern(sectors * 512, 1).replace(3 * 512, 1024, pattern(1024, 9)));
  CHECK(driver.read(sectors - 1, 512).size() == 512);
  CHECK(driver.read(0, 0).empty());
}

TEST_CASE("a request may be cut into descriptors anywhere (2.7.4.1, 5.2.6.4)") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_write));
  const std::uint64_t header = driver.put(driver.header(type_out, 2));
  const std::uint64_t data = driver.put(pattern(512, 5));
  const std::uint64_t status = driver.put("?");
  driver.request(0, {{header, 3, false},
                     {header + 3, 13, false},
                     {data, 1, false},
                     {data + 1, 511, false},
                     {status, 1, true}});
  CHECK(driver.text(status, 1)[0] == ok);
  // Header and data in one, data and status in one.
  const std::uint64_t both = driver.put(driver.header(type_in, 2));
  const std::uint64_t room = driver.put(std::string(513, '?'));
  CHECK(driver.request(0, {{both, 16, false}, {room, 513, true}})->written == 513);
  CHECK(driver.text(room, 513) == pattern(512, 5) + '\0');
}

TEST_CASE("a range outside the disk, or of parts of sectors, is an error (5.2.6.2)") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_write));
  const std::uint64_t far[] = {sectors,          sectors - 1,          UINT64_MAX,
                               UINT64_MAX / 512, UINT64_MAX / 512 + 1, std::uint64_t{1} << 55};
  for (const std::uint64_t sector : far) {
    CHECK(driver.status_of(type_in, sector, 1024, true) == io_error);
    CHECK(driver.status_of(type_out, sector, 1024, false) == io_error);
  }
  for (const std::uint32_t size : {1u, 511u, 513u})
    for (const bool in : {true, false})
      CHECK(driver.status_of(in ? type_in : type_out, 0, size, in) == io_error);
  CHECK(image.now() == pattern(sectors * 512, 1));
}

TEST_CASE("a request beyond the announced limits is an error, and moves nothing (5.2.4)") {
  const Image image(16u << 20);
  BlockDriver driver(image.disk(DiskMode::read_only), {}, 256, 16_MiB);
  const std::uint64_t header = driver.put(driver.header(type_in, 0));
  const std::uint64_t status = driver.put("?");
  const std::uint64_t room = driver.ram.allocate(65536);
  const auto read = [&](std::size_t parts) {
    std::vector<fake::Part> chain(parts, {room, 65536, true});
    chain.insert(chain.begin(), {header, 16, false});
    chain.push_back({status, 1, true});
    driver.request(0, chain);
    return driver.text(status, 1)[0];
  };
  CHECK(read(Block::most_segments) == ok);
  CHECK(read(Block::most_segments + 1) == io_error);
}

TEST_CASE("a request without header or status harms nobody (5.2.6)") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_write));
  const std::uint64_t at = driver.put(driver.header(type_in, 0));
  const std::uint64_t status = driver.put("?");
  CHECK(driver.request(0, {{at, 15, false}, {status, 1, true}})->written == 1);
  CHECK(driver.text(status, 1)[0] == io_error);
  CHECK(driver.request(0, {{status, 1, true}})->written == 1);
  CHECK(driver.request(0, {{at, 16, false}})->written == 0);
  CHECK(driver.request(0, {{at, 0, false}})->written == 0);
  CHECK(driver.status_of(77, 0, 512, true) == unsupported);
}

TEST_CASE("a read-only disk is not written (5.2.6.2)") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_only));
  CHECK(driver.read(5, 512) == pattern(sectors * 512, 1).substr(5 * 512, 512));
  CHECK(driver.write(5, pattern(512, 7)) == io_error);
  CHECK(driver.zero(type_write_zeroes, 5, 1, 0) == unsupported);  // It was not offered.
  CHECK(image.now() == pattern(sectors * 512, 1));
}

TEST_CASE("the id is padded to 20 bytes (5.2.6)") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_only), {.id = "disk0"});
  const std::uint64_t header = driver.put(driver.header(type_get_id, 0));
  const std::uint64_t room = driver.put(std::string(21, '?'));
  CHECK(driver.request(0, {{header, 16, false}, {room, 21, true}})->written == 21);
  CHECK(driver.text(room, 21) == "disk0" + std::string(16, '\0'));
  driver.request(0, {{header, 16, false}, {room, 8, true}});
  CHECK(driver.text(room + 7, 1)[0] == io_error);
}

TEST_CASE("what is written to a copy is read from it, and the image stays (copy on write)") {
  const Image image;
  const std::string before = image.now();
  std::string expected = before;
  BlockDriver driver(image.disk(DiskMode::copy_on_write));
  const auto write = [&](std::uint64_t sector, std::size_t size, unsigned seed) {
    CHECK(driver.write(sector, pattern(size, seed)) == ok);
    expected.replace(sector * 512, size, pattern(size, seed));
    CHECK(driver.read(0, sectors * 512) == expected);
  };
  write(3, 512, 2);        // Within a cluster.
  write(6, 4 * 512, 3);    // Across the border of two.
  write(16, 2 * 4096, 4);  // Whole clusters.
  write(sectors - 3, 3 * 512, 5);
  write(17, 512, 6);  // Into one that is there.
  CHECK(driver.flush() == ok);
  CHECK(driver.zero(type_write_zeroes, 20, 20, 1) == ok);
  expected.replace(20 * 512, 20 * 512, std::string(20 * 512, '\0'));
  CHECK(driver.read(0, sectors * 512) == expected);
  CHECK(image.now() == before);
}

TEST_CASE("a copy of a disk whose last cluster is short") {
  const Image image(9 * 512);
  std::string expected = image.now();
  BlockDriver driver(image.disk(DiskMode::copy_on_write));
  CHECK(driver.write(8, pattern(512, 2)) == ok);
  expected.replace(8 * 512, 512, pattern(512, 2));
  CHECK(driver.read(0, 9 * 512) == expected);
  CHECK(driver.write(7, pattern(512, 3)) == ok);
  expected.replace(7 * 512, 512, pattern(512, 3));
  CHECK(driver.read(0, 9 * 512) == expected);
}

TEST_CASE("discard and write-zeroes leave zeros, within their limits (5.2.6.1, 5.2.6.2)") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_write));
  std::string expected = image.now();
  CHECK(driver.zero(type_discard, 8, 16, 0) == ok);
  CHECK(driver.zero(type_write_zeroes, 1, 1, 0) == ok);
  expected.replace(8 * 512, 16 * 512, std::string(16 * 512, '\0'));
  expected.replace(512, 512, std::string(512, '\0'));
  CHECK(driver.read(0, sectors * 512) == expected);
  CHECK(image.now() == expected);

  CHECK(driver.zero(type_discard, 0, 1, 1) == unsupported);  // It may not ask to unmap.
  CHECK(driver.zero(type_write_zeroes, 0, 1, 2) == unsupported);
  CHECK(driver.zero(type_write_zeroes, sectors - 1, 2, 0) == io_error);
  CHECK(driver.zero(type_write_zeroes, UINT64_MAX, 1, 0) == io_error);
  CHECK(driver.zero(type_write_zeroes, 0, Block::most_zeroed_sectors + 1, 0) == io_error);
  CHECK(driver.status_of(type_discard, 0, 32, false) == io_error);  // Two segments.
  CHECK(driver.status_of(type_discard, 0, 15, false) == io_error);
  CHECK(driver.read(0, sectors * 512) == expected);
}

TEST_CASE("operations per second are a limit, and a queue waits for it") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_only), {.operations_per_second = 100}, 64);
  const auto [header, room] =
      std::pair(driver.put(driver.header(type_in, 0)), driver.ram.allocate(513));
  for (int i = 0; i < 30; ++i) driver.queues[0].add({{header, 16, false}, {room, 513, true}});
  const auto served = [&] {
    driver.run();
    int count = 0;
    while (driver.queues[0].reap()) ++count;
    return count;
  };
  CHECK(served() == 11);  // A tenth of a second's worth, and the one that empties the bucket.
  REQUIRE(driver.block.deadline());
  CHECK(*driver.block.deadline() == driver.now + 10ms);
  CHECK_FALSE(driver.block.wants(0));
  driver.now += 9ms;
  CHECK(served() == 0);
  driver.now += 1ms;
  CHECK(served() == 1);
  driver.now += 50ms;
  CHECK(served() == 5);
  driver.now += 10s;
  CHECK(served() == 11);
  driver.now += 10s;
  CHECK(served() == 2);
  CHECK_FALSE(driver.block.deadline());
  CHECK(driver.block.wants(0));
}

TEST_CASE("bytes per second are a limit that a large request may exceed once") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_only), {.bytes_per_second = 4096});
  CHECK(driver.read(0, 16384).size() == 16384);
  const std::uint64_t header = driver.put(driver.header(type_in, 0));
  const std::uint64_t room = driver.ram.allocate(513);
  driver.queues[0].add({{header, 16, false}, {room, 513, true}});
  driver.run();
  CHECK_FALSE(driver.queues[0].has_used());
  CHECK(*driver.block.deadline() == driver.now + 3900ms);
  driver.now += 3900ms;
  driver.run();
  CHECK(driver.queues[0].reap()->written == 513);
}

TEST_CASE("an image that is no disk is refused with its path") {
  const TemporaryDirectory directory;
  const auto refusal = [&](const std::string& path) {
    const auto disk = Disk::open(path, DiskMode::read_only, directory.path());
    return disk ? "" : disk.error().what;
  };
  REQUIRE(write_file_atomically(directory / "odd", Buffer(513)));
  REQUIRE(write_file_atomically(directory / "empty", Buffer()));
  CHECK(refusal(directory / "odd").find("not a multiple of 512") != std::string::npos);
  CHECK(refusal(directory / "empty").find("not a multiple of 512") != std::string::npos);
  CHECK(refusal("/dev/null").find("neither a file nor a block device") != std::string::npos);
  CHECK(refusal(directory / "none") == "open " + (directory / "none"));
  REQUIRE(write_file_atomically(directory / "good", Buffer(512)));
  CHECK_FALSE(Disk::open(directory / "good", DiskMode::copy_on_write, directory / "none"));
}

TEST_CASE("an image that shrinks under the guest is an error, not a crash") {
  const Image image;
  BlockDriver driver(image.disk(DiskMode::read_only));
  REQUIRE(::truncate(image.path.c_str(), 512) == 0);
  CHECK(driver.read(0, 512).size() == 512);
  CHECK(driver.status_of(type_in, 8, 512, true) == io_error);
}
