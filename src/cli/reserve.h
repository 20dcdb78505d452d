// SPDX-License-Identifier: GPL-2.0-only
// A case's part of the host: decided, and kept free of others while its machine exists.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "cli/prepare.h"
#include "host/locks.h"
#include "plan/launch.h"
#include "run/interrupt.h"

namespace ktstr::cli {

struct Reserved {
  plan::Launch launch;
  host::Holding holding;
};

/// Waits while others hold what the case needs, unless busy CPUs are a reason to skip it; `waiting`
/// is told for whom. Nobody is waited for once `interrupt` is raised.
std::variant<Reserved, plan::Skip> reserve(const ir::Case& planned, const Prepared& prepared,
                                           plan::Options options, const run::Interrupt& interrupt,
                                           const std::function<void(const std::string&)>& waiting);

/// Keeps the calling thread, and those it starts, on the machine's CPUs that are not its vCPUs'.
class Confined {
 public:
  Confined(const vmm::MachineConfig& machine, const ir::HostFacts& host);
  Confined(const Confined&) = delete;
  Confined& operator=(const Confined&) = delete;
  ~Confined();

 private:
  const topology::CpuSet before_;
};

}  // namespace ktstr::cli
