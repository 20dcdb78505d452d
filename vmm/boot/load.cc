// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/boot/load.h"

#include <algorithm>

#include <sys/stat.h>

#include <fcntl.h>

#include "vmm/boot/bz_image.h"
#include "vmm/boot/elf.h"
#include "vmm/boot/handover.h"
#include "vmm/boot/place.h"

namespace ktstr::vmm::boot {
namespace {

constexpr std::uint64_t page = (4_KiB).count;

struct File {
  Fd fd;
  Bytes size;
};

/// What the kernel's file demands of the rest.
struct Placed {
  Entry entry;
  GuestPhys start, end;  ///< The memory that is the kernel's.
  GuestPhys initramfs_last{UINT32_MAX};
  std::size_t command_line_limit = x86_64::command_line_room - 1;
  Buffer setup_header;
};

Result<File> open_regular(const std::string& path) {
  Fd fd = TRY(open_file(path, O_RDONLY));
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return fail_errno("stat " + path);
  if (!S_ISREG(about.st_mode)) return fail("boot " + path + ": it is not a file");
  if (about.st_size == 0) return fail("boot " + path + ": it is empty");
  return File{std::move(fd), {static_cast<std::uint64_t>(about.st_size)}};
}

Status demand_high(GuestPhys start) {
  if (start < x86_64::high_ram_start)
    return fail("the kernel wants to be loaded below 1 MiB", "only x86-64 Linux can be booted");
  return {};
}

Result<Placed> place_elf(const Ram& ram, const File& file, ByteView bytes) {
  const ElfKernel kernel = TRY(read_elf(bytes));
  TRY(demand_high(kernel.start()));
  Placed out;
  for (const Segment& segment : kernel.segments) {
    // What the file does not give is zero already: nobody has written to the RAM yet.
    if (!ram.memory().tail(GuestPhys(segment.start.raw + segment.memory_size.count - 1)).data())
      return fail("the kernel needs memory up to address " + std::to_string(kernel.end().raw),
                  "give the machine more memory");
    out.entry.mapped.count +=
        TRY(place_file(ram, segment.start, file.fd, segment.offset, segment.file_size)).count;
  }
  out.start = kernel.start();
  out.end = kernel.end();
  out.entry.protocol = kernel.pvh ? Protocol::pvh : Protocol::linux_64;
  out.entry.at = kernel.pvh.value_or(kernel.entry);
  return out;
}

Result<Placed> place_bz_image(const Ram& ram, const File& file, ByteView bytes) {
  const BzImage image = TRY(read_bz_image(bytes));
  TRY(demand_high(image.start));
  Placed out;
  out.entry.mapped = TRY(place_file(ram, image.start, file.fd, image.offset, image.size));
  out.start = image.start;
  out.end = image.end();
  out.entry.at = image.entry();
  out.initramfs_last = image.initramfs_last;
  out.command_line_limit = std::min<std::size_t>(out.command_line_limit, image.command_line_limit);
  out.setup_header.assign(image.setup_header.begin(), image.setup_header.end());
  return out;
}

/// At the end of the RAM below the gap: what a kernel unpacks itself to lies far below.
Result<GuestRange> choose_initramfs(const Ram& ram, const Placed& kernel, Bytes size) {
  std::uint64_t low_end = 0;
  for (const GuestRange& range : ram.ranges())
    if (range.start < ram_gap_start) low_end = range.start.raw + range.size.count;
  const std::uint64_t end = std::min(low_end, kernel.initramfs_last.raw + 1);
  if (size.count > end || (end - size.count) / page * page < kernel.end.raw)
    return fail("place an initramfs of " + std::to_string(size.count) + " bytes: there is no room",
                "give the machine more memory");
  return GuestRange{GuestPhys((end - size.count) / page * page), size};
}

Status place_command_line(const Ram& ram, const std::string& text, std::size_t limit) {
  if (text.size() > limit)
    return fail("the kernel command line has " + std::to_string(text.size()) +
                " characters, the kernel takes " + std::to_string(limit));
  Buffer bytes(text.size() + 1);  // With its final zero.
  std::ranges::copy(as_bytes(text), bytes.begin());
  return place_bytes(ram, x86_64::command_line_at, bytes);
}

}  // namespace

Result<Entry> load(const Ram& ram, const Request& request) {
  const File file = TRY(open_regular(request.kernel.path));
  const Mapping mapping = TRY(Mapping::of(file.fd, file.size, Mapping::Access::read));
  Result<Placed> placed = request.kernel.format == KernelFormat::vmlinux
                              ? place_elf(ram, file, mapping.bytes())
                              : place_bz_image(ram, file, mapping.bytes());
  if (!placed) return fail_within("boot " + request.kernel.path, std::move(placed).error());

  Handover handover{.map = x86_64::memory_map(ram.ranges()),
                    .rsdp = request.rsdp,
                    .initramfs = std::nullopt,
                    .command_line = x86_64::command_line_at};
  if (!request.initramfs.empty()) {
    const File initramfs = TRY(open_regular(request.initramfs));
    handover.initramfs = TRY(choose_initramfs(ram, *placed, initramfs.size));
    placed->entry.mapped.count +=
        TRY(place_file(ram, handover.initramfs->start, initramfs.fd, {}, initramfs.size)).count;
  }
  TRY(place_command_line(ram, request.command_line, placed->command_line_limit));
  const bool pvh = placed->entry.protocol == Protocol::pvh;
  placed->entry.argument = pvh ? x86_64::start_info_at : x86_64::zero_page_at;
  TRY(place_bytes(ram, placed->entry.argument,
                  pvh ? start_info(handover, placed->entry.argument)
                      : zero_page(handover, placed->setup_header)));
  return placed->entry;
}

}  // namespace ktstr::vmm::boot
