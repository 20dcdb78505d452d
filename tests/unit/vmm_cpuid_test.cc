// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/cpuid_hosts.h"

using namespace ktstr;
using namespace ktstr::testing;
using vmm::x86_64::cpuid_for;
using vmm::x86_64::CpuidOptions;

namespace {

const topology::Topology topology_3n9l5c2t =
    topology::expand(topology::Shape::parse("3n9l5c2t").value()).value();
constexpr GuestCpu fourth_of_llc_2(23);  // Core 1, thread 1: id 2 << 4 | 1 << 1 | 1.
constexpr std::uint32_t its_id = 35;

Leaves of(const Leaves& host, const CpuidOptions& options = {}) {
  return cpuid_for(host, topology_3n9l5c2t, fourth_of_llc_2, options);
}
bool has(const Leaves& leaves, std::uint32_t leaf) {
  return std::ranges::any_of(leaves, [&](const CpuidLeaf& each) { return each.leaf == leaf; });
}

}  // namespace

TEST_CASE("an Intel vCPU knows its place") {
  const Leaves leaves = of(intel_host());
  CHECK(leaf_of(leaves, 0).eax == 0x1f);
  CHECK(leaf_of(leaves, 1).ebx == (its_id << 24 | 16 << 16 | 0x0800));
  CHECK((leaf_of(leaves, 1).edx >> 28 & 1) == 1);
  for (const std::uint32_t leaf : {0xbU, 0x1fU}) {
    CHECK(leaf_of(leaves, leaf, 0) == CpuidLeaf{leaf, 0, true, 1, 2, 0x100, its_id});
    CHECK(leaf_of(leaves, leaf, 1) == CpuidLeaf{leaf, 1, true, 4, 10, 0x201, its_id});
    CHECK(leaf_of(leaves, leaf, 2) == CpuidLeaf{leaf, 2, true, 0, 0, 2, its_id});
  }
  CHECK_FALSE(has(leaves, 0x8000001d));
  CHECK_FALSE(has(leaves, 0x8000001e));
  CHECK(leaf_of(leaves, 0x80000008).ecx == 0);
}

TEST_CASE("an Intel vCPU shares its L3 with its package and keeps the host's cache geometry") {
  const Leaves leaves = of(intel_host());
  CHECK(leaf_of(leaves, 4, 0) == CpuidLeaf{4, 0, true, 0x1c004121, 0x01c0003f, 0x3f, 0});
  CHECK(leaf_of(leaves, 4, 2) == CpuidLeaf{4, 2, true, 0x1c004143, 0x03c0003f, 0x3ff, 0});
  CHECK(leaf_of(leaves, 4, 3) == CpuidLeaf{4, 3, true, 0x1c03c163, 0x0280003f, 0xdfff, 4});
  CHECK(leaf_of(leaves, 4, 4).eax == 0);
}

TEST_CASE("what an old Intel host lacks is added") {
  const Leaves leaves = of(old_intel_host());
  CHECK(leaf_of(leaves, 0).eax == 0x1f);
  CHECK(leaf_of(leaves, 0xb, 1) == CpuidLeaf{0xb, 1, true, 4, 10, 0x201, its_id});
  CHECK(leaf_of(leaves, 4, 3) == CpuidLeaf{4, 3, true, 0x1c03c163, 0x03c0003f, 0x3fff, 0});
  CHECK(leaf_of(leaves, 0x40000000) == kvm_signature());
  CHECK(has(leaves, 0x40000001));
}

TEST_CASE("an AMD vCPU knows its place") {
  const Leaves leaves = of(zen3_host());
  CHECK(leaf_of(leaves, 0).eax == 0x10);
  CHECK(leaf_of(leaves, 1).eax == 0x00a20f10);
  CHECK(leaf_of(leaves, 1).ebx == (its_id << 24 | 10 << 16 | 0x0800));
  CHECK(leaf_of(leaves, 0xb, 1) == CpuidLeaf{0xb, 1, true, 4, 10, 0x201, its_id});
  CHECK_FALSE(has(leaves, 0x1f));
  CHECK_FALSE(has(leaves, 4));
  CHECK_FALSE(has(leaves, 0x80000026));  // It would tell the host's.
  CHECK((leaf_of(leaves, 0x80000001).ecx & (1 << 22 | 1 << 1)) == (1 << 22 | 1 << 1));
  CHECK(leaf_of(leaves, 0x80000008).ecx == 0x4009);
  CHECK(leaf_of(leaves, 0x8000001e) == CpuidLeaf{0x8000001e, 0, false, its_id, 1 << 8 | 1, 2, 0});
}

