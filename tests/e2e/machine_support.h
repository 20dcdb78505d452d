// SPDX-License-Identifier: GPL-2.0-only
// What the tests of the machine alone need: the cached stock kernel, an initramfs around
// machine_guest, and waiting.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "vmm/machine.h"

/// What $KTSTR_ACCEL asks for, else emulation: it works everywhere.
ktstr::vmm::Accelerator accelerator_of_machines();
ktstr::Result<std::unique_ptr<ktstr::vmm::Monitor>> open_asked_monitor();

/// Why machines cannot be booted here; empty when they can.
std::string missing_for_boots();

/// Writes the initramfs of machine_guest with the modules it loads to `path`; gives `path`.
std::string write_guest_initramfs(const std::string& path);

/// A configuration that boots machine_guest.
ktstr::vmm::MachineConfig guest_config(const ktstr::topology::Topology& topology,
                                       const std::string& initramfs);

/// Waits until `done`; false at the time limit or when the machine came to a final state first.
bool wait_for(ktstr::vmm::Machine& machine, ktstr::Nanos limit, const std::function<bool()>& done);

bool has_line(const ktstr::vmm::Machine& machine, std::string_view text);

/// What machine_guest prints for a topology that was asked for.
std::string expected_report(const ktstr::topology::Topology& topology);

/// What it printed, out of a console that the kernel prints to as well.
std::string report_of(const ktstr::vmm::Machine& machine);

/// Boots machine_guest until it has told its topology; fails the test when that takes too long.
/// What an emulator loses on the way is booted again, three times at most.
std::unique_ptr<ktstr::vmm::Machine> boot(ktstr::vmm::Monitor& monitor,
                                          const ktstr::vmm::MachineConfig& config,
                                          ktstr::Nanos limit = std::chrono::minutes(5));
