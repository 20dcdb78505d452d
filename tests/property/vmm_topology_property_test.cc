// SPDX-License-Identifier: GPL-2.0-only
// For random topologies: what a kernel makes of CPUID, MADT and SRAT is the topology. Each is
// decoded here by the rules of Linux (arch/x86/kernel/cpu/topology_*.c and cacheinfo.c, 6.12 and
// later) and by nothing of ours.
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "support/acpi_tables.h"
#include "support/cpuid_hosts.h"

using namespace ktstr;
using namespace ktstr::testing;
using topology::CpuSet;
using topology::Topology;

namespace {

constexpr std::uint32_t most_cpus = 1024;

class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed) {}
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(bits_() % limit); }
  /// From 1 to `limit`, small ones more often.
  std::uint32_t small(std::uint32_t limit) { return 1 + below(1 + below(limit)); }

 private:
  std::mt19937_64 bits_;
};

/// Any of any size; now and then a large one.
Topology any_topology(Random& random) {
  Topology out;
  const bool large = random.below(20) == 0;
  out.threads = random.below(2) == 0 ? 1 : random.small(4);
  out.cores = random.small(large ? 40 : 8);
  out.nodes.clear();
  const std::uint32_t nodes = random.small(large ? 64 : 6);
  const std::uint32_t most = large ? most_cpus : 64;
  for (std::uint32_t i = 0; i < nodes; ++i) {
    topology::Node node{.llcs = i > 0 && random.below(4) == 0 ? 0 : random.small(large ? 12 : 4)};
    if (random.below(8) == 0) node.latency = Nanos(1 + random.below(1000));
    if (random.below(3) == 0) node.memory = 128_MiB * random.small(40);
    out.nodes.push_back(node);
    if (i > 0 && out.cpu_count() > most) out.nodes.back().llcs = 0;
  }
  while (out.cpu_count() > most && out.cores > 1) out.cores /= 2;
  if (random.below(3) == 0) {
    out.distances.assign(nodes, std::vector<std::uint32_t>(nodes, 10));
    for (std::uint32_t i = 0; i < nodes; ++i)
      for (std::uint32_t j = 0; j < i; ++j)
        out.distances[i][j] = out.distances[j][i] = 11 + random.below(244);
  }
  return with_memory(out, std::nullopt);
}

/// What a kernel knows of one CPU.
struct Seen {
  std::uint32_t apic_id = 0, core = 0, llc = 0, package = 0;
};

std::uint32_t order(std::uint32_t count) {
  return static_cast<std::uint32_t>(std::bit_width(count - 1));
}
std::uint32_t sharing_order(const CpuidLeaf& cache) {
  return order((cache.eax >> 14 & 0xfff) + 1);
}

/// Core and package by an extended topology leaf.
void read_levels(const Leaves& leaves, std::uint32_t leaf, Seen& seen) {
  const CpuidLeaf threads = leaf_of(leaves, leaf, 0);
  const CpuidLeaf cores = leaf_of(leaves, leaf, 1);
  REQUIRE((threads.ecx >> 8 & 0xff) == 1);
  REQUIRE((cores.ecx >> 8 & 0xff) == 2);
  REQUIRE((leaf_of(leaves, leaf, 2).ecx >> 8 & 0xff) == 0);
  REQUIRE(threads.edx == cores.edx);
  seen.apic_id = threads.edx;
  seen.core = seen.apic_id >> threads.eax;
  seen.package = seen.apic_id >> cores.eax;
}

Seen seen_on_intel(const Leaves& leaves) {
  Seen out;
  REQUIRE(leaf_of(leaves, 0).eax >= 0x1f);
  read_levels(leaves, 0xb, out);
  const Seen by_0xb = out;
  read_levels(leaves, 0x1f, out);
  REQUIRE(out.core == by_0xb.core);
  REQUIRE(out.package == by_0xb.package);
  REQUIRE((leaf_of(leaves, 4, 3).eax & 0xff) == 0x63);  // Unified, level 3.
  out.llc = out.apic_id >> sharing_order(leaf_of(leaves, 4, 3));
  REQUIRE(out.apic_id >> sharing_order(leaf_of(leaves, 4, 2)) == out.core);
  return out;
}

