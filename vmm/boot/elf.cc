// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/boot/elf.h"

#include <algorithm>
#include <cstring>

#include <elf.h>

namespace ktstr::vmm::boot {
namespace {

constexpr std::size_t most_headers = 128;
constexpr std::uint32_t xen_physical_entry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY
constexpr std::uint64_t address_limit = std::uint64_t{1} << 52;

tl::unexpected<Error> refuse(const std::string& why) {
  return fail("read the ELF kernel: " + why, "the file is damaged or not an x86-64 vmlinux");
}

bool within(std::uint64_t offset, std::uint64_t size, std::uint64_t whole) {
  return offset <= whole && size <= whole - offset;
}

std::size_t padded(std::uint32_t size) {
  return (std::size_t{size} + 3) & ~std::size_t{3};
}

/// The 32-bit entry of a segment of notes.
std::optional<GuestPhys> find_pvh(ByteView notes) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    const auto name_size = load_le<std::uint32_t>(notes, 0);
    const auto value_size = load_le<std::uint32_t>(notes, 4);
    const auto type = load_le<std::uint32_t>(notes, 8);
    notes = notes.subspan(sizeof(Elf64_Nhdr));
    const std::size_t value_at = padded(name_size);
    if (value_at > notes.size() || value_size > notes.size() - value_at) return std::nullopt;
    const ByteView value = notes.subspan(value_at, value_size);
    if (as_text(notes.first(name_size)) == std::string_view("Xen\0", 4) &&
        type == xen_physical_entry) {
      if (value_size == 4) return GuestPhys(load_le<std::uint32_t>(value));
      if (value_size == 8 && load_le<std::uint64_t>(value) <= UINT32_MAX)
        return GuestPhys(load_le<std::uint64_t>(value));
      return std::nullopt;
    }
    notes = notes.subspan(std::min(value_at + padded(value_size), notes.size()));
  }
  return std::nullopt;
}

bool covers(const ElfKernel& kernel, GuestPhys address) {
  return std::ranges::any_of(kernel.segments, [&](const Segment& segment) {
    return address >= segment.start && address.raw - segment.start.raw < segment.file_size.count;
  });
}

Status add_segment(ElfKernel& kernel, const Elf64_Phdr& header, std::size_t file_size) {
  if (header.p_memsz == 0) return {};
  if (!within(header.p_offset, header.p_filesz, file_size))
    return refuse("a segment passes the end of the file");
  if (header.p_filesz > header.p_memsz) return refuse("a segment is larger than its memory");
  if (!within(header.p_paddr, header.p_memsz, address_limit))
    return refuse("a segment passes the last address");
  kernel.segments.push_back(
      {{header.p_offset}, {header.p_filesz}, GuestPhys(header.p_paddr), {header.p_memsz}});
  return {};
}

}  // namespace

Result<ElfKernel> read_elf(ByteView file) {
  Elf64_Ehdr header;
  if (file.size() < sizeof header) return refuse("it is too short");
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return refuse("it is not an ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64 || (header.e_type != ET_EXEC && header.e_type != ET_DYN))
    return refuse("it is not a 64-bit x86 executable");
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > most_headers ||
      !within(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr), file.size()))
    return refuse("its program headers lie");

  ElfKernel kernel;
  std::optional<GuestPhys> pvh;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr program;
    std::memcpy(&program, file.data() + header.e_phoff + i * sizeof program, sizeof program);
    if (program.p_type == PT_LOAD) TRY(add_segment(kernel, program, file.size()));
    if (program.p_type == PT_NOTE && !pvh &&
        within(program.p_offset, program.p_filesz, file.size()))
      pvh = find_pvh(file.subspan(program.p_offset, program.p_filesz));
  }
  if (kernel.segments.empty()) return refuse("it has nothing to load");
  std::ranges::sort(kernel.segments, {}, &Segment::start);
  for (std::size_t i = 1; i < kernel.segments.size(); ++i) {
    const Segment& before = kernel.segments[i - 1];
    if (kernel.segments[i].start.raw - before.start.raw < before.memory_size.count)
      return refuse("its segments overlap");
  }
  kernel.entry = GuestPhys(header.e_entry);
  if (!covers(kernel, kernel.entry)) return refuse("it begins outside of its segments");
  if (pvh && covers(kernel, *pvh)) kernel.pvh = pvh;
  return kernel;
}

}  // namespace ktstr::vmm::boot
