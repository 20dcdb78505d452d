// SPDX-License-Identifier: GPL-2.0-only
// Machines of our monitor on this host's KVM for the kernels of tiny_kernel.h. Tests that make one
// are skipped without /dev/kvm.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <memory>

#include <poll.h>
#include <unistd.h>

#include "../support/temporary_directory.h"
#include "../support/tiny_kernel.h"
#include "base/clock.h"
#include "vmm/kvm/monitor.h"

namespace ktstr::tiny {

inline constexpr Nanos limit = 60s;
inline constexpr std::uint64_t scratch = 0x180000;  // Memory the guests write their findings to.

/// A monitor and the machine it runs, if any.
struct Rig {
  TemporaryDirectory directory;
  std::unique_ptr<vmm::Monitor> monitor;
  std::unique_ptr<vmm::Machine> machine;

  Rig() {
    Result<std::unique_ptr<vmm::Monitor>> opened = vmm::kvm::open_monitor();
    if (!opened) SKIP(describe(opened.error()));
    monitor = *std::move(opened);
  }

  vmm::MachineConfig config(const Code& code, bool pvh = false) const {
    vmm::MachineConfig out;
    out.accelerator = vmm::Accelerator::kvm;
    out.topology.nodes = {{.llcs = 1, .memory = 64_MiB}};
    out.topology.cores = 1;
    out.kernel.path = write_elf(directory / "kernel", code, pvh);
    return out;
  }
  vmm::Machine& start(const vmm::MachineConfig& config) {
    Result<std::unique_ptr<vmm::Machine>> created = monitor->create(config);
    if (!created) FAIL(describe(created.error()));
    machine = *std::move(created);
    const Status started = machine->start();
    if (!started) FAIL(describe(started.error()));
    return *machine;
  }
  /// Runs the machine until it is in a final state.
  vmm::State run(const vmm::MachineConfig& config) {
    start(config);
    const Deadline deadline(limit);
    while (!machine->state().final() && !deadline.passed()) {
      pollfd ready{machine->events().get(), POLLIN, 0};
      ::poll(&ready, 1, 100);
      machine->clear_events();
    }
    return machine->state();
  }
  vmm::State run(const Code& code, bool pvh = false) { return run(config(code, pvh)); }
  /// A number of the machine's statistics; 0 when it is not among them.
  [[nodiscard]] std::uint64_t statistic(std::string_view name) const {
    for (const vmm::Statistic& item : machine->statistics())
      if (item.name == name) return item.value;
    return 0;
  }
  /// Whether KVM itself had to execute what the guest did, having no processor that would.
  [[nodiscard]] bool emulates() const { return statistic("kvm.insn_emulation") > 0; }
  template <class T>
  T memory(std::uint64_t address) const {
    T out{};
    REQUIRE(machine->memory().read(GuestPhys(address), std::as_writable_bytes(std::span(&out, 1))));
    return out;
  }
  /// Waits until the guest has stored something at `address`.
  std::uint64_t await(std::uint64_t address) const {
    const Deadline deadline(limit);
    while (memory<std::uint64_t>(address) == 0 && !deadline.passed()) ::usleep(1000);
    return memory<std::uint64_t>(address);
  }
};

}  // namespace ktstr::tiny
