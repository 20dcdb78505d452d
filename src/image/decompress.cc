// SPDX-License-Identifier: GPL-2.0-only
#include "image/decompress.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace ktstr::image {
namespace {

constexpr Bytes memory_limit = 256_MiB;  // What a decoder may use besides its output.
constexpr std::uint32_t lz4_frame_magic = 0x184D2204;
constexpr std::uint32_t lz4_legacy_magic = 0x184C2102;

tl::unexpected<Error> damaged(std::string_view format, std::string_view why) {
  return fail("decompress " + std::string(format) + " data: " + std::string(why),
              "the file is damaged or incomplete");
}

tl::unexpected<Error> too_large(std::string_view format, Bytes limit) {
  return fail_code(EFBIG, "decompress " + std::string(format) + " data beyond " +
                              std::to_string(limit.count) + " bytes");
}

/// What one call of a decoder did.
struct Progress {
  std::size_t produced;
  bool finished;
};

/// Calls `step(room)` with ever more room until it has finished; a step that neither finishes nor
/// produces anything has run out of input. Room is at most 1 GiB, which every decoder can count.
template <class Step>
Result<Buffer> collect(std::string_view format, Bytes limit, std::size_t first_guess, Step step) {
  constexpr std::size_t smallest = 64 * 1024;
  Buffer out;
  std::size_t used = 0;
  // One byte beyond the limit tells a stream that ends there from one that goes on.
  const std::size_t most = limit.count + 1;
  while (true) {
    if (used == most) return too_large(format, limit);
    if (used == out.size())
      out.resize(std::min(most, std::max({smallest, first_guess, out.size() * 2})));
    const std::size_t room = std::min<std::size_t>(out.size() - used, (1_GiB).count);
    const Progress progress = TRY(step(ByteSpan(out).subspan(used, room)));
    used += progress.produced;
    if (progress.finished) break;
    if (progress.produced == 0) return damaged(format, "it ends too early");
  }
  if (used > limit.count) return too_large(format, limit);
  out.resize(used);
  return out;
}

Result<Buffer> unzstd(ByteView in, Bytes limit) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     &ZSTD_freeDCtx);
  // What the frame claims to hold saves growing, but is not worth memory the input cannot fill.
  constexpr unsigned long long likely_ratio = 32;
  const unsigned long long told = ZSTD_getFrameContentSize(in.data(), in.size());
  const bool known = told != ZSTD_CONTENTSIZE_UNKNOWN && told != ZSTD_CONTENTSIZE_ERROR;
  const std::size_t guess = std::min(known ? told : 4 * in.size(), likely_ratio * in.size());
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  return collect("zstd", limit, guess, [&](ByteSpan room) -> Result<Progress> {
    ZSTD_outBuffer output{room.data(), room.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(left)) return damaged("zstd", ZSTD_getErrorName(left));
    return Progress{output.pos, left == 0};
  });
}

Result<Buffer> unxz(ByteView in, Bytes limit) {
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, decltype(&lzma_end)> owner(&stream, &lzma_end);
  if (lzma_stream_decoder(&stream, memory_limit.count, 0) != LZMA_OK)
    return fail_code(ENOMEM, "start the xz decoder");
  stream.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
  stream.avail_in = in.size();
  return collect("xz", limit, in.size() * 4, [&](ByteSpan room) -> Result<Progress> {
    stream.next_out = reinterpret_cast<std::uint8_t*>(room.data());
    stream.avail_out = room.size();
    const lzma_ret status = lzma_code(&stream, LZMA_FINISH);
    const Progress progress{room.size() - stream.avail_out, status == LZMA_STREAM_END};
    if (status == LZMA_OK || status == LZMA_STREAM_END || status == LZMA_BUF_ERROR) return progress;
    if (status == LZMA_MEMLIMIT_ERROR) return damaged("xz", "it asks for too much memory");
    return damaged("xz", "decoder status " + std::to_string(status));
  });
}