Seen seen_on_amd(const Leaves& leaves) {
  Seen out;
  REQUIRE((leaf_of(leaves, 0x80000001).ecx >> 22 & 1) == 1);  // Topology extensions.
  REQUIRE(leaf_of(leaves, 0x80000000).eax >= 0x8000001e);
  REQUIRE(leaf_of(leaves, 0x80000006).edx != 0);
  read_levels(leaves, 0xb, out);
  const CpuidLeaf place = leaf_of(leaves, 0x8000001e);
  REQUIRE(place.eax == out.apic_id);
  const CpuidLeaf sizes = leaf_of(leaves, 0x80000008);  // Which kernels use without leaf 0xB.
  REQUIRE(out.apic_id >> (sizes.ecx >> 12 & 0xf) == (out.package));
  REQUIRE(out.apic_id >> order((place.ebx >> 8 & 0xff) + 1) == out.core);
  const std::uint32_t signature = leaf_of(leaves, 1).eax;
  const std::uint32_t family =
      (signature >> 8 & 0xf) + ((signature >> 8 & 0xf) == 0xf ? signature >> 20 & 0xff : 0);
  const std::uint32_t model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);
  REQUIRE((leaf_of(leaves, 0x8000001d, 3).eax & 0xff) == 0x63);
  if (family < 0x17)
    out.llc = place.ecx & 0xff;
  else if (family == 0x17 && model < 0x20)
    out.llc = out.apic_id >> 3;
  else
    out.llc = out.apic_id >> sharing_order(leaf_of(leaves, 0x8000001d, 3));
  return out;
}

/// The CPUs whose `key` is the same as `cpu`'s.
CpuSet alike(const std::vector<Seen>& all, std::size_t cpu, std::uint32_t Seen::*key) {
  CpuSet out;
  for (std::uint32_t i = 0; i < all.size(); ++i)
    if (all[i].*key == all[cpu].*key) out.add(i);
  return out;
}

void check_cpuid(const Topology& topology, const Leaves& host, Seen (*read)(const Leaves&),
                 const std::vector<MadtCpu>& madt) {
  std::vector<Seen> all;
  for (std::uint32_t cpu = 0; cpu < topology.cpu_count(); ++cpu) {
    const Leaves leaves = vmm::x86_64::cpuid_for(host, topology, GuestCpu(cpu), {});
    all.push_back(read(leaves));
    REQUIRE(all.back().apic_id == madt[cpu].id);
    REQUIRE(leaf_of(leaves, 1).ebx >> 24 == (madt[cpu].id & 0xff));
  }
  // Siblings are contiguous, so the first CPU of each group stands for all of it; that no other
  // group has its key follows from the sets being equal.
  for (std::uint32_t core = 0; core < topology.core_count(); ++core)
    REQUIRE(alike(all, core * topology.threads, &Seen::core) == topology.cpus_of_core(core));
  for (std::uint32_t llc = 0; llc < topology.llc_count(); ++llc) {
    const std::uint32_t cpu = llc * topology.cpus_per_llc();
    REQUIRE(alike(all, cpu, &Seen::llc) == topology.cpus_of_llc(llc));
    REQUIRE(alike(all, cpu, &Seen::package) == topology.cpus_of_llc(llc));
  }
}

