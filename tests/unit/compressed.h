// SPDX-License-Identifier: GPL-2.0-only
// Compressors for tests: each format as its own library writes it.
#pragma once

#include <algorithm>
#include <cstdlib>

#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "base/bytes.h"

namespace ktstr::test {

enum class Packing { zstd, xz, gzip, lz4, lz4_legacy };

inline Buffer pack_gzip(ByteView in) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    std::abort();
  Buffer out(deflateBound(&stream, in.size()));
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline Buffer pack_xz(ByteView in) {
  Buffer out(lzma_stream_buffer_bound(in.size()));
  std::size_t used = 0;
  const lzma_ret status = lzma_easy_buffer_encode(
      1, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(in.data()), in.size(),
      reinterpret_cast<std::uint8_t*>(out.data()), &used, out.size());
  if (status != LZMA_OK) std::abort();
  out.resize(used);
  return out;
}

inline Buffer pack_zstd(ByteView in) {
  Buffer out(ZSTD_compressBound(in.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3));
  return out;
}

inline Buffer pack_lz4(ByteView in) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  Buffer out(LZ4F_compressFrameBound(in.size(), &preferences));
  out.resize(LZ4F_compressFrame(out.data(), out.size(), in.data(), in.size(), &preferences));
  return out;
}

inline Buffer pack_lz4_legacy(ByteView in) {
  constexpr std::size_t block = 8 << 20;
  Buffer out;
  append_le(out, std::uint32_t{0x184C2102});
  while (!in.empty()) {
    const std::size_t size = std::min(block, in.size());
    Buffer packed(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(size))));
    const int used = LZ4_compress_default(reinterpret_cast<const char*>(in.data()),
                                          reinterpret_cast<char*>(packed.data()),
                                          static_cast<int>(size), static_cast<int>(packed.size()));
    append_le(out, static_cast<std::uint32_t>(used));
    out.insert(out.end(), packed.begin(), packed.begin() + used);
    in = in.subspan(size);
  }
  return out;
}

inline Buffer pack(Packing packing, ByteView in) {
  switch (packing) {
    case Packing::zstd:
      return pack_zstd(in);
    case Packing::xz:
      return pack_xz(in);
    case Packing::gzip:
      return pack_gzip(in);
    case Packing::lz4:
      return pack_lz4(in);
    case Packing::lz4_legacy:
      return pack_lz4_legacy(in);
  }
  std::abort();
}

}  // namespace ktstr::test
