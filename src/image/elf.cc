// SPDX-License-Identifier: GPL-2.0-only
#include "image/elf.h"

#include <cstring>
#include <optional>

#include <elf.h>

namespace ktstr::image {
namespace {

constexpr std::size_t most_dynamic = 100'000;
constexpr std::size_t most_needed = 1000;

template <class T>
std::optional<T> at(ByteView file, std::uint64_t offset) {
  if (offset > file.size() || sizeof(T) > file.size() - offset) return std::nullopt;
  T out;
  std::memcpy(&out, file.data() + offset, sizeof out);
  return out;
}

std::optional<std::string> text_at(ByteView file, std::uint64_t offset) {
  if (offset >= file.size()) return std::nullopt;
  const std::string_view rest = as_text(file.subspan(offset));
  const std::size_t end = rest.find('\0');
  constexpr std::size_t longest = 64 * 1024;
  if (end == std::string_view::npos || end > longest) return std::nullopt;
  return std::string(rest.substr(0, end));
}

std::vector<std::string> directories(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = list.find(':');
    if (end > 0) out.emplace_back(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return out;
}

tl::unexpected<Error> broken(const char* what) {
  return fail(std::string("read the ELF file: ") + what);
}

class Reader {
 public:
  explicit Reader(ByteView file) : file_(file) {}

  Result<ElfNeeds> read() {
    const auto header = at<Elf64_Ehdr>(file_, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
      return fail("it is not an ELF program");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
      return fail("it is not a 64-bit little-endian ELF program");
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
      return fail("the ELF file is neither a program nor a shared library");
    out_.machine = header->e_machine;
    std::optional<Elf64_Phdr> dynamic;
    for (std::uint16_t i = 0; i < header->e_phnum; ++i) {
      const auto segment =
          at<Elf64_Phdr>(file_, header->e_phoff + std::uint64_t{i} * sizeof(Elf64_Phdr));
      if (!segment) return broken("its program headers lie outside");
      if (segment->p_type == PT_LOAD) loads_.push_back(*segment);
      if (segment->p_type == PT_DYNAMIC) dynamic = *segment;
      if (segment->p_type == PT_INTERP) {
        const auto path = text_at(file_, segment->p_offset);
        if (!path) return broken("its interpreter lies outside");
        out_.interpreter = *path;
      }
    }
    if (dynamic) TRY(read_dynamic(*dynamic));
    return std::move(out_);
  }

 private:
  Status read_dynamic(const Elf64_Phdr& segment) {
    std::vector<Elf64_Dyn> entries;
    for (std::size_t i = 0; i < segment.p_filesz / sizeof(Elf64_Dyn) && i < most_dynamic; ++i) {
      const auto entry = at<Elf64_Dyn>(file_, segment.p_offset + i * sizeof(Elf64_Dyn));
      if (!entry) return broken("its dynamic section lies outside");
      if (entry->d_tag == DT_NULL) break;
      entries.push_back(*entry);
    }
    std::optional<std::uint64_t> strings;
    for (const Elf64_Dyn& entry : entries)
      if (entry.d_tag == DT_STRTAB) strings = offset_of(entry.d_un.d_ptr);
    for (const Elf64_Dyn& entry : entries) {
      std::string* text = nullptr;
      std::string list;
      switch (entry.d_tag) {
        case DT_NEEDED:
          if (out_.needed.size() == most_needed) return broken("it needs too many libraries");
          text = &out_.needed.emplace_back();
          break;
        case DT_SONAME:
          text = &out_.soname;
          break;
        case DT_RPATH:
        case DT_RUNPATH:
          text = &list;
          break;
        default:
          continue;
      }
      const auto found = strings ? text_at(file_, *strings + entry.d_un.d_val) : std::nullopt;
      if (!found) return broken("a name lies outside");
      *text = *found;
      if (entry.d_tag == DT_RPATH) out_.rpath = directories(list);
      if (entry.d_tag == DT_RUNPATH) out_.runpath = directories(list);
    }
    return {};
  }

  /// Where in the file an address of the loaded program is.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& load : loads_)
      if (address >= load.p_vaddr && address - load.p_vaddr < load.p_filesz)
        return load.p_offset + (address - load.p_vaddr);
    return std::nullopt;
  }

  ByteView file_;
  ElfNeeds out_{};
  std::vector<Elf64_Phdr> loads_{};
};

}  // namespace

Result<ElfNeeds> read_elf_needs(ByteView file) {
  return Reader(file).read();
}

}  // namespace ktstr::image