void check_nodes(const Topology& topology, const AcpiTables& tables,
                 const std::vector<MadtCpu>& madt) {
  const Srat srat = read_srat(tables.at("SRAT"));
  for (std::uint32_t cpu = 0; cpu < madt.size(); ++cpu)
    REQUIRE(srat.node_of_apic.at(madt[cpu].id) == topology.node_of_cpu(cpu));
  std::vector<SratMemory> memory;
  for (const vmm::RamRegion& region : vmm::ram_layout(topology))
    memory.push_back({region.node, region.range.start.raw, region.range.size.count});
  REQUIRE(srat.memory == memory);
  const ByteView slit = tables.at("SLIT");
  const std::size_t nodes = topology.nodes.size();
  REQUIRE(load_le<std::uint64_t>(slit, 36) == nodes);
  for (std::uint32_t i = 0; i < nodes; ++i)
    for (std::uint32_t j = 0; j < nodes; ++j)
      REQUIRE(load_le<std::uint8_t>(slit, 44 + i * nodes + j) == topology.distance(i, j));
}

/// The PPTT: packages are the nodes without a parent, threads know that they are, and the leaves'
/// UIDs are the CPUs.
void check_hierarchy(const Topology& topology, ByteView pptt) {
  constexpr std::uint32_t is_package = 1, has_uid = 2, is_thread = 4, is_leaf = 8;
  std::map<std::uint32_t, std::uint32_t> package_of;  // By offset; a package's is itself.
  std::map<std::uint32_t, CpuSet> packages, cores;    // By offset.
  std::uint32_t offset = 36;
  each_entry(pptt, offset, [&](unsigned type, ByteView entry) {
    REQUIRE(type == 0);
    const auto flags = load_le<std::uint32_t>(entry, 4);
    const auto parent = load_le<std::uint32_t>(entry, 8);
    REQUIRE(((flags & is_package) != 0) == (parent == 0));
    package_of[offset] = parent == 0 ? offset : package_of.at(parent);
    if ((flags & is_leaf) != 0) {
      REQUIRE((flags & has_uid) != 0);
      const auto uid = load_le<std::uint32_t>(entry, 12);
      packages[package_of[offset]].add(uid);
      cores[(flags & is_thread) != 0 ? parent : offset].add(uid);
    }
    offset += static_cast<std::uint32_t>(entry.size());
  });
  REQUIRE(packages.size() == topology.llc_count());
  for (std::uint32_t llc = 0; const auto& [at, cpus] : packages)
    REQUIRE(cpus == topology.cpus_of_llc(llc++));
  REQUIRE(cores.size() == topology.core_count());
  for (std::uint32_t core = 0; const auto& [at, cpus] : cores)
    REQUIRE(cpus == topology.cpus_of_core(core++));
}

}  // namespace

TEST_CASE("CPUID, MADT, SRAT, SLIT and PPTT agree with each other and with the topology") {
  const std::vector<std::pair<Leaves, Seen (*)(const Leaves&)>> hosts{
      {intel_host(), seen_on_intel}, {old_intel_host(), seen_on_intel}, {zen3_host(), seen_on_amd},
      {zen1_host(), seen_on_amd},    {old_amd_host(), seen_on_amd},
  };
  std::uint32_t most = 0;
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    const Topology topology = any_topology(random);
    INFO("seed " << seed << ": " << to_text(topology));
    REQUIRE(topology::flaw(topology) == std::nullopt);
    most = std::max(most, topology.cpu_count());
    const vmm::acpi::AcpiImage image = vmm::acpi::build_acpi({.topology = topology,
                                                              .ram = vmm::ram_layout(topology),
                                                              .virtio = {},
                                                              .com1 = {},
                                                              .pvpanic = {},
                                                              .reset = {}},
                                                             GuestPhys(0xe0000));
    const AcpiTables tables = read_tables(image);
    const std::vector<MadtCpu> madt = madt_cpus(tables.at("APIC"));
    REQUIRE(madt.size() == topology.cpu_count());
    for (std::uint32_t cpu = 0; cpu < madt.size(); ++cpu) {
      REQUIRE(madt[cpu].uid == cpu);
      REQUIRE(madt[cpu].x2apic == (madt[cpu].id >= 255));
    }
    check_nodes(topology, tables, madt);
    check_hierarchy(topology, tables.at("PPTT"));
    for (const auto& [host, read] : hosts) check_cpuid(topology, host, read, madt);
  }
  CHECK(most > 300);
}
