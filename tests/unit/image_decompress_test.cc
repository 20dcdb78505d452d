// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cerrno>

#include "image/decompress.h"
#include "unit/compressed.h"

using namespace ktstr;
using namespace ktstr::image;
using namespace ktstr::test;

namespace {

constexpr Packing packings[] = {Packing::zstd, Packing::xz, Packing::gzip, Packing::lz4,
                                Packing::lz4_legacy};

Buffer sample(std::size_t size) {
  Buffer out(size);
  std::uint32_t state = 1;
  for (std::byte& byte : out) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>((state >> 24U) & 0x1FU);
  }
  return out;
}

}  // namespace

TEST_CASE("what each format packs comes out again") {
  const Packing packing = GENERATE(from_range(packings));
  const std::size_t size = GENERATE(0U, 1U, 65536U, 65537U, 300'000U, 9U << 20U);
  CAPTURE(static_cast<int>(packing), size);
  const Buffer original = sample(size);
  const Buffer packed = pack(packing, original);
  CHECK(detect_compression(packed) != Compression::none);
  const Result<Buffer> unpacked = decompress(packed, Bytes{size});
  REQUIRE(unpacked);
  CHECK((*unpacked == original));
}

TEST_CASE("one byte beyond the limit is too much") {
  const Packing packing = GENERATE(from_range(packings));
  CAPTURE(static_cast<int>(packing));
  const Result<Buffer> unpacked = decompress(pack(packing, sample(1001)), Bytes{1000});
  REQUIRE_FALSE(unpacked);
  CHECK(unpacked.error().code == EFBIG);
}

TEST_CASE("a bomb costs no more than its limit") {
  const Packing packing = GENERATE(from_range(packings));
  CAPTURE(static_cast<int>(packing));
  const Buffer packed = pack(packing, Buffer(64 << 20));
  CHECK(packed.size() < (1 << 20));
  const Result<Buffer> unpacked = decompress(packed, 1_MiB);
  REQUIRE_FALSE(unpacked);
  CHECK(unpacked.error().code == EFBIG);
}

TEST_CASE("data cut anywhere is an error") {
  const Packing packing = GENERATE(from_range(packings));
  CAPTURE(static_cast<int>(packing));
  const Buffer packed = pack(packing, sample(500));
  // Of the legacy format nothing but the magic is a whole, empty stream.
  const std::size_t whole = packing == Packing::lz4_legacy ? 4 : packed.size();
  for (std::size_t size = 0; size < packed.size(); ++size) {
    CAPTURE(size);
    if (size == whole) continue;
    CHECK_FALSE(decompress(ByteView(packed).first(size), 1_MiB));
  }
}

TEST_CASE("a flipped bit is an error or other bytes, never more than the limit") {
  const Packing packing = GENERATE(from_range(packings));
  CAPTURE(static_cast<int>(packing));
  Buffer packed = pack(packing, sample(500));
  for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
    const std::byte mask = std::byte{1} << (bit % 8);
    packed[bit / 8] ^= mask;
    const Result<Buffer> unpacked = decompress(packed, Bytes{4096});
    if (unpacked) CHECK(unpacked->size() <= 4096);
    packed[bit / 8] ^= mask;
  }
}

TEST_CASE("bytes after the stream are ignored where the format marks its end") {
  const Packing packing = GENERATE(Packing::zstd, Packing::xz, Packing::gzip, Packing::lz4);
  CAPTURE(static_cast<int>(packing));
  Buffer packed = pack(packing, sample(500));
  packed.resize(packed.size() + 100, std::byte{0x5A});
  CHECK((decompress(packed, 1_MiB).value() == sample(500)));
}

TEST_CASE("an unknown format is refused by name of the known ones") {
  const Result<Buffer> unpacked = decompress(as_bytes("BZh91AY&SY"), 1_MiB);
  REQUIRE_FALSE(unpacked);
  CHECK(unpacked.error().hint.find("zstd, xz, gzip and lz4") != std::string::npos);
  CHECK(detect_compression({}) == Compression::none);
}
