// SPDX-License-Identifier: GPL-2.0-only
// Made-up answers of KVM_GET_SUPPORTED_CPUID, for the kinds of hosts that differ: how high their
// leaves go, whether they describe their caches, and which family of AMD they are.
#pragma once

#include <vector>

#include "vmm/arch/x86_64/cpuid.h"

namespace ktstr::testing {

using vmm::x86_64::CpuidLeaf;
using Leaves = std::vector<CpuidLeaf>;

inline CpuidLeaf kvm_signature() {
  return {0x40000000, 0, false, 0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d};
}

/// Of the Skylake kind: leaves up to 0x16, its own topology in 4 and 0xB, an L3 of 11 ways.
inline Leaves intel_host() {
  return {{0, 0, false, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69},
          {1, 0, false, 0x00050654, 0x07100800, 0x7ffefbff, 0xbfebfbff},
          {4, 0, true, 0x7c004121, 0x01c0003f, 0x3f, 0},
          {4, 1, true, 0x7c004122, 0x01c0003f, 0x3f, 0},
          {4, 2, true, 0x7c004143, 0x03c0003f, 0x3ff, 0},
          {4, 3, true, 0x7c0fc163, 0x0280003f, 0xdfff, 4},
          {0xa, 0, false, 0x07300404, 0, 0, 0x603},
          {0xb, 0, true, 1, 2, 0x100, 7},
          {0xb, 1, true, 6, 40, 0x201, 7},
          kvm_signature(),
          {0x40000001, 0, false, 0x01007afb, 0, 0, 0},
          {0x80000000, 0, false, 0x80000008, 0, 0, 0},
          {0x80000008, 0, false, 0x3027, 0, 0x7007, 0}};
}

/// Older than leaf 0xB, and its KVM than the signature leaves.
inline Leaves old_intel_host() {
  return {{0, 0, false, 0xa, 0x756e6547, 0x6c65746e, 0x49656e69},
          {1, 0, false, 0x00010676, 0x00040800, 0x0008e3fd, 0xbfebfbff},
          {0x80000000, 0, false, 0x80000008, 0, 0, 0},
          {0x80000008, 0, false, 0x3026, 0, 0, 0}};
}

/// `signature` is EAX of leaf 1.
inline Leaves amd_host(std::uint32_t signature) {
  return {{0, 0, false, 0x10, 0x68747541, 0x444d4163, 0x69746e65},
          {1, 0, false, signature, 0x07100800, 0xfef83203, 0x178bfbff},
          {0x80000000, 0, false, 0x80000026, 0x68747541, 0x444d4163, 0x69746e65},
          {0x80000001, 0, false, signature, 0x40000000, 0x75c237ff, 0x2fd3fbff},
          {0x80000006, 0, false, 0, 0, 0x02006140, 0x01009140},
          {0x80000008, 0, false, 0x3030, 0x111ef657, 0x407f, 0},
          {0x8000001d, 0, true, 0x4121, 0x01c0003f, 0x3f, 0},
          {0x8000001d, 1, true, 0x4122, 0x01c0003f, 0x3f, 0},
          {0x8000001d, 2, true, 0x4143, 0x01c0003f, 0x3ff, 2},
          {0x8000001d, 3, true, 0x3c163, 0x03c0003f, 0x7fff, 1},
          {0x80000022, 0, false, 1, 6, 0, 0},
          {0x80000026, 0, true, 1, 2, 0x100, 7},
          kvm_signature(),
          {0x40000001, 0, false, 0x01007afb, 0, 0, 0}};
}
inline Leaves zen3_host() {
  return amd_host(0x00a20f10);
}
inline Leaves zen1_host() {
  return amd_host(0x00800f12);
}

/// As QEMU emulates one, before family 10h: no topology extensions, no description of caches.
inline Leaves old_amd_host() {
  return {{0, 0, false, 0x7, 0x68747541, 0x444d4163, 0x69746e65},
          {1, 0, false, 0x00060fb1, 0x00010800, 0x00802001, 0x078bfbfd},
          {0x80000000, 0, false, 0x8000000a, 0x68747541, 0x444d4163, 0x69746e65},
          {0x80000001, 0, false, 0x00060fb1, 0, 0x00000005, 0x2193fbfd},
          {0x80000008, 0, false, 0x3028, 0, 0, 0}};
}

/// The leaf; all zeros, as a processor answers, when there is none.
inline CpuidLeaf leaf_of(const Leaves& leaves, std::uint32_t leaf, std::uint32_t subleaf = 0) {
  for (const CpuidLeaf& each : leaves)
    if (each.leaf == leaf && (each.subleaf == subleaf || !each.indexed)) return each;
  return {.leaf = leaf, .subleaf = subleaf};
}

}  // namespace ktstr::testing
