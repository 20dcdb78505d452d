// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "kernel/bz_image.h"
#include "kernel/vmlinux.h"
#include "unit/kernel_samples.h"

using namespace ktstr;
using namespace ktstr::kernel;
using namespace ktstr::test;

TEST_CASE("the vmlinux comes out of a bzImage in every compression") {
  const Packing packing =
      GENERATE(Packing::zstd, Packing::xz, Packing::gzip, Packing::lz4, Packing::lz4_legacy);
  CAPTURE(static_cast<int>(packing));
  const Buffer vmlinux = make_elf(usual_sections("6.12.3-test"));
  const Buffer image =
      make_bz_image(pack(packing, vmlinux), "6.12.3-test", packing != Packing::gzip);
  CHECK(is_bz_image(image));
  CHECK(bz_image_release(image) == "6.12.3-test");
  const Result<Buffer> extracted = extract_vmlinux(image);
  REQUIRE(extracted);
  CHECK((*extracted == vmlinux));
}

TEST_CASE("a bzImage cut anywhere in header or payload is an error") {
  const Buffer vmlinux = make_elf(usual_sections("6.12.3-test"));
  const Buffer packed = pack(Packing::zstd, vmlinux);
  const Buffer image = make_bz_image(packed, "6.12.3-test");
  for (std::size_t size = 0; size < image.size() - 64; ++size) {
    CAPTURE(size);
    CHECK_FALSE(extract_vmlinux(ByteView(image).first(size)));
    CHECK(bz_image_release(ByteView(image).first(size)).size() < 128);
  }
}

TEST_CASE("lying header fields are errors, not reads beyond the file") {
  const Buffer good = make_bz_image(pack(Packing::gzip, make_elf({})), "6.12.3", false);
  REQUIRE(extract_vmlinux(good));
  for (const std::size_t field : {0x248U, 0x24cU}) {
    for (const std::uint32_t value : {0x7FFFFFFFU, 0xFFFFFFFFU, 0xFFFFFC00U}) {
      Buffer image = good;
      store_le(image, field, value);
      CHECK_FALSE(extract_vmlinux(image));
    }
  }
  Buffer image = good;
  store_le(image, 0x20e, std::uint16_t{0xFFFF});
  CHECK(bz_image_release(image).empty());
  store_le(image, 0x206, std::uint16_t{0x207});
  CHECK_FALSE(extract_vmlinux(image));
}

TEST_CASE("a payload that is no ELF file or in no known compression is refused") {
  CHECK_FALSE(extract_vmlinux(make_bz_image(pack(Packing::zstd, as_bytes("text")), "1.2.3")));
  const Result<Buffer> odd = extract_vmlinux(make_bz_image(as_bytes("\x89LZO whatever"), "1.2.3"));
  REQUIRE_FALSE(odd);
  CHECK(odd.error().hint.find("zstd") != std::string::npos);
}

TEST_CASE("a vmlinux tells its release, build id, BTF and PVH entry") {
  const VmlinuxFacts facts = read_vmlinux(make_elf(usual_sections("7.3.4+x-cloud"))).value();
  CHECK(facts.release == "7.3.4+x-cloud");
  CHECK(facts.build_id == "1234ab");
  CHECK(facts.has_btf);
  CHECK(facts.pvh);
  CHECK_FALSE(facts.ikconfig);
  CHECK(facts.evidence == Options{{"DEBUG_INFO_BTF", "y"}, {"SCHED_CLASS_EXT", "y"}});
}

TEST_CASE("BTF without sched_ext_ops proves that there is no sched_ext; no BTF proves nothing") {
  const VmlinuxFacts with =
      read_vmlinux(make_elf({{".BTF", SHT_PROGBITS, make_btf({"my_sched_ext_ops"})}})).value();
  CHECK(with.evidence.at("SCHED_CLASS_EXT") == "n");
  const VmlinuxFacts without = read_vmlinux(make_elf({})).value();
  CHECK(without == VmlinuxFacts{});
}

TEST_CASE("symbols prove what is built in") {
  const Buffer elf = make_elf(symbol_sections({"cpuset_init", "vsock_core_register", "other"}, 1));
  CHECK(read_vmlinux(elf)->evidence == Options{{"CPUSETS", "y"}, {"VSOCKETS", "y"}});
}

TEST_CASE("IKCONFIG is found behind decoys") {
  const std::string rodata = "IKCFG_ST without gzip, IKCFG_ST\x1F\x8B\x08 broken, " +
                             ikconfig("CONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\n");
  const VmlinuxFacts facts =
      read_vmlinux(make_elf({{".rodata", SHT_PROGBITS, to_buffer(rodata)}})).value();
  REQUIRE(facts.ikconfig);
  CHECK(*facts.ikconfig == Options{{"A", "y"}, {"B", "m"}, {"C", "n"}});
}

TEST_CASE("an IKCONFIG bomb is passed over") {
  const std::string rodata = ikconfig(std::string(64 << 20, '\n'));
  const VmlinuxFacts facts =
      read_vmlinux(make_elf({{".rodata", SHT_PROGBITS, to_buffer(rodata)}})).value();
  CHECK_FALSE(facts.ikconfig);
}

TEST_CASE("what is no x86-64 kernel is refused") {
  CHECK_FALSE(read_vmlinux({}));
  CHECK_FALSE(read_vmlinux(as_bytes("#!/bin/sh")));
  CHECK_FALSE(read_vmlinux(make_elf({}, EM_AARCH64)));
}

TEST_CASE("a vmlinux cut or changed anywhere is read without harm") {
  std::vector<Section> sections = usual_sections("6.12.3");
  for (Section& section : symbol_sections({"cpuset_init"}, 4)) sections.push_back(section);
  const Buffer good = make_elf(sections);
  for (std::size_t size = 0; size < good.size(); ++size) {
    // A copy of its own, so that a sanitizer sees a read past the end.
    const Buffer cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    const Result<VmlinuxFacts> facts = read_vmlinux(cut);
    if (facts) CHECK(facts->release.size() < 128);
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const std::byte value : {std::byte{0xFF}, std::byte{0x80}, std::byte{0}}) {
      Buffer bad = good;
      bad[at] = value;
      const Result<VmlinuxFacts> facts = read_vmlinux(bad);
      if (facts) CHECK(facts->build_id.size() <= 128);
    }
  }
}
