// SPDX-License-Identifier: GPL-2.0-only
#include "cli/accelerator.h"

#include <cstdlib>
#include <optional>

#include "host/kvm_probe.h"
#include "image/cache.h"
#include "vmm/kvm/probe.h"

namespace ktstr::cli {
namespace {

class HostKvm final : public host::KvmProbe {
 public:
  Status open() override {
    probe_ = TRY(vmm::kvm::Probe::open());
    return {};
  }
  Result<double> speed() override { return probe_->speed(); }
  Status breakpoint() override { return probe_->breakpoint(); }
  Status extended_state() override { return probe_->extended_state(); }
  Status timer() override { return probe_->timer(); }

 private:
  std::optional<vmm::kvm::Probe> probe_;
};

/// Where the answer is kept; empty when there is no place for it.
std::string memo() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const Result<std::string> home = runtime != nullptr && runtime[0] == '/'
                                       ? Result<std::string>(std::string(runtime) + "/ktstr")
                                       : image::cache_home();
  if (!home || !image::make_directories(*home)) return {};
  return *home + "/kvm-trial";
}

}  // namespace

ir::KvmFacts try_kvm(const ir::HostFacts& host) {
  HostKvm kvm;
  return host::examine_once(kvm, memo(), host.boot_id);
}

}  // namespace ktstr::cli
