// SPDX-License-Identifier: GPL-2.0-only
// What a run needs of its kernel, judged before anything boots.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/modules.h"
#include "ir/kernel_facts.h"

namespace ktstr::kernel {

/// Where a machine's devices are: on PCI when QEMU emulates it, memory-mapped in our own monitor's.
enum class Bus { pci, mmio };

struct Need {
  std::string_view option;  ///< Without `CONFIG_`.
  std::string_view why;     ///< `the guest talks to the host over it`.
  bool module_will_do = false;
  std::optional<Bus> only_on{};  ///< Of machines with this bus; of all when absent.
};

/// What runs need whatever the machines: to boot into our init, find the devices, talk over
/// virtio-vsock, and run cgroups. A kernel that is built meets all of it.
std::span<const Need> base_needs();
/// Those of them that count where the devices are on `bus`.
std::vector<Need> base_needs(Bus bus);

/// Fails with every need that `facts` is known not to meet, and the line that mends it; gives the
/// options about which nothing is known. An option that is a module is met only where
/// `module_will_do` and the modules are at hand.
Result<std::vector<std::string>> check_needs(const ir::KernelFacts& facts,
                                             std::span<const Need> needs);

/// The driver of a device that not every machine has.
struct Driver {
  std::string_view option;  ///< Without `CONFIG_`.
  const char* module;
};
inline constexpr Driver virtio_block_driver{"VIRTIO_BLK", "virtio_blk"};
inline constexpr Driver virtio_console_driver{"VIRTIO_CONSOLE", "virtio_console"};
inline constexpr Driver virtio_rng_driver{"HW_RANDOM_VIRTIO", "virtio_rng"};
inline constexpr Driver veth_driver{"VETH", "veth"};
inline constexpr Driver packet_driver{"PACKET", "af_packet"};

/// The modules that the guest loads before it can talk to the host over a device on `bus`, and
/// those of `drivers`, which its machine's other devices want; empty when all is built in, or when
/// nothing is known of modules. Fails when the kernel's modules lack one.
Result<image::ModulePlan> guest_modules(const ir::KernelFacts& facts, Bus bus,
                                        std::span<const Driver> drivers = {});

}  // namespace ktstr::kernel
