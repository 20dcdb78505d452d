// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/cpuid.h"

#include <algorithm>
#include <array>

#include <cpuid.h>

#include "base/bytes.h"
#include "vmm/arch/x86_64/apic.h"
#include "vmm/arch/x86_64/cpuid_cache.h"
#include "vmm/arch/x86_64/cpuid_leaves.h"

namespace ktstr::vmm::x86_64 {
namespace {

constexpr std::uint32_t basic_leaf = 0;
constexpr std::uint32_t feature_leaf = 1;
constexpr std::uint32_t pmu_leaf = 0xa;
constexpr std::uint32_t topology_leaf = 0xb;
constexpr std::uint32_t intel_topology_leaf = 0x1f;
constexpr std::uint32_t kvm_signature_leaf = 0x40000000;
constexpr std::uint32_t kvm_feature_leaf = 0x40000001;
constexpr std::uint32_t extended_leaf = 0x80000000;
constexpr std::uint32_t amd_feature_leaf = 0x80000001;
constexpr std::uint32_t cache_summary_leaf = 0x80000006;
constexpr std::uint32_t size_leaf = 0x80000008;
constexpr std::uint32_t amd_topology_leaf = 0x8000001e;
constexpr std::uint32_t amd_pmu_leaf = 0x80000022;
constexpr std::uint32_t amd_wide_topology_leaf = 0x80000026;

constexpr std::uint32_t bit(unsigned number) {
  return 1U << number;
}
void set(std::uint32_t& word, std::uint32_t bits, bool on) {
  word = on ? word | bits : word & ~bits;
}

/// Where a vCPU is, as CPUID tells it.
struct Place {
  ApicWidths widths;
  std::uint32_t id;       ///< Its APIC id.
  std::uint32_t core;     ///< Within the package.
  std::uint32_t package;  ///< Which is its LLC.
  std::uint32_t threads_per_core;
  std::uint32_t threads_per_package;
  std::uint32_t packages;
};

Place place_of(const topology::Topology& topology, GuestCpu cpu) {
  return {apic_widths(topology),
          apic_id(topology, cpu),
          cpu.raw / topology.threads % topology.cores,
          topology.llc_of_cpu(cpu.raw),
          topology.threads,
          topology.cpus_per_llc(),
          topology.llc_count()};
}

/// AMD's, and Hygon's: the same leaves. (Linux takes a Hygon LLC to have 8 APIC ids whatever they
/// say.)
bool is_amd(const CpuidLeaves& leaves) {
  const CpuidLeaf* vendor = leaves.find(basic_leaf);
  constexpr std::uint32_t auth = 0x68747541, hygo = 0x6f677948;
  return vendor != nullptr && (vendor->ebx == auth || vendor->ebx == hygo);
}

void raise_to(CpuidLeaves& leaves, std::uint32_t range, std::uint32_t leaf) {
  std::uint32_t& highest = leaves.at(range).eax;
  highest = std::max(highest, leaf);
}

void put_features(CpuidLeaves& leaves, const Place& place, bool amd, const CpuidOptions& options) {
  constexpr std::uint32_t x2apic = bit(21), tsc_deadline = bit(24), hypervisor = bit(31);
  constexpr std::uint32_t several_threads = bit(28);
  CpuidLeaf& leaf = leaves.at(feature_leaf);
  // Intel counts the ids a package takes up, AMD its threads.
  const std::uint32_t count = amd ? place.threads_per_package : bit(place.widths.package_shift());
  leaf.ebx = (leaf.ebx & 0xffff) | std::min(count, 255U) << 16 | (place.id & 0xff) << 24;
  leaf.ecx |= x2apic | hypervisor;
  set(leaf.ecx, tsc_deadline, options.tsc_deadline);
  set(leaf.edx, several_threads, place.threads_per_package > 1);
}

/// Leaves 0xB and 0x1F.
void put_levels(CpuidLeaves& leaves, std::uint32_t leaf, const Place& place) {
  constexpr std::uint32_t thread_level = 1 << 8, core_level = 2 << 8;
  leaves.erase(leaf);
  leaves.put(
      {leaf, 0, true, place.widths.thread, place.threads_per_core, thread_level | 0, place.id});
  leaves.put({leaf, 1, true, place.widths.package_shift(), place.threads_per_package,
              core_level | 1, place.id});
  leaves.put({leaf, 2, true, 0, 0, 2, place.id});
}

/// Linux finds an LLC by the node id in 0x8000001E before family 17h, which has room for 256, by
/// APIC id bits 3 and up in its models below 20h (Zen and Zen+), and by 0x8000001D from Zen 2 on.
/// A processor whose rule cannot express the topology is presented as a Zen 2.
void set_family(CpuidLeaves& leaves, const Place& place) {
  constexpr std::uint32_t zen2 = 0x00830f10;  // Family 17h, model 31h.
  constexpr std::uint32_t most_nodes = 256;
  std::uint32_t& signature = leaves.at(feature_leaf).eax;
  const std::uint32_t base = signature >> 8 & 0xf;
  const std::uint32_t family = base + (base == 0xf ? signature >> 20 & 0xff : 0);
  const std::uint32_t model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);
  const bool by_id_bits = family == 0x17 && model < 0x20;
  if (by_id_bits || (family < 0x17 && place.packages > most_nodes)) signature = zen2;
  leaves.at(amd_feature_leaf).eax = signature;
}

void put_amd(CpuidLeaves& leaves, const Place& place) {
  constexpr std::uint32_t several_cores = bit(1), topology_extensions = bit(22);
  set_family(leaves, place);
  put_levels(leaves, topology_leaf, place);
  leaves.erase(intel_cache_leaf);
  leaves.erase(intel_topology_leaf);
  leaves.erase(amd_wide_topology_leaf);
  CpuidLeaf& features = leaves.at(amd_feature_leaf);
  features.ecx |= topology_extensions;
  set(features.ecx, several_cores, place.threads_per_package > 1);
  put_caches(leaves, amd_cache_leaf, place.widths);
  CpuidLeaf& summary = leaves.at(cache_summary_leaf);
  if (summary.edx == 0) summary.edx = amd_l3_summary(leaves);
  CpuidLeaf& sizes = leaves.at(size_leaf);
  sizes.ecx = (sizes.ecx & ~0xf0ffU) | std::min(place.threads_per_package - 1, 255U) |
              std::min(place.widths.package_shift(), 15U) << 12;
  leaves.put({.leaf = amd_topology_leaf,
              .eax = place.id,
              .ebx = (place.core & 0xff) | (place.threads_per_core - 1) << 8,
              .ecx = place.package & 0xff});
  raise_to(leaves, basic_leaf, topology_leaf);
  raise_to(leaves, extended_leaf, amd_topology_leaf);
}

void put_intel(CpuidLeaves& leaves, const Place& place) {
  put_levels(leaves, topology_leaf, place);
  put_levels(leaves, intel_topology_leaf, place);
  put_caches(leaves, intel_cache_leaf, place.widths);
  leaves.erase(amd_cache_leaf);
  leaves.erase(amd_topology_leaf);
  leaves.at(size_leaf).ecx = 0;  // AMD's core count.
  raise_to(leaves, basic_leaf, intel_topology_leaf);
  raise_to(leaves, extended_leaf, size_leaf);
}

void hide_pmu(CpuidLeaves& leaves) {
  constexpr std::uint32_t counters = bit(23) | bit(24) | bit(28);  // Core, northbridge, L3.
  leaves.erase(pmu_leaf);
  leaves.erase(amd_pmu_leaf);
  if (leaves.find(amd_feature_leaf) != nullptr) leaves.at(amd_feature_leaf).ecx &= ~counters;
}

void put_kvm(CpuidLeaves& leaves, const CpuidOptions& options) {
  constexpr std::uint32_t wide_msi_destination = bit(15), realtime = bit(0);
  leaves.put({.leaf = kvm_signature_leaf,  // "KVMKVMKVM".
              .eax = std::max(kvm_feature_leaf, leaves.at(kvm_signature_leaf).eax),
              .ebx = 0x4b4d564b,
              .ecx = 0x564b4d56,
              .edx = 0x4d});
  CpuidLeaf& features = leaves.at(kvm_feature_leaf);
  set(features.eax, wide_msi_destination, options.wide_msi_destination);
  set(features.edx, realtime, options.realtime);
}

}  // namespace

bool host_is_emulated() {
  std::array<std::uint32_t, 4> words{};
  __cpuid(kvm_signature_leaf, words[0], words[1], words[2], words[3]);
  return as_text(std::as_bytes(std::span(words).subspan(1))) == "TCGTCGTCGTCG";
}

std::vector<CpuidLeaf> cpuid_for(std::span<const CpuidLeaf> supported,
                                 const topology::Topology& topology, GuestCpu cpu,
                                 const CpuidOptions& options) {
  CpuidLeaves leaves(supported);
  const Place place = place_of(topology, cpu);
  const bool amd = is_amd(leaves);
  put_features(leaves, place, amd, options);
  if (amd)
    put_amd(leaves, place);
  else
    put_intel(leaves, place);
  if (!options.pmu) hide_pmu(leaves);
  put_kvm(leaves, options);
  return leaves.sorted();
}

}  // namespace ktstr::vmm::x86_64
