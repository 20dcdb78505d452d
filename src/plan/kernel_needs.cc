// SPDX-License-Identifier: GPL-2.0-only
#include "plan/kernel_needs.h"

#include <array>

#include "schema/walk.h"

namespace ktstr::plan {
namespace {

struct Need {
  std::string_view what;
  std::array<std::string_view, 2> options;  ///< Of the kernel, all of them; a module will do.
  std::string_view release{};               ///< The oldest; empty when any will do.
};

template <class T>
const T* as(const schema::ConstRef& value) {
  return value.type == &schema::type_of<T>() ? static_cast<const T*>(value.data) : nullptr;
}

/// What one value of a program asks of the kernel.
std::optional<Need> need_of(const schema::ConstRef& value) {
  constexpr Need swap{"a limit of swap", {"CONFIG_SWAP"}};
  if (as<ir::WeightedMemory>(value)) return Need{"weighted interleaving", {"CONFIG_NUMA"}, "6.9"};
  if (as<ir::MemPolicy>(value)) return Need{"a memory policy", {"CONFIG_NUMA"}};
  if (as<ir::NodesSpec>(value)) return Need{"cpuset_mems", {"CONFIG_NUMA"}};
  if (const auto* io = as<ir::IoLimits>(value); io && io->weight)
    return Need{"io.weight", {"CONFIG_BLK_CGROUP_IOCOST"}};
  if (const auto* pids = as<ir::PidsLimits>(value); pids && pids->max)
    return Need{"pids.max", {"CONFIG_CGROUP_PIDS"}};
  if (const auto* memory = as<ir::MemoryLimits>(value); memory && memory->swap_max) return swap;
  if (const auto* set = as<ir::SetMemory>(value); set && set->limits.swap_max) return swap;
  if (as<ir::Disk>(value)) return Need{"a disk", {"CONFIG_VIRTIO_BLK"}};
  if (const auto* work = as<ir::Work>(value); work && ir::needs_network(*work))
    return Need{"work over the network", {"CONFIG_VETH", "CONFIG_PACKET"}};
  return std::nullopt;
}

}  // namespace

std::optional<std::string> lacking(const ir::Program& program, const ir::KernelFacts& kernel) {
  std::optional<std::string> out;
  schema::walk(schema::cref_to(program), [&](schema::ConstRef value, const schema::Site&) {
    const std::optional<Need> need = out ? std::nullopt : need_of(value);
    if (!need) return out ? schema::Descend::no : schema::Descend::yes;
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
