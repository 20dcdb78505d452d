// SPDX-License-Identifier: GPL-2.0-only
#include "plan/kernel_needs.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "schema/walk.h"

namespace ktstr::plan {
namespace {

struct Need {
  std::string_view what;
  std::array<std::string_view, 2> options;  ///< Of the kernel, all of them; a module will do.
  std::string_view release;                 ///< The oldest; empty when any will do.
  bool (*asked_by)(const schema::ConstRef& value);
};

template <class T>
const T* as(const schema::ConstRef& value) {
  return value.type == &schema::type_of<T>() ? static_cast<const T*>(value.data) : nullptr;
}

template <class T>
bool is(const schema::ConstRef& value) {
  return as<T>(value) != nullptr;
}

bool weighs_io(const schema::ConstRef& value) {
  const auto* io = as<ir::IoLimits>(value);
  return io && io->weight;
}
bool limits_pids(const schema::ConstRef& value) {
  const auto* pids = as<ir::PidsLimits>(value);
  return pids && pids->max;
}
bool limits_swap(const schema::ConstRef& value) {
  if (const auto* set = as<ir::SetMemory>(value)) return set->limits.swap_max.has_value();
  const auto* memory = as<ir::MemoryLimits>(value);
  return memory && memory->swap_max;
}
bool uses_network(const schema::ConstRef& value) {
  const auto* work = as<ir::Work>(value);
  return work && ir::needs_network(*work);
}

/// What a value of a program may ask of the kernel; the first that fits it counts.
constexpr Need needs[] = {
    {"weighted interleaving", {"CONFIG_NUMA"}, "6.9", &is<ir::WeightedMemory>},
    {"a memory policy", {"CONFIG_NUMA"}, {}, &is<ir::MemPolicy>},
    {"cpuset_mems", {"CONFIG_NUMA"}, {}, &is<ir::NodesSpec>},
    {"io.weight", {"CONFIG_BLK_CGROUP_IOCOST"}, {}, &weighs_io},
    {"pids.max", {"CONFIG_CGROUP_PIDS"}, {}, &limits_pids},
    {"a limit of swap", {"CONFIG_SWAP"}, {}, &limits_swap},
    {"a disk", {"CONFIG_VIRTIO_BLK"}, {}, &is<ir::Disk>},
    {"work over the network", {"CONFIG_VETH", "CONFIG_PACKET"}, {}, &uses_network},
};

const Need* need_of(const schema::ConstRef& value) {
  const auto* found =
      std::ranges::find_if(needs, [&](const Need& need) { return need.asked_by(value); });
  return found == std::end(needs) ? nullptr : found;
}

}  // namespace

std::vector<std::string_view> options_in_need() {
  std::vector<std::string_view> out;
  for (const Need& need : needs)
    for (const std::string_view option : need.options)
      if (!option.empty() && std::ranges::find(out, option) == out.end()) out.push_back(option);
  return out;
}

std::optional<std::string> lacking(const ir::Program& program, const ir::KernelFacts& kernel) {
  std::optional<std::string> out;
  schema::walk(schema::cref_to(program), [&](schema::ConstRef value, const schema::Site&) {
    const Need* need = out ? nullptr : need_of(value);
    if (need == nullptr) return out ? schema::Descend::no : schema::Descend::yes;
    const std::string who = "it uses " + std::string(need->what) + ", which needs ";
    const bool dated = kernel.version != ir::KernelVersion{};
    if (dated && !need->release.empty() && ir::is_older(kernel.version, need->release))
      out = who + "kernel " + std::string(need->release) + " or newer";
    for (const std::string_view option : need->options)
      if (!out && !option.empty() && kernel.option(option) == ir::OptionState::no)
        out = who + std::string(option) + ", and kernel " + kernel.name + " lacks it";
    return schema::Descend::yes;
  });
  return out;
}

}  // namespace ktstr::plan
