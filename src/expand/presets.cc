// SPDX-License-Identifier: GPL-2.0-only
#include "expand/presets.h"

#include "expand/constraints.h"

namespace ktstr::expand {
namespace {

constexpr Bytes usual = 2_GiB;
constexpr Bytes large = 4_GiB;

constexpr Preset table[] = {
    {"tiny-1llc", {1, 1, 4, 1}, usual},         {"tiny-2llc", {1, 2, 2, 1}, usual},
    {"odd-3llc", {1, 3, 3, 1}, usual},          {"odd-5llc", {1, 5, 3, 1}, usual},
    {"odd-7llc", {1, 7, 2, 1}, usual},          {"smt-2llc", {1, 2, 2, 2}, usual},
    {"smt-3llc", {1, 3, 2, 2}, usual},          {"medium-4llc", {1, 4, 4, 2}, usual},
    {"medium-8llc", {1, 8, 4, 2}, usual},       {"large-4llc", {1, 4, 16, 2}, usual},
    {"large-8llc", {1, 8, 8, 2}, usual},        {"near-max-llc", {1, 15, 8, 2}, usual},
    {"max-cpu", {1, 14, 9, 2}, large},          {"medium-4llc-nosmt", {1, 4, 8, 1}, usual},
    {"medium-8llc-nosmt", {1, 8, 8, 1}, usual}, {"large-4llc-nosmt", {1, 4, 32, 1}, usual},
    {"large-8llc-nosmt", {1, 8, 16, 1}, usual}, {"near-max-llc-nosmt", {1, 15, 16, 1}, usual},
    {"max-cpu-nosmt", {1, 14, 18, 1}, large},   {"numa2-4llc", {2, 4, 4, 1}, usual},
    {"numa2-8llc", {2, 8, 8, 2}, usual},        {"numa2-8llc-nosmt", {2, 8, 16, 1}, usual},
    {"numa4-8llc", {4, 8, 4, 1}, usual},        {"numa4-12llc", {4, 12, 8, 2}, large},
};

}  // namespace

std::span<const Preset> presets() {
  return table;
}

bool allows(const ir::TopologyConstraints& constraints, const topology::Shape& shape) {
  ir::TopologyConstraints decided = constraints;
  decided.max_nodes = constraints.max_nodes.value_or(1);
  decided.max_llcs = constraints.max_llcs.value_or(12);
  decided.max_cpus = constraints.max_cpus.value_or(192);
  return !unmet(decided, topology::expand(shape).value());
}

}  // namespace ktstr::expand
