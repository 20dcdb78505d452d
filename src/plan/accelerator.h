// SPDX-License-Identifier: GPL-2.0-only
// Which accelerator a run uses, and why. Pure.
#pragma once

#include <optional>
#include <string>

#include "ir/kvm_facts.h"
#include "vmm/config.h"

namespace ktstr::plan {

/// Why KVM cannot run kernels here, as one phrase; nullopt when it can.
std::optional<std::string> kvm_obstacle(const ir::KvmFacts& kvm);
/// `1.4 million instructions a second`; empty when it was not measured.
std::string speed_text(const ir::KvmFacts& kvm);

struct AcceleratorChoice {
  vmm::Accelerator accelerator = vmm::Accelerator::tcg;
  std::string why;      ///< A phrase for the first line of a run.
  std::string warning;  ///< What speaks against it; empty when nothing does.

  bool operator==(const AcceleratorChoice&) const = default;
};

/// `asked`: --accel kvm or tcg; nullopt for auto. `kvm` is not looked at when tcg is asked for.
AcceleratorChoice choose_accelerator(std::optional<vmm::Accelerator> asked,
                                     const ir::KvmFacts& kvm);

}  // namespace ktstr::plan
