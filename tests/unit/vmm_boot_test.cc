// SPDX-License-Identifier: GPL-2.0-only
// Reading kernels and laying them out in a guest's memory; no KVM.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include <asm/bootparam.h>
#include <fcntl.h>

#include "../support/temporary_directory.h"
#include "../support/tiny_kernel.h"
#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/boot/bz_image.h"
#include "vmm/boot/elf.h"
#include "vmm/boot/load.h"
#include "vmm/boot/place.h"

using namespace ktstr;
using namespace ktstr::vmm;

namespace {

/// 64 MiB in two nodes, of which the second begins in the middle of nowhere.
topology::Topology small_topology() {
  topology::Topology topology;
  topology.nodes = {{.llcs = 1, .memory = 40_MiB}, {.llcs = 1, .memory = 24_MiB}};
  return topology;
}

Ram small_ram() {
  return Ram::create("test", small_topology()).value();
}

template <class T>
T at(const Ram& ram, std::uint64_t address) {
  T out;
  REQUIRE(ram.read(GuestPhys(address), std::as_writable_bytes(std::span(&out, 1))));
  return out;
}

/// A file of `size` bytes that tell their place.
Buffer pattern(std::size_t size) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 7 + i / 4096);
  return out;
}

std::string write(const std::string& path, ByteView bytes) {
  REQUIRE(write_file_atomically(path, bytes));
  return path;
}

/// A bzImage of which only what the loader reads is right.
Buffer bz_image(std::size_t payload) {
  Buffer out(5 * 512 + payload);
  setup_header header{};
  header.setup_sects = 4;
  header.boot_flag = 0xaa55;
  header.jump = 0x6aeb;  // Over 0x6a bytes.
  header.header = 0x53726448;
  header.version = 0x20f;
  header.loadflags = LOADED_HIGH;
  header.initrd_addr_max = 0x7fffffff;
  header.xloadflags = XLF_KERNEL_64;
  header.cmdline_size = 100;
  header.pref_address = 0x1000000;
  header.init_size = 0x200000;
  std::memcpy(out.data() + boot::setup_header_start, &header, sizeof header);
  for (std::size_t i = 0; i < payload; ++i) out[5 * 512 + i] = static_cast<std::byte>(i * 3);
  return out;
}

}  // namespace

TEST_CASE("an ELF kernel: its segment, its entry and the PVH note") {
  const tiny::Code code = tiny::spin();
  const boot::ElfKernel plain = boot::read_elf(tiny::elf(code)).value();
  REQUIRE(plain.segments.size() == 1);
  CHECK(plain.segments[0] == boot::Segment{{0x1000}, {2}, GuestPhys(0x100000), {0x1002}});
  CHECK(plain.entry.raw == 0x100000);
  CHECK(!plain.pvh);
  CHECK(plain.end().raw == 0x101002);
  CHECK(boot::read_elf(tiny::elf(code, true)).value().pvh == GuestPhys(0x100000));
}

TEST_CASE("an ELF kernel that lies is refused") {
  const Buffer good = tiny::elf(tiny::spin());
  const auto broken = [&](std::size_t offset, auto value) {
    Buffer bytes = good;
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return boot::read_elf(bytes).has_value();
  };
  constexpr std::size_t program = sizeof(Elf64_Ehdr);
  CHECK(!boot::read_elf({}));
  CHECK(!broken(0, 'x'));
  CHECK(!broken(EI_CLASS, std::uint8_t{ELFCLASS32}));
  CHECK(!broken(offsetof(Elf64_Ehdr, e_machine), std::uint16_t{EM_AARCH64}));
  CHECK(!broken(offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{0}));
  CHECK(!broken(offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{129}));
  CHECK(!broken(offsetof(Elf64_Ehdr, e_phoff), ~std::uint64_t{0} - 10));
  CHECK(!broken(offsetof(Elf64_Ehdr, e_entry), std::uint64_t{0x100002}));
  CHECK(!broken(program + offsetof(Elf64_Phdr, p_offset), ~std::uint64_t{0}));
  CHECK(!broken(program + offsetof(Elf64_Phdr, p_filesz), std::uint64_t{3}));
  CHECK(!broken(program + offsetof(Elf64_Phdr, p_memsz), std::uint64_t{1}));
  CHECK(!broken(program + offsetof(Elf64_Phdr, p_paddr), ~std::uint64_t{0} - 1));
}

TEST_CASE("a note that runs out of its segment is no PVH entry") {
  Buffer bytes = tiny::elf(tiny::spin(), true);
  store_le<std::uint32_t>(bytes, 0x200, 0xfffffff0);  // The length of its name.
  CHECK(!boot::read_elf(bytes).value().pvh);
  bytes = tiny::elf(tiny::spin(), true);
  store_le<std::uint32_t>(bytes, 0x204, 0xffffffff);  // Of its value.
  CHECK(!boot::read_elf(bytes).value().pvh);
  bytes = tiny::elf(tiny::spin(), true);
  store_le<std::uint32_t>(bytes, 0x200 + 12 + 4, 0x200000);  // An entry that is no code.
  CHECK(!boot::read_elf(bytes).value().pvh);
}

