// SPDX-License-Identifier: GPL-2.0-only
// Kernels of a few hundred bytes for tests: ELF files with chosen sections, and bzImages around
// them.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

#include "base/bytes.h"
#include "unit/compressed.h"

namespace ktstr::test {

inline Buffer to_buffer(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

struct Section {
  std::string name;
  std::uint32_t type = SHT_PROGBITS;
  Buffer content;
  std::uint32_t link = 0;
  std::uint64_t entry_size = 0;
};

/// Section 0 is the null one, the given ones follow, .shstrtab is last.
inline Buffer make_elf(const std::vector<Section>& sections, std::uint16_t machine = EM_X86_64) {
  std::string names(1, '\0');
  std::vector<Elf64_Shdr> headers(1);
  Buffer body;
  const auto add = [&](const Section& section) {
    body.resize((body.size() + 7) / 8 * 8);
    Elf64_Shdr header{};
    header.sh_name = static_cast<Elf64_Word>(names.size());
    header.sh_type = section.type;
    header.sh_flags = SHF_ALLOC;
    header.sh_offset = sizeof(Elf64_Ehdr) + body.size();
    header.sh_size = section.content.size();
    header.sh_link = section.link;
    header.sh_addralign = section.type == SHT_NOTE ? 4 : 1;
    header.sh_entsize = section.entry_size;
    headers.push_back(header);
    names += section.name + '\0';
    body.insert(body.end(), section.content.begin(), section.content.end());
  };
  for (const Section& section : sections) add(section);
  add({".shstrtab", SHT_STRTAB, to_buffer(names + ".shstrtab" + '\0')});
  body.resize((body.size() + 7) / 8 * 8);

  Elf64_Ehdr file{};
  std::memcpy(file.e_ident, ELFMAG, SELFMAG);
  file.e_ident[EI_CLASS] = ELFCLASS64;
  file.e_ident[EI_DATA] = ELFDATA2LSB;
  file.e_ident[EI_VERSION] = EV_CURRENT;
  file.e_type = ET_EXEC;
  file.e_machine = machine;
  file.e_version = EV_CURRENT;
  file.e_shoff = sizeof file + body.size();
  file.e_ehsize = sizeof file;
  file.e_shentsize = sizeof(Elf64_Shdr);
  file.e_shnum = static_cast<Elf64_Half>(headers.size());
  file.e_shstrndx = static_cast<Elf64_Half>(headers.size() - 1);

  Buffer out(file.e_shoff + headers.size() * sizeof(Elf64_Shdr));
  std::memcpy(out.data(), &file, sizeof file);
  std::memcpy(out.data() + sizeof file, body.data(), body.size());
  std::memcpy(out.data() + file.e_shoff, headers.data(), headers.size() * sizeof(Elf64_Shdr));
  return out;
}

inline Buffer make_note(std::string_view name, std::uint32_t type, std::string_view value) {
  Buffer out;
  append_le(out, static_cast<std::uint32_t>(name.size() + 1));
  append_le(out, static_cast<std::uint32_t>(value.size()));
  append_le(out, type);
  for (std::string part : {std::string(name) + '\0', std::string(value)}) {
    part.resize((part.size() + 3) / 4 * 4);
    const Buffer bytes = to_buffer(part);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

/// A BTF section without types whose names are `names`, each behind a zero.
inline Buffer make_btf(const std::vector<std::string>& names) {
  std::string strings(1, '\0');
  for (const std::string& name : names) strings += name + '\0';
  Buffer out;
  append_le(out, std::uint16_t{0xEB9F});
  append_le(out, std::uint16_t{1});
  append_le(out, std::uint32_t{24});
  append_le(out, std::uint32_t{0});  // types
  append_le(out, std::uint32_t{0});
  append_le(out, std::uint32_t{0});  // strings
  append_le(out, static_cast<std::uint32_t>(strings.size()));
  const Buffer bytes = to_buffer(strings);
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

inline std::string make_rodata(const std::string& release) {
  return "Linux version %s (\nLinux version " + release + " (someone@somewhere)\n";
}

inline std::string ikconfig(std::string_view config) {
  return "IKCFG_ST" + std::string(as_text(pack_gzip(as_bytes(config)))) + "IKCFG_ED";
}

/// What a usual stripped kernel has: banner, BTF with sched_ext, build id, PVH entry.
inline std::vector<Section> usual_sections(const std::string& release) {
  Buffer notes = make_note("GNU", NT_GNU_BUILD_ID, "\x12\x34\xAB");
  const Buffer pvh = make_note("Xen", 18, "\x60\x01\x8c\x03");
  notes.insert(notes.end(), pvh.begin(), pvh.end());
  return {{".rodata", SHT_PROGBITS, to_buffer(make_rodata(release))},
          {".notes", SHT_NOTE, notes},
          {".BTF", SHT_PROGBITS, make_btf({"task_struct", "sched_ext_ops"})}};
}

/// A symbol table and its strings, to be the sections `first` and `first + 1`.
inline std::vector<Section> symbol_sections(const std::vector<std::string>& names,
                                            std::uint32_t first) {
  std::string strings(1, '\0');
  std::vector<Elf64_Sym> symbols(1);
  for (const std::string& name : names) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(strings.size());
    symbol.st_shndx = 1;
    symbols.push_back(symbol);
    strings += name + '\0';
  }
  const ByteView table = std::as_bytes(std::span(symbols));
  return {{".symtab", SHT_SYMTAB, Buffer(table.begin(), table.end()), first + 1, sizeof(Elf64_Sym)},
          {".strtab", SHT_STRTAB, to_buffer(strings)}};
}

/// One setup sector, the version string in it, the payload behind some code.
inline Buffer make_bz_image(ByteView packed, const std::string& release,
                            bool length_behind = true) {
  constexpr std::size_t code = 100;
  Buffer out(1024 + code);
  store_le(out, 0x1f1, std::uint8_t{1});
  std::memcpy(out.data() + 0x202, "HdrS", 4);
  store_le(out, 0x206, std::uint16_t{0x20f});
  store_le(out, 0x20e, std::uint16_t{0x300 - 0x200});
  const std::string version = release + " (someone@somewhere) #1";
  std::memcpy(out.data() + 0x300, version.data(), version.size());
  store_le(out, 0x248, std::uint32_t{code});
  store_le(out, 0x24c, static_cast<std::uint32_t>(packed.size() + (length_behind ? 4 : 0)));
  out.insert(out.end(), packed.begin(), packed.end());
  if (length_behind) append_le(out, std::uint32_t{0x12345678});
  out.resize(out.size() + 64, std::byte{0x90});
  return out;
}

}  // namespace ktstr::test
