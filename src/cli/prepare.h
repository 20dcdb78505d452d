// SPDX-License-Identifier: GPL-2.0-only
// What all machines of a run share, made ready before the first boots: the kernel, the monitor and
// where their images come from.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/images.h"
#include "host/locks.h"
#include "ir/host_facts.h"
#include "ir/kernel_facts.h"
#include "vmm/machine.h"

namespace ktstr::cli {

struct Prepared {
  ir::HostFacts host;
  ir::KernelFacts kernel;
  std::unique_ptr<Images> images;
  std::unique_ptr<vmm::Monitor> monitor;
  std::string reason;                ///< The accelerator and why it is this one.
  std::string warning;               ///< What speaks against it; empty when nothing does.
  std::optional<host::Locks> locks;  ///< Absent when there is no place for them.
  std::string no_locks;              ///< Why, then.
  bool skips_when_busy = false;      ///< Rather than wait for CPUs that others hold.
  std::string repeated_options;      ///< Of the command line, for running a case again.
};

/// The kernel of that name or path, or the default one.
Result<ir::KernelFacts> choose_kernel(const std::string& name);
/// What `--kernel` may say from anywhere to mean the kernel that `name` chose here.
std::string kernel_again(const std::string& name, const ir::KernelFacts& chosen);
/// `asked`: the accelerator; by default the one that works here. Fails when the machines it makes
/// could not run a case on the kernel.
Result<Prepared> prepare(ir::KernelFacts kernel, const GuestFiles& files,
                         std::optional<vmm::Accelerator> asked = std::nullopt);

}  // namespace ktstr::cli
