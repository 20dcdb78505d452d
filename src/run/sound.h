// SPDX-License-Identifier: GPL-2.0-only
// Runs that an emulator's own flaw spoiled say nothing about a scheduler, so they are made again.
//
// QEMU's multi-threaded TCG can lose a race with the kernel's code patching: a vCPU executes the
// breakpoint of text_poke_bp (arch/x86/kernel/alternative.c) after the kernel has forgotten it, and
// the guest dies of `Oops: int3`. With 7.2 that was 9 of 50 boots, with 10.0.2 1 of 41. It can lose
// one with itself, too, and aborts by an assertion of its own (iotlb_to_section, while the guest
// moves PCI windows): with 10.0.2 1 of 160 boots.
#pragma once

#include "run/session.h"

namespace ktstr::run {

/// What the emulator did wrong, or nothing.
std::optional<std::string> emulator_flaw(const vmm::MonitorFacts& facts, const Attempt& attempt);

/// As run_session, up to three times while the emulator spoils the run. If it spoils the last one,
/// too, its trouble is an error, whatever it was.
Attempt run_soundly(vmm::Monitor& monitor, const plan::Launch& launch, const ir::Program& program,
                    const Interrupt& interrupt,
                    const std::function<void(const Progress&)>& progress);

}  // namespace ktstr::run