TEST_CASE("an AMD vCPU's fourth cache is its L3") {
  const Leaves leaves = of(zen3_host());
  CHECK(leaf_of(leaves, 0x8000001d, 2) ==
        CpuidLeaf{0x8000001d, 2, true, 0x4143, 0x01c0003f, 0x3ff, 2});
  CHECK(leaf_of(leaves, 0x8000001d, 3) ==
        CpuidLeaf{0x8000001d, 3, true, 0x3c163, 0x03c0003f, 0x7fff, 1});
  CHECK(leaf_of(leaves, 0x8000001d, 4).eax == 0);
  CHECK(leaf_of(leaves, 0x80000006).edx == 0x01009140);
}

TEST_CASE("what an old AMD host lacks is added") {
  const Leaves leaves = of(old_amd_host());
  CHECK(leaf_of(leaves, 0).eax == 0xb);
  CHECK(leaf_of(leaves, 1).eax == 0x00060fb1);
  CHECK(leaf_of(leaves, 0x80000000).eax == 0x8000001e);
  CHECK((leaf_of(leaves, 0x80000001).ecx >> 22 & 1) == 1);
  CHECK(leaf_of(leaves, 0x8000001d, 3).eax == 0x3c163);
  // 16 MiB in units of 512 KiB, 16 ways, lines of 64 bytes.
  CHECK(leaf_of(leaves, 0x80000006).edx == (32 << 18 | 8 << 12 | 1 << 8 | 64));
}

TEST_CASE("a family whose rule for LLCs does not do is presented as one whose rule does") {
  CHECK(leaf_of(of(zen1_host()), 1).eax == 0x00830f10);
  CHECK(leaf_of(of(zen1_host()), 0x80000001).eax == 0x00830f10);
  const topology::Topology many =
      topology::expand(topology::Shape::parse("1n257l1c1t").value()).value();
  CHECK(leaf_of(cpuid_for(old_amd_host(), many, GuestCpu(0), {}), 1).eax == 0x00830f10);
  CHECK(leaf_of(cpuid_for(zen3_host(), many, GuestCpu(0), {}), 1).eax == 0x00a20f10);
}

TEST_CASE("options of CPUID") {
  constexpr std::uint32_t x2apic = 1U << 21, tsc_deadline = 1U << 24, hypervisor = 1U << 31;
  for (const Leaves& host : {old_intel_host(), zen3_host()}) {
    const std::uint32_t features = leaf_of(of(host), 1).ecx;
    CHECK((features & (x2apic | tsc_deadline | hypervisor)) ==
          (x2apic | tsc_deadline | hypervisor));
    CHECK((leaf_of(of(host, {.tsc_deadline = false}), 1).ecx & tsc_deadline) == 0);
    CHECK(leaf_of(of(host), 0x40000001).edx == 0);
    CHECK(leaf_of(of(host, {.realtime = true}), 0x40000001).edx == 1);
    CHECK((leaf_of(of(host), 0x40000001).eax >> 15 & 1) == 0);
    CHECK((leaf_of(of(host, {.wide_msi_destination = true}), 0x40000001).eax >> 15 & 1) == 1);
  }
  CHECK_FALSE(has(of(intel_host()), 0xa));
  CHECK(has(of(intel_host(), {.pmu = true}), 0xa));
  CHECK_FALSE(has(of(zen3_host()), 0x80000022));
  CHECK((leaf_of(of(zen3_host()), 0x80000001).ecx >> 23 & 1) == 0);
  CHECK((leaf_of(of(zen3_host(), {.pmu = true}), 0x80000001).ecx >> 23 & 1) == 1);
}

TEST_CASE("a vCPU that is alone has no siblings") {
  const topology::Topology one = topology::expand({1, 1, 1, 1}).value();
  for (const Leaves& host : {intel_host(), zen3_host()}) {
    const Leaves leaves = cpuid_for(host, one, GuestCpu(0), {});
    CHECK((leaf_of(leaves, 1).edx >> 28 & 1) == 0);
    CHECK(leaf_of(leaves, 0xb, 0) == CpuidLeaf{0xb, 0, true, 0, 1, 0x100, 0});
    CHECK(leaf_of(leaves, 0xb, 1) == CpuidLeaf{0xb, 1, true, 0, 1, 0x201, 0});
  }
  CHECK((leaf_of(cpuid_for(zen3_host(), one, GuestCpu(0), {}), 0x80000001).ecx >> 1 & 1) == 0);
}

TEST_CASE("leaves come sorted, each once") {
  const Leaves leaves = of(zen3_host());
  const auto key = [](const CpuidLeaf& each) { return std::pair(each.leaf, each.subleaf); };
  for (std::size_t i = 1; i < leaves.size(); ++i) CHECK(key(leaves[i - 1]) < key(leaves[i]));
}
