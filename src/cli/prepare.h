// SPDX-License-Identifier: GPL-2.0-only
// What all machines of a run share, made ready before the first boots: the kernel, the initramfs
// and the monitor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "image/initramfs.h"
#include "ir/host_facts.h"
#include "ir/kernel_facts.h"
#include "vmm/machine.h"

namespace ktstr::cli {

struct Prepared {
  ir::HostFacts host;
  ir::KernelFacts kernel;
  image::Initramfs initramfs;
  std::unique_ptr<vmm::Monitor> monitor;
  std::string reason;  ///< The accelerator and why it is this one.
};

/// What goes into the guest beside the kernel's modules.
struct GuestFiles {
  ByteView init;  ///< The program that becomes `/init`.
  std::vector<image::Entry> more{};
};

/// Its word in reports.
std::string_view accelerator_name(vmm::Accelerator accelerator);
/// The kernel of that name or path, or the default one; refused when a run could not work on it.
Result<ir::KernelFacts> choose_kernel(const std::string& name);
Result<Prepared> prepare(ir::KernelFacts kernel, GuestFiles files, vmm::Accelerator accelerator);

}  // namespace ktstr::cli
