// SPDX-License-Identifier: GPL-2.0-only
// Kernels of a few bytes, as the ELF files that a loader takes: one segment of code at 1 MiB, with
// a PVH note or without.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <elf.h>

#include "base/fd.h"

namespace ktstr::tiny {

inline constexpr std::uint64_t code_at = 0x100000;
inline constexpr std::uint64_t code_offset = 0x1000;  // In the file: a page of its own.

using Code = std::vector<std::uint8_t>;

inline Code operator+(const Code& left, const Code& right) {
  Code out(left.size() + right.size());
  std::ranges::copy(right, std::ranges::copy(left, out.begin()).out);
  return out;
}

/// The file. `zeroes`: how much memory follows what the file gives.
inline Buffer elf(const Code& code, bool pvh = false, std::uint64_t zeroes = 0x1000) {
  Buffer out(code_offset + code.size());
  const auto put = [&](std::size_t at, const auto& value) {
    std::memcpy(out.data() + at, &value, sizeof value);
  };
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_entry = code_at;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = pvh ? 2 : 1;
  put(0, header);
  Elf64_Phdr load{};
  load.p_type = PT_LOAD;
  load.p_flags = PF_R | PF_W | PF_X;
  load.p_offset = code_offset;
  load.p_vaddr = load.p_paddr = code_at;
  load.p_filesz = code.size();
  load.p_memsz = code.size() + zeroes;
  load.p_align = 0x1000;
  put(sizeof header, load);
  if (pvh) {
    constexpr std::size_t note_at = 0x200;
    Elf64_Phdr note{};
    note.p_type = PT_NOTE;
    note.p_offset = note_at;
    note.p_filesz = note.p_memsz = sizeof(Elf64_Nhdr) + 4 + 4;
    put(sizeof header + sizeof load, note);
    const Elf64_Nhdr description{4, 4, 18};
    put(note_at, description);
    std::memcpy(out.data() + note_at + sizeof description, "Xen", 4);
    put(note_at + sizeof description + 4, static_cast<std::uint32_t>(code_at));
  }
  if (!code.empty()) std::memcpy(out.data() + code_offset, code.data(), code.size());
  return out;
}

/// Writes it to `path`; gives `path`.
inline std::string write_elf(const std::string& path, const Code& code, bool pvh = false) {
  const Status written = write_file_atomically(path, elf(code, pvh));
  return written ? path : std::string();
}

// Code for 32 and 64 bits alike.

/// Writes a byte to a port: mov edx, port; mov al, value; out dx, al.
inline Code out(std::uint16_t port, std::uint8_t value) {
  return {0xba,
          static_cast<std::uint8_t>(port),
          static_cast<std::uint8_t>(port >> 8),
          0,
          0,
          0xb0,
          value,
          0xee};
}
/// Writes AL to a port.
inline Code out_al(std::uint16_t port) {
  return {0xba, static_cast<std::uint8_t>(port), static_cast<std::uint8_t>(port >> 8), 0, 0, 0xee};
}
inline Code print(std::string_view text) {
  Code code;
  for (const char c : text) code = code + out(0x3f8, static_cast<std::uint8_t>(c));
  return code;
}
/// Prints EAX as four bytes, the lowest first: three times more, shr eax, 8.
inline Code print_eax() {
  Code code = out_al(0x3f8);
  for (int i = 0; i < 3; ++i) code = code + Code{0xc1, 0xe8, 8} + out_al(0x3f8);
  return code;
}
/// mov REGISTER, value (eax 0, ecx 1, edx 2, ebx 3).
inline Code move(std::uint8_t to, std::uint32_t value) {
  return {static_cast<std::uint8_t>(0xb8 + to), static_cast<std::uint8_t>(value),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 24)};
}
inline Code power_off() {
  return out(0x600, 5 << 2 | 1 << 5);
}
inline Code spin() {
  return {0xeb, 0xfe};
}

}  // namespace ktstr::tiny
