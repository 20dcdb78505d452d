// SPDX-License-Identifier: GPL-2.0-only
#include "guest/mem_policy.h"

#include <string>
#include <vector>

#include <linux/mempolicy.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "base/overload.h"

namespace ktstr::guest {
namespace {

// Of include/uapi/linux/mempolicy.h, newer than some headers.
constexpr int preferred_many = 5, weighted_interleave = 6;

int mode_of(const ir::MemPolicy& policy) {
  return std::visit(Overload{
                        [](const ir::LocalMemory&) -> int { return MPOL_LOCAL; },
                        [](const ir::BindMemory&) -> int { return MPOL_BIND; },
                        [](const ir::PreferredMemory& it) {
                          return it.nodes.count() > 1 ? preferred_many
                                                      : static_cast<int>(MPOL_PREFERRED);
                        },
                        [](const ir::InterleavedMemory&) -> int { return MPOL_INTERLEAVE; },
                        [](const ir::WeightedMemory&) { return weighted_interleave; },
                    },
                    policy);
}

int bit_of(ir::NodeFlag flag) {
  switch (flag) {
    case ir::NodeFlag::static_nodes:
      return 1 << 15;
    case ir::NodeFlag::relative_nodes:
      return 1 << 14;
    case ir::NodeFlag::balancing:
      return 1 << 13;
  }
  return 0;
}

struct Nodes {
  std::vector<unsigned long> mask{};
  unsigned long bits = 0;
  int flags = 0;
};

Nodes nodes_of(const topology::CpuSet& nodes, const std::vector<ir::NodeFlag>& flags) {
  constexpr std::size_t word = 8 * sizeof(unsigned long);
  Nodes out;
  for (const std::uint32_t node : nodes.members()) {
    out.mask.resize(node / word + 1);
    out.mask[node / word] |= 1UL << (node % word);
    out.bits = node + 2;  // The kernel takes one bit less than it is told.
  }
  for (const ir::NodeFlag flag : flags) out.flags |= bit_of(flag);
  return out;
}

}  // namespace

Status apply_mem_policy(const ir::MemPolicy& policy) {
  const Nodes nodes =
      std::visit(Overload{[](const ir::LocalMemory&) { return Nodes{}; },
                          [](const auto& it) { return nodes_of(it.nodes, it.flags); }},
                 policy);
  if (::syscall(SYS_set_mempolicy, mode_of(policy) | nodes.flags, nodes.mask.data(), nodes.bits) ==
      0)
    return {};
  const auto name =
      std::visit([]<class Type>(const Type&) { return std::string(Type::schema.name); }, policy);
  return fail_errno("set the memory policy " + name);
}

}  // namespace ktstr::guest
