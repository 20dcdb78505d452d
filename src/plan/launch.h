// SPDX-License-Identifier: GPL-2.0-only
// Launch: everything about a case's machine that is decided before it boots. Pure: facts in,
// decision out.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "ir/case.h"
#include "ir/host_facts.h"
#include "ir/kernel_facts.h"
#include "ir/reservation.h"
#include "vmm/config.h"

namespace ktstr::plan {

struct Options {
  vmm::Accelerator accelerator = vmm::Accelerator::tcg;
  std::uint32_t max_vcpus = 0;       ///< 0: what the accelerator serves well on this host.
  bool overcommit = false;           ///< As many as are asked for.
  std::uint32_t jobs = 1;            ///< Machines at a time.
  std::uint32_t vsock_port = 0;      ///< Where the guest connects.
  std::string extra_command_line{};  ///< After ours.
  bool performance = false;          ///< Performance mode for every case.
  bool parallel = true;              ///< Whether each vCPU has a thread of its own.
  bool keeps_running = true;         ///< Whether idle and spinning vCPUs can keep their CPU.
  ir::Reservation held{};            ///< What others have reserved.
};

struct Launch {
  vmm::MachineConfig machine;      ///< Its initramfs and its disk's image have no path yet.
  Nanos boot_limit{0};             ///< From start to Hello.
  Nanos silence_limit{0};          ///< Without any message afterwards.
  Nanos run_limit{0};              ///< From Hello to Done, with the time to attach schedulers.
  ir::Reservation reservation;     ///< To be held as long as the machine exists.
  std::vector<std::string> notes;  ///< What the case could not have here.

  bool operator==(const Launch&) const = default;
};

struct Skip {
  std::string reason;
  bool operator==(const Skip&) const = default;
};

/// What the accelerator serves on this host unless told otherwise.
std::uint32_t vcpu_capacity(const ir::HostFacts& host, const Options& options);
/// How long a scheduler may take to be in charge. On an emulated machine the verifier takes many
/// times as long, on a busy host more so; that says nothing about the scheduler.
Nanos attach_patience(Nanos attach_timeout, vmm::Accelerator accelerator);
/// The kernel command line of the case's machine: ours, then what the scenario wants on it.
std::string command_line(const ir::Case& to_run, const Options& options);
/// The case's devices beside the serial console; its disk has no image yet.
std::vector<vmm::DeviceConfig> devices(const ir::Case& to_run, const Options& options);

std::variant<Launch, Skip> decide(const ir::Case& to_run, const ir::HostFacts& host,
                                  const ir::KernelFacts& kernel, const Options& options);

/// How long the case will take, for the estimate in the first line; nothing if it will be skipped.
Nanos estimate(const ir::Case& to_run, const ir::HostFacts& host, const ir::KernelFacts& kernel,
               const Options& options);

}  // namespace ktstr::plan
