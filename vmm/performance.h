// SPDX-License-Identifier: GPL-2.0-only
// Carries out what MachineConfig says of the host's CPUs and memory, for all monitors.
#pragma once

#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "vmm/config.h"

namespace ktstr::vmm {

/// Restricts a thread to CPUs.
Status pin_thread(pid_t thread, const topology::CpuSet& cpus);

/// Places the threads of vCPUs, by vCPU: each on its CPU and with its priority, or all on the CPUs
/// the machine may use. Several vCPUs on one thread share their CPUs. Does nothing when the
/// configuration asks for nothing.
Status place_vcpus(const MachineConfig& config, const std::vector<pid_t>& threads);
/// Places a thread of the machine that is no vCPU's; those it starts follow.
Status place_service(const MachineConfig& config, pid_t thread);
/// Places all threads of a process that runs this machine and nothing else.
Status place_process(const MachineConfig& config, pid_t process,
                     const std::vector<pid_t>& vcpu_threads);

/// Makes memory that was not touched yet come from these host nodes, for all who share it.
Status bind_memory(ByteSpan memory, const topology::CpuSet& nodes);
/// A memfd of 2 MiB pages; `size` is a multiple of that. Pages are taken from the pool when it is
/// mapped or, by `fill`, at once.
Result<Fd> create_huge_memfd(const std::string& name, Bytes size);
/// Allocates all of the file's memory. Fails when there is not enough.
Status fill(const Fd& memory, Bytes size);

}  // namespace ktstr::vmm
