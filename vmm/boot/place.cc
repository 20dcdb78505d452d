// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/boot/place.h"

#include <algorithm>
#include <cerrno>

#include <sys/mman.h>

#include <unistd.h>

namespace ktstr::vmm::boot {
namespace {

constexpr std::uint64_t page = (4_KiB).count;

tl::unexpected<Error> no_room(GuestPhys at, std::uint64_t size) {
  return fail("place " + std::to_string(size) + " bytes at address " + std::to_string(at.raw) +
                  " of the guest: there is no RAM",
              "give the machine more memory");
}

Status read_exactly(const Fd& file, ByteSpan out, std::uint64_t offset) {
  while (!out.empty()) {
    const ssize_t got = ::pread(file.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read what the machine boots");
    if (got == 0) return fail("read what the machine boots: the file is shorter than it was");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Status map_over(ByteSpan memory, const Fd& file, std::uint64_t offset) {
  void* data =
      ::mmap(memory.data(), memory.size(), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file.get(), static_cast<off_t>(offset));
  if (data == MAP_FAILED) return fail_errno("mmap what the machine boots");
  return {};
}

/// Into memory that is contiguous here too. Gives the number of bytes mapped.
Result<std::uint64_t> place_piece(ByteSpan memory, std::uint64_t address, const Fd& file,
                                  std::uint64_t offset) {
  const std::uint64_t head = std::min<std::uint64_t>((page - address % page) % page, memory.size());
  const std::uint64_t whole = (memory.size() - head) / page * page;
  if (address % page != offset % page || whole == 0) {
    TRY(read_exactly(file, memory, offset));
    return std::uint64_t{0};
  }
  TRY(read_exactly(file, memory.first(head), offset));
  TRY(map_over(memory.subspan(head, whole), file, offset + head));
  TRY(read_exactly(file, memory.subspan(head + whole), offset + head + whole));
  return whole;
}

}  // namespace

Status place_bytes(const Ram& ram, GuestPhys at, ByteView bytes) {
  std::uint64_t address = at.raw;
  while (!bytes.empty()) {
    const ByteSpan rest = ram.memory().tail(GuestPhys(address));
    if (rest.empty()) return no_room(GuestPhys(address), bytes.size());
    const std::size_t step = std::min(rest.size(), bytes.size());
    std::copy_n(bytes.begin(), step, rest.begin());
    bytes = bytes.subspan(step);
    address += step;
  }
  return {};
}

Result<Bytes> place_file(const Ram& ram, GuestPhys at, const Fd& file, Bytes offset, Bytes size) {
  Bytes mapped;
  for (std::uint64_t done = 0; done < size.count;) {
    const ByteSpan rest = ram.memory().tail(GuestPhys(at.raw + done));
    if (rest.empty()) return no_room(GuestPhys(at.raw + done), size.count - done);
    const std::uint64_t step = std::min<std::uint64_t>(rest.size(), size.count - done);
    // No file can be mapped over a part of a huge page.
    if (ram.has_hugepages())
      TRY(read_exactly(file, rest.first(step), offset.count + done));
    else
      mapped.count += TRY(place_piece(rest.first(step), at.raw + done, file, offset.count + done));
    done += step;
  }
  return mapped;
}

}  // namespace ktstr::vmm::boot