TEST_CASE("a bzImage: where its parts go") {
  const Buffer file = bz_image(10000);
  const boot::BzImage image = boot::read_bz_image(file).value();
  CHECK(image.offset == Bytes{2560});
  CHECK(image.size == Bytes{10000});
  CHECK(image.start.raw == 0x1000000);
  CHECK(image.memory_size == Bytes{0x200000});
  CHECK(image.entry().raw == 0x1000200);
  CHECK(image.command_line_limit == 100);
  CHECK(image.setup_header.size() == 0x26c - 0x1f1);
}

TEST_CASE("a bzImage that lies is refused") {
  const auto broken = [&](std::size_t offset, auto value) {
    Buffer bytes = bz_image(10000);
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return boot::read_bz_image(bytes).has_value();
  };
  const Buffer good = bz_image(10000);
  CHECK(!boot::read_bz_image({}));
  CHECK(!boot::read_bz_image(ByteView(good).first(0x263)));
  CHECK(!boot::read_bz_image(ByteView(good).first(2560)));
  CHECK(!broken(0x202, std::uint32_t{0}));
  CHECK(!broken(0x206, std::uint16_t{0x20b}));
  CHECK(!broken(0x211, std::uint8_t{0}));
  CHECK(!broken(0x236, std::uint16_t{0}));
  CHECK(!broken(0x201, std::uint8_t{0x10}));
  CHECK(!broken(0x1f1, std::uint8_t{255}));
  CHECK(!broken(0x258, std::uint64_t{0x1000}));
  CHECK(!broken(0x258, ~std::uint64_t{0} & ~std::uint64_t{0xfff}));
  CHECK(broken(0x260, ~std::uint32_t{0} - 0x1000000));
  CHECK(!broken(0x260, ~std::uint32_t{0}));
}

TEST_CASE("a file's whole pages are mapped, the rest is copied, and the file stays as it is") {
  const TemporaryDirectory directory;
  const Buffer bytes = pattern(5 * 4096 + 100);
  const std::string path = write(directory / "file", bytes);
  const Fd file = open_file(path, O_RDONLY).value();
  const Ram ram = small_ram();
  const auto check = [&](std::uint64_t address, std::uint64_t offset, std::uint64_t size) {
    Buffer got(size);
    REQUIRE(ram.read(GuestPhys(address), got));
    CHECK(std::ranges::equal(got, ByteView(bytes).subspan(offset, size)));
  };

  // Alike in their pages: 4096 - 16 bytes copied, three pages mapped, 50 bytes copied.
  const std::uint64_t size = 4096 - 16 + 3 * 4096 + 50;
  CHECK(boot::place_file(ram, GuestPhys(0x200010), file, {16}, {size}).value() == Bytes{3 * 4096});
  check(0x200010, 16, size);
  CHECK(at<std::uint8_t>(ram, 0x20000f) == 0);
  CHECK(at<std::uint8_t>(ram, 0x200010 + size) == 0);
  // Not alike: all copied.
  CHECK(boot::place_file(ram, GuestPhys(0x300000), file, {16}, {size}).value() == Bytes{0});
  check(0x300000, 16, size);
  // Across two nodes.
  const std::uint64_t border = (40_MiB).count;
  CHECK(boot::place_file(ram, GuestPhys(border - 8192), file, {0}, {bytes.size()}).value() ==
        Bytes{5 * 4096});
  check(border - 8192, 0, bytes.size());

  // What the guest writes, only it sees; ram's own memfd is not touched either.
  (*ram.memory().span(GuestPhys(0x201000), 1))[0] = std::byte{0xee};
  CHECK(at<std::uint8_t>(ram, 0x201000) == 0xee);
  CHECK(std::ranges::equal(read_file(path, 1_MiB).value(), bytes));
  const Mapping node = Mapping::of(ram.node(0), 4_KiB, Mapping::Access::read, {0x201000}).value();
  CHECK(node.bytes()[0] == std::byte{0});
}

TEST_CASE("what does not fit or is shorter than it was is refused") {
  const TemporaryDirectory directory;
  const Fd file = open_file(write(directory / "file", pattern(8192)), O_RDONLY).value();
  const Ram ram = small_ram();
  CHECK(!boot::place_file(ram, GuestPhys((64_MiB).count - 4096), file, {}, {8192}));
  CHECK(!boot::place_file(ram, GuestPhys(0x200001), file, {}, {8193}));
  CHECK(!boot::place_bytes(ram, GuestPhys((64_MiB).count - 1), pattern(2)));
}

