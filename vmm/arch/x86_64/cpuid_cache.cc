// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/cpuid_cache.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace ktstr::vmm::x86_64 {
namespace {

struct Cache {
  std::uint32_t type;  // 1 data, 2 instructions, 3 both.
  std::uint32_t level;
  std::uint32_t ways, sets;  // Where the host does not say; lines of 64 bytes.
};

constexpr std::array<Cache, 4> caches{
    {{1, 1, 8, 64}, {2, 1, 8, 64}, {3, 2, 16, 1024}, {3, 3, 16, 16384}}};
constexpr std::uint32_t l3 = 3;  // Its place among them.

constexpr std::uint32_t line_size = 64;
constexpr std::uint32_t fully_associative = 1U << 9;
constexpr std::uint32_t self_initialising = 1U << 8;
constexpr std::uint32_t most_subleaves = 16;  // More than any processor has caches.

CpuidLeaf ordinary(const Cache& cache) {
  return {.ebx = (line_size - 1) | (cache.ways - 1) << 22, .ecx = cache.sets - 1};
}

CpuidLeaf geometry(const CpuidLeaves& leaves, std::uint32_t leaf, const Cache& cache) {
  for (std::uint32_t i = 0; i < most_subleaves; ++i) {
    const CpuidLeaf* found = leaves.find(leaf, i);
    if (found == nullptr || (found->eax & 0x1f) == 0) break;
    if ((found->eax & 0x1f) == cache.type && (found->eax >> 5 & 7) == cache.level) return *found;
  }
  return ordinary(cache);
}

/// One less than the number of ids of `bits` bits, as far as a field can say.
std::uint32_t ids(std::uint32_t bits, std::uint32_t field_bits) {
  return (1U << std::min(bits, field_bits)) - 1;
}

}  // namespace

void put_caches(CpuidLeaves& leaves, std::uint32_t leaf, const ApicWidths& widths) {
  std::array<CpuidLeaf, caches.size() + 1> out{};
  for (std::uint32_t i = 0; i < caches.size(); ++i) {
    const CpuidLeaf shape = geometry(leaves, leaf, caches[i]);
    const std::uint32_t shared_bits = i == l3 ? widths.package_shift() : widths.thread;
    out[i] = shape;
    out[i].eax = caches[i].type | caches[i].level << 5 | self_initialising |
                 (shape.eax & fully_associative) | ids(shared_bits, 12) << 14;
    if (leaf == intel_cache_leaf) out[i].eax |= ids(widths.core, 6) << 26;
  }
  leaves.erase(leaf);
  for (std::uint32_t i = 0; i < out.size();
       ++i) {  // The last, of zeros, says that there are no more.
    out[i].leaf = leaf;
    out[i].subleaf = i;
    out[i].indexed = true;
    leaves.put(out[i]);
  }
}

std::uint32_t amd_l3_summary(const CpuidLeaves& leaves) {
  const CpuidLeaf* cache = leaves.find(amd_cache_leaf, l3);
  CHECK(cache != nullptr);
  const std::uint64_t bytes = ((cache->ebx & 0xfff) + 1ULL) * ((cache->ebx >> 12 & 0x3ff) + 1) *
                              ((cache->ebx >> 22) + 1) * (cache->ecx + 1ULL);
  constexpr std::uint64_t unit = 512 << 10;
  constexpr std::uint32_t sixteen_ways = 8;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(bytes / unit, 1, 0x3fff)) << 18 |
         sixteen_ways << 12 | 1 << 8 | line_size;
}

}  // namespace ktstr::vmm::x86_64
