// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/qemu/monitor.h"

#include "vmm/qemu/arguments.h"
#include "vmm/qemu/machine.h"
#include "vmm/qemu/version.h"

namespace ktstr::vmm::qemu {
namespace {

class QemuMonitor final : public Monitor {
 public:
  QemuMonitor(std::string program, const Version& version) : program_(std::move(program)) {
    facts_.emulated = true;
    facts_.name = "QEMU " + to_text(version);
    facts_.parallel = version >= oldest_parallel;
    if (!facts_.parallel)
      facts_.note = "one thread for all vCPUs, as QEMU before " +
                    std::to_string(oldest_parallel.major) +
                    " breaks the kernel's code patching with more";
  }

  [[nodiscard]] const MonitorFacts& facts() const override { return facts_; }
  [[nodiscard]] std::optional<std::string> obstacle(const MachineConfig& config) const override {
    return qemu::obstacle(config);
  }
  Result<std::unique_ptr<Machine>> create(const MachineConfig& config) override {
    if (const std::optional<std::string> reason = obstacle(config))
      return fail("machine " + config.name + ": " + *reason);
    return create_machine(config, {program_, facts_.parallel, spawner_});
  }

 private:
  std::string program_;
  MonitorFacts facts_;
  Spawner spawner_;
};

}  // namespace

Result<std::unique_ptr<Monitor>> open_monitor(const std::string& program, const std::string& memo) {
  return std::make_unique<QemuMonitor>(program, TRY(version_of(program, memo)));
}

}  // namespace ktstr::vmm::qemu
