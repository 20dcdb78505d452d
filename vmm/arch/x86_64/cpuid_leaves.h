// SPDX-License-Identifier: GPL-2.0-only
// CpuidLeaves: CPUID answers by leaf and subleaf, for cpuid.cc and cpuid_cache.cc.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "vmm/arch/x86_64/cpuid.h"

namespace ktstr::vmm::x86_64 {

class CpuidLeaves {
 public:
  explicit CpuidLeaves(std::span<const CpuidLeaf> leaves) {
    for (const CpuidLeaf& each : leaves) put(each);
  }

  /// Null when there is no such leaf.
  [[nodiscard]] const CpuidLeaf* find(std::uint32_t leaf, std::uint32_t subleaf = 0) const {
    const auto found = leaves_.find({leaf, subleaf});
    return found == leaves_.end() ? nullptr : &found->second;
  }
  /// The leaf, made of zeros if there was none.
  CpuidLeaf& at(std::uint32_t leaf) {
    return leaves_.try_emplace({leaf, 0}, CpuidLeaf{.leaf = leaf}).first->second;
  }
  void put(const CpuidLeaf& leaf) { leaves_[{leaf.leaf, leaf.subleaf}] = leaf; }
  /// With all its subleaves.
  void erase(std::uint32_t leaf) {
    std::erase_if(leaves_, [&](const auto& each) { return each.first.first == leaf; });
  }
  [[nodiscard]] std::vector<CpuidLeaf> sorted() const {
    std::vector<CpuidLeaf> out;
    for (const auto& [key, leaf] : leaves_) out.push_back(leaf);
    return out;
  }

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, CpuidLeaf> leaves_;
};

}  // namespace ktstr::vmm::x86_64