Result<Buffer> gunzip(ByteView in, Bytes limit) {
  if (in.size() > (3_GiB).count) return too_large("gzip", 3_GiB);
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK)
    return fail_code(ENOMEM, "start the gzip decoder");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> owner(&stream, &inflateEnd);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  return collect("gzip", limit, in.size() * 4, [&](ByteSpan room) -> Result<Progress> {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    const Progress progress{room.size() - stream.avail_out, status == Z_STREAM_END};
    if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) return progress;
    return damaged("gzip", stream.msg != nullptr ? stream.msg : "decoder status");
  });
}

Result<Buffer> unlz4_frame(ByteView in, Bytes limit) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)) != 0)
    return fail_code(ENOMEM, "start the lz4 decoder");
  const std::unique_ptr<LZ4F_dctx, decltype(&LZ4F_freeDecompressionContext)> context(
      raw, &LZ4F_freeDecompressionContext);
  return collect("lz4", limit, in.size() * 4, [&](ByteSpan room) -> Result<Progress> {
    std::size_t produced = 0;
    // One call may stop at a block's end with room and input left.
    while (true) {
      std::size_t here = room.size() - produced;
      std::size_t taken = in.size();
      const std::size_t left =
          LZ4F_decompress(context.get(), room.data() + produced, &here, in.data(), &taken, nullptr);
      if (LZ4F_isError(left) != 0) return damaged("lz4", LZ4F_getErrorName(left));
      in = in.subspan(taken);
      produced += here;
      if (left == 0) return Progress{produced, true};
      if (produced == room.size() || (here == 0 && taken == 0)) return Progress{produced, false};
    }
  });
}

/// Blocks of at most 8 MiB, each behind its packed length, until the input ends.
Result<Buffer> unlz4_legacy(ByteView in, Bytes limit) {
  constexpr std::size_t block_limit = 8 << 20;
  constexpr std::size_t word = sizeof(std::uint32_t);
  Buffer out;
  in = in.subspan(word);
  while (!in.empty()) {
    if (in.size() < word) return damaged("lz4", "it ends within a block's length");
    const std::uint32_t packed = load_le<std::uint32_t>(in);
    in = in.subspan(word);
    if (packed == lz4_legacy_magic) continue;
    if (packed > in.size() || packed > static_cast<std::uint32_t>(LZ4_COMPRESSBOUND(block_limit)))
      return damaged("lz4", "a block is longer than the data");
    const std::size_t have = out.size();
    const std::size_t room = std::min<std::size_t>(block_limit, limit.count - have + 1);
    out.resize(have + room);
    const int unpacked = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()),
                                             reinterpret_cast<char*>(out.data() + have),
                                             static_cast<int>(packed), static_cast<int>(room));
    if (unpacked < 0 && room < block_limit) return too_large("lz4", limit);
    if (unpacked < 0) return damaged("lz4", "a block cannot be decoded");
    out.resize(have + static_cast<std::size_t>(unpacked));
    if (out.size() > limit.count) return too_large("lz4", limit);
    in = in.subspan(packed);
  }
  return out;
}

}  // namespace

Compression detect_compression(ByteView bytes) {
  using namespace std::string_view_literals;
  const std::string_view text = as_text(bytes);
  if (text.starts_with("\x28\xB5\x2F\xFD"sv)) return Compression::zstd;
  if (text.starts_with("\xFD"
                       "7zXZ\0"sv))
    return Compression::xz;
  if (text.starts_with("\x1F\x8B"sv)) return Compression::gzip;
  if (bytes.size() < sizeof(std::uint32_t)) return Compression::none;
  const auto magic = load_le<std::uint32_t>(bytes);
  if (magic == lz4_frame_magic) return Compression::lz4;
  if (magic == lz4_legacy_magic) return Compression::lz4_legacy;
  return Compression::none;
}

Result<Buffer> decompress(ByteView bytes, Bytes limit) {
  switch (detect_compression(bytes)) {
    case Compression::zstd:
      return unzstd(bytes, limit);
    case Compression::xz:
      return unxz(bytes, limit);
    case Compression::gzip:
      return gunzip(bytes, limit);
    case Compression::lz4:
      return unlz4_frame(bytes, limit);
    case Compression::lz4_legacy:
      return unlz4_legacy(bytes, limit);
    case Compression::none:
      break;
  }
  return fail("decompress data of an unknown format", "zstd, xz, gzip and lz4 are understood");
}

}  // namespace ktstr::image
