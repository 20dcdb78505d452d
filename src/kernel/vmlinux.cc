// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/vmlinux.h"

#include <array>
#include <cstring>
#include <memory>

#include <elf.h>
#include <gelf.h>
#include <libelf.h>

#include "base/units.h"
#include "image/decompress.h"

namespace ktstr::kernel {
namespace {

using ElfHandle = std::unique_ptr<Elf, decltype(&elf_end)>;

constexpr std::uint32_t xen_note_phys32_entry = 18;
constexpr std::uint64_t most_symbols = 4'000'000;

/// Symbols that exist only when the option is built in. Nothing but their presence proves
/// anything: a symbol may be missing because the option is a module.
struct Trace {
  std::string_view option;
  std::string_view symbol;
};
constexpr std::array traces = {
    Trace{"BLK_DEV_INITRD", "populate_rootfs"},
    Trace{"CGROUPS", "cgroup_init"},
    Trace{"CGROUP_SCHED", "sched_create_group"},
    Trace{"CPUSETS", "cpuset_init"},
    Trace{"DEVTMPFS", "devtmpfs_init"},
    Trace{"EPOLL", "eventpoll_release_file"},
    Trace{"FUTEX", "do_futex"},
    Trace{"PROC_FS", "proc_root_init"},
    Trace{"SCHED_CLASS_EXT", "ext_sched_class"},
    Trace{"SERIAL_8250_CONSOLE", "univ8250_console"},
    Trace{"SYSFS", "sysfs_init"},
    Trace{"UNIX", "unix_stream_ops"},
    Trace{"VIRTIO_PCI", "virtio_pci_probe"},
    Trace{"VIRTIO_VSOCKETS", "virtio_vsock_probe"},
    Trace{"VSOCKETS", "vsock_core_register"},
};

/// A section's bytes as they stand in the file; empty for one that is not there, has none, or
/// claims bytes beyond the file.
ByteView bytes_of(ByteView file, const GElf_Shdr& section) {
  if (section.sh_type == SHT_NOBITS || section.sh_offset > file.size() ||
      section.sh_size > file.size() - section.sh_offset)
    return {};
  return file.subspan(section.sh_offset, section.sh_size);
}

std::string to_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::byte byte : bytes) {
    out += digits[std::to_integer<unsigned>(byte) >> 4U];
    out += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return out;
}

void read_notes(Elf_Scn* section, VmlinuxFacts& facts) {
  constexpr std::size_t longest_id = 64;
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return;
  const std::string_view text(static_cast<const char*>(data->d_buf), data->d_size);
  GElf_Nhdr note;
  std::size_t name_at = 0;
  std::size_t value_at = 0;
  for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &name_at, &value_at)) > 0;) {
    if (name_at > text.size() || note.n_namesz > text.size() - name_at) return;
    if (value_at > text.size() || note.n_descsz > text.size() - value_at) return;
    std::string_view name = text.substr(name_at, note.n_namesz);
    if (name.ends_with('\0')) name.remove_suffix(1);
    if (name == "Xen" && note.n_type == xen_note_phys32_entry) facts.pvh = true;
    if (name == "GNU" && note.n_type == NT_GNU_BUILD_ID && note.n_descsz <= longest_id)
      facts.build_id = to_hex(as_bytes(text.substr(value_at, note.n_descsz)));
  }
}

/// The type sched_ext_ops is in the BTF of exactly those kernels that have the class.
void read_btf(ByteView btf, VmlinuxFacts& facts) {
  constexpr std::size_t header = 24;
  constexpr std::uint16_t magic = 0xEB9F;
  if (btf.size() < header || load_le<std::uint16_t>(btf) != magic) return;
  const std::uint64_t start =
      std::uint64_t{load_le<std::uint32_t>(btf, 4)} + load_le<std::uint32_t>(btf, 16);
  const std::uint64_t length = load_le<std::uint32_t>(btf, 20);
  if (start > btf.size() || length > btf.size() - start) return;
  facts.has_btf = true;
  facts.evidence["DEBUG_INFO_BTF"] = "y";
  const std::string_view names = as_text(btf.subspan(start, length));
  const bool found = names.find(std::string_view("\0sched_ext_ops\0", 15)) != names.npos;
  facts.evidence["SCHED_CLASS_EXT"] = found ? "y" : "n";
}

void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, VmlinuxFacts& facts) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const std::uint64_t count =
      std::min<std::uint64_t>(header.sh_size / header.sh_entsize, most_symbols);
  for (std::uint64_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
    for (const Trace& trace : traces)
      if (trace.symbol == name) facts.evidence[std::string(trace.option)] = "y";
  }
}

/// `Linux version RELEASE (`, which is also what /proc/version starts with.
std::string find_banner(ByteView where) {
  constexpr std::string_view start = "Linux version ";
  constexpr std::size_t longest = 128;
  std::string_view text = as_text(where);
  for (std::size_t at; (at = text.find(start)) != text.npos;) {
    text.remove_prefix(at + start.size());
    const std::string_view release = text.substr(0, text.substr(0, longest).find(' '));
    if (!release.empty() && release.size() < longest && release[0] >= '0' && release[0] <= '9')
      return std::string(release);
  }
  return {};
}

std::optional<Options> find_ikconfig(ByteView where) {
  constexpr std::string_view start = "IKCFG_ST";
  constexpr Bytes limit = 4_MiB;
  const std::string_view text = as_text(where);
  for (std::size_t at = 0; (at = text.find(start, at)) != text.npos;) {
    at += start.size();
    const ByteView packed = where.subspan(at);
    if (image::detect_compression(packed) != image::Compression::gzip) continue;
    const Result<Buffer> config = image::decompress(packed, limit);
    if (!config) continue;
    Options options = parse_config(as_text(*config));
    if (!options.empty()) return options;
  }
  return std::nullopt;
}

Result<ElfHandle> open_elf(ByteView file) {
  elf_version(EV_CURRENT);
  // elf_memory takes a non-const pointer for writers' sake and only reads here.
  char* const raw = const_cast<char*>(reinterpret_cast<const char*>(file.data()));
  ElfHandle elf(elf_memory(raw, file.size()), &elf_end);
  GElf_Ehdr header;
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF ||
      gelf_getehdr(elf.get(), &header) == nullptr)
    return fail("read the vmlinux: it is not an ELF file");
  const bool fits = gelf_getclass(elf.get()) == ELFCLASS64 &&
                    header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_machine == EM_X86_64 &&
                    (header.e_type == ET_EXEC || header.e_type == ET_DYN);
  if (!fits) return fail("read the vmlinux: it is not a 64-bit x86 kernel");
  return elf;
}

}  // namespace

Result<VmlinuxFacts> read_vmlinux(ByteView file) {
  const ElfHandle elf = TRY(open_elf(file));
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf.get(), &names) != 0)
    return fail("read the vmlinux: its section headers are damaged",
                "the file is damaged or incomplete");
  VmlinuxFacts facts;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* raw_name = elf_strptr(elf.get(), names, header.sh_name);
    const std::string_view name = raw_name != nullptr ? raw_name : "";
    if (header.sh_type == SHT_NOTE) read_notes(section, facts);
    if (header.sh_type == SHT_SYMTAB) read_symbols(elf.get(), section, header, facts);
    if (name == ".BTF") read_btf(bytes_of(file, header), facts);
    if (name == ".rodata") {
      facts.release = find_banner(bytes_of(file, header));
      facts.ikconfig = find_ikconfig(bytes_of(file, header));
    }
  }
  return facts;
}

}  // namespace ktstr::kernel
