// SPDX-License-Identifier: GPL-2.0-only
// What a run needs of its kernel, judged before anything boots.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/modules.h"
#include "ir/kernel_facts.h"

namespace ktstr::kernel {

struct Need {
  std::string_view option;  ///< Without `CONFIG_`.
  std::string_view why;     ///< `the guest talks to the host over it`.
  bool module_will_do = false;
};

/// What every run in an emulated PC needs: to boot into our init, talk over virtio-vsock on PCI,
/// and run cgroups.
std::span<const Need> base_needs();

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
inline constexpr Driver virtio_mmio_driver{"VIRTIO_MMIO", "virtio_mmio"};
inline constexpr Driver virtio_block_driver{"VIRTIO_BLK", "virtio_blk"};
inline constexpr Driver virtio_console_driver{"VIRTIO_CONSOLE", "virtio_console"};
inline constexpr Driver virtio_rng_driver{"HW_RANDOM_VIRTIO", "virtio_rng"};
inline constexpr Driver veth_driver{"VETH", "veth"};
inline constexpr Driver packet_driver{"PACKET", "af_packet"};

/// The modules that the guest loads before it can talk to the host, and those of `drivers`, which
/// its machine's devices want; empty when all is built in, or when nothing is known of modules.
/// Fails when the kernel's modules lack one.
Result<image::ModulePlan> guest_modules(const ir::KernelFacts& facts,
                                        std::span<const Driver> drivers = {});

}  // namespace ktstr::kernel
