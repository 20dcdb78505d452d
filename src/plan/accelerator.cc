// SPDX-License-Identifier: GPL-2.0-only
#include "plan/accelerator.h"

#include <array>
#include <cstdio>

namespace ktstr::plan {
namespace {

constexpr double million = 1e6;

bool too_slow(const ir::KvmFacts& kvm) {
  return kvm.instructions_per_second > 0 && kvm.instructions_per_second < ir::least_kvm_speed;
}

std::string because(const ir::KvmTrial& trial) {
  return trial.detail.empty() ? "" : " (" + trial.detail + ")";
}

}  // namespace

std::string speed_text(const ir::KvmFacts& kvm) {
  if (kvm.instructions_per_second <= 0) return {};
  const double millions = kvm.instructions_per_second / million;
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(),
      millions < 10 ? "%.1f million instructions a second" : "%.0f million instructions a second",
      millions);
  return text.data();
}

std::optional<std::string> kvm_obstacle(const ir::KvmFacts& kvm) {
  struct Part {
    const ir::KvmTrial& trial;
    const char* what;
  };
  const std::array parts{Part{kvm.opens, "a machine cannot be made"},
                         Part{kvm.speed, "kernel-mode code does not run"},
                         Part{kvm.breakpoint, "int3 in kernel mode does not work"},
                         Part{kvm.extended_state, "extended state cannot be restored"},
                         Part{kvm.timer, "timer interrupts do not arrive"}};
  if (!kvm.opens.fine()) return parts[0].what + because(kvm.opens);
  if (too_slow(kvm)) return "kernel mode is only emulated, " + speed_text(kvm);
  for (const Part& part : parts)
    if (!part.trial.fine()) return part.what + because(part.trial);
  return std::nullopt;
}

AcceleratorChoice choose_accelerator(std::optional<vmm::Accelerator> asked,
                                     const ir::KvmFacts& kvm) {
  if (asked == vmm::Accelerator::tcg) return {vmm::Accelerator::tcg, "as asked", {}};
  const std::optional<std::string> obstacle = kvm_obstacle(kvm);
  if (asked == vmm::Accelerator::kvm)
    return {vmm::Accelerator::kvm, "as asked",
            obstacle ? "KVM is of no use here: " + *obstacle : std::string()};
  if (obstacle) return {vmm::Accelerator::tcg, "no use of KVM here: " + *obstacle, {}};
  return {vmm::Accelerator::kvm, "tried: " + speed_text(kvm) + " in kernel mode", {}};
}

}  // namespace ktstr::plan
