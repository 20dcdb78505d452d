// SPDX-License-Identifier: GPL-2.0-only
// Trying out KVM. A /dev/kvm that opens is not one that works: some nested hypervisors only emulate
// kernel mode, slowly and incompletely. What is tried is a KvmProbe's business (the real one is in
// vmm/kvm/, tests have their own); here is how to survive it and what to remember.
#pragma once

#include <string>

#include "base/result.h"
#include "base/units.h"
#include "ir/kvm_facts.h"

namespace ktstr::host {

/// Called in the order of declaration, each once; none after `open` failed. ENOTSUP says that this
/// processor has no such thing.
class KvmProbe {
 public:
  KvmProbe() = default;
  KvmProbe(const KvmProbe&) = delete;
  KvmProbe& operator=(const KvmProbe&) = delete;
  virtual ~KvmProbe() = default;

  virtual Status open() = 0;
  /// Kernel-mode instructions a second, from as many as were executed.
  virtual Result<double> speed() = 0;
  virtual Status breakpoint() = 0;
  virtual Status extended_state() = 0;
  virtual Status timer() = 0;
};

inline constexpr Nanos probe_limit = 50ms;

/// Tries everything in a process of its own, so that neither a hang nor a crash is ours. Ends after
/// `limit`, not counting the time which that process waited for a CPU; the rest is then untried.
ir::KvmFacts examine(KvmProbe& probe, Nanos limit = probe_limit);

/// As `examine`, but only once per boot: the file `memo` keeps what was found. Nothing that may be
/// otherwise the next time is kept: that KVM did not open, or that time ran out.
ir::KvmFacts examine_once(KvmProbe& probe, const std::string& memo, const std::string& boot_id);

}  // namespace ktstr::host