TEST_CASE("a vmlinux is told everything by the zero page, or by PVH's start info") {
  const TemporaryDirectory directory;
  const std::string initramfs = write(directory / "initramfs", pattern(10000));
  const Ram ram = small_ram();
  boot::Request request{.kernel = {tiny::write_elf(directory / "kernel", tiny::spin())},
                        .initramfs = initramfs,
                        .command_line = "console=ttyS0",
                        .rsdp = GuestPhys(0xe0000)};
  const boot::Entry entry = boot::load(ram, request).value();
  CHECK(entry.protocol == boot::Protocol::linux_64);
  CHECK(entry.at.raw == 0x100000);
  CHECK(entry.argument == x86_64::zero_page_at);
  CHECK(at<std::uint16_t>(ram, 0x100000) == 0xfeeb);
  CHECK(entry.mapped == Bytes{8192});  // Of the initramfs; the kernel is less than a page.

  const auto page = at<boot_params>(ram, entry.argument.raw);
  CHECK(page.acpi_rsdp_addr == 0xe0000);
  CHECK(page.hdr.boot_flag == 0xaa55);
  CHECK(page.hdr.type_of_loader == 0xff);
  CHECK(page.hdr.ramdisk_size == 10000);
  CHECK(page.hdr.ramdisk_image == (64_MiB).count - 12288);
  Buffer got(10000);
  REQUIRE(ram.read(GuestPhys(page.hdr.ramdisk_image), got));
  CHECK(got == pattern(10000));
  Buffer line(14);
  REQUIRE(ram.read(GuestPhys(page.hdr.cmd_line_ptr), line));
  CHECK(as_text(line) == std::string_view("console=ttyS0\0", 14));
  REQUIRE(page.e820_entries == 3);
  CHECK(page.e820_table[2].addr == 0x100000);
  CHECK(page.e820_table[2].size == (63_MiB).count);

  request.kernel.path = tiny::write_elf(directory / "pvh", tiny::spin(), true);
  const Ram other = small_ram();
  const boot::Entry pvh = boot::load(other, request).value();
  CHECK(pvh.protocol == boot::Protocol::pvh);
  CHECK(at<std::uint32_t>(other, pvh.argument.raw) == 0x336ec578);
  CHECK(at<std::uint64_t>(other, pvh.argument.raw + 32) == 0xe0000);
  const auto module = at<std::uint64_t>(other, pvh.argument.raw + 16);
  CHECK(at<std::uint64_t>(other, module) == (64_MiB).count - 12288);
  CHECK(at<std::uint64_t>(other, module + 8) == 10000);
  const auto map = at<std::uint64_t>(other, pvh.argument.raw + 40);
  CHECK(at<std::uint32_t>(other, pvh.argument.raw + 48) == 3);
  CHECK(at<std::uint64_t>(other, map + 2 * 24) == 0x100000);
}

TEST_CASE("a bzImage gets its own setup header back, and its limits are kept") {
  const TemporaryDirectory directory;
  const std::string path = write(directory / "bzImage", bz_image(10000));
  const Ram ram = small_ram();
  boot::Request request{.kernel = {path, KernelFormat::bz_image},
                        .initramfs = {},
                        .command_line = std::string(100, 'x'),
                        .rsdp = {}};
  const boot::Entry entry = boot::load(ram, request).value();
  CHECK(entry.at.raw == 0x1000200);
  CHECK(at<std::uint8_t>(ram, 0x1000001) == 3);
  const auto page = at<boot_params>(ram, entry.argument.raw);
  CHECK(page.hdr.init_size == 0x200000);
  CHECK(page.hdr.type_of_loader == 0xff);
  CHECK(page.hdr.ramdisk_size == 0);
  request.command_line += 'x';
  CHECK(!boot::load(small_ram(), request));
}

TEST_CASE("a machine too small for its kernel or initramfs is told so") {
  const TemporaryDirectory directory;
  Buffer kernel = tiny::elf(tiny::spin(), false, (64_MiB).count);
  boot::Request request{.kernel = {write(directory / "kernel", kernel)},
                        .initramfs = {},
                        .command_line = {},
                        .rsdp = {}};
  CHECK(!boot::load(small_ram(), request));
  request.kernel.path = tiny::write_elf(directory / "small", tiny::spin());
  CHECK(boot::load(small_ram(), request));
  request.initramfs = directory / "initramfs";
  std::ofstream(request.initramfs).seekp((64 << 20) - 1).put('x');
  CHECK(!boot::load(small_ram(), request));
  request.initramfs = directory / "nothing";
  CHECK(!boot::load(small_ram(), request));
  request.initramfs = "/dev/zero";
  CHECK(!boot::load(small_ram(), request));
}

TEST_CASE("hundreds of GiB of RAM are laid around the gap and cost nothing") {
  topology::Topology topology;
  topology.nodes = {{.llcs = 1, .memory = 2_GiB}, {.llcs = 1, .memory = 400_GiB}};
  const Ram ram = Ram::create("test", topology).value();
  const std::vector<x86_64::MapEntry> map = x86_64::memory_map(ram.ranges());
  REQUIRE(map.size() == 4);
  CHECK(map[2] == x86_64::MapEntry{GuestPhys(0x100000), {(3_GiB).count - 0x100000}});
  CHECK(map[3] == x86_64::MapEntry{GuestPhys((4_GiB).count), 399_GiB});
  CHECK(at<std::uint64_t>(ram, (400_GiB).count) == 0);
}
