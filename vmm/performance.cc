// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/performance.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <map>

#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace ktstr::vmm {
namespace {

using topology::CpuSet;

constexpr std::size_t bits_per_word = 8 * sizeof(unsigned long);

/// As the kernel's interfaces for CPUs and nodes want it.
std::vector<unsigned long> bit_mask(const CpuSet& set) {
  std::vector<unsigned long> out(CpuSet::limit / bits_per_word);
  for (const std::uint32_t member : set.members())
    out[member / bits_per_word] |= 1UL << (member % bits_per_word);
  return out;
}

Status set_priority(pid_t thread, std::uint32_t priority) {
  const sched_param parameters{.sched_priority = static_cast<int>(priority)};
  if (::sched_setscheduler(thread, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) != 0)
    return fail_errno("make thread " + std::to_string(thread) + " a real-time task",
                      "allow it by `ulimit -r 1` or CAP_SYS_NICE");
  return {};
}

/// The CPUs of each thread of vCPUs.
std::map<pid_t, CpuSet> vcpu_places(const MachineConfig& config,
                                    const std::vector<pid_t>& threads) {
  std::map<pid_t, CpuSet> out;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    CpuSet& cpus = out[threads[i]];
    if (!config.performance)
      cpus = config.cpus;
    else if (i < config.performance->vcpu_cpus.size())
      cpus.add(config.performance->vcpu_cpus[i]);
  }
  return out;
}

std::vector<pid_t> threads_of(pid_t process) {
  std::vector<pid_t> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(process) + "/task", error),
       end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    pid_t thread = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), thread).ec == std::errc())
      out.push_back(thread);
  }
  return out;
}

}  // namespace

Status pin_thread(pid_t thread, const CpuSet& cpus) {
  const std::vector<unsigned long> mask = bit_mask(cpus);
  if (::syscall(SYS_sched_setaffinity, thread, mask.size() * sizeof mask[0], mask.data()) != 0)
    return fail_errno("pin thread " + std::to_string(thread) + " to CPUs " + to_text(cpus));
  return {};
}

Status place_vcpus(const MachineConfig& config, const std::vector<pid_t>& threads) {
  for (const auto& [thread, cpus] : vcpu_places(config, threads)) {
    if (cpus.empty()) continue;
    TRY(pin_thread(thread, cpus));
    if (config.performance && config.performance->priority > 0)
      TRY(set_priority(thread, config.performance->priority));
  }
  return {};
}

Status place_service(const MachineConfig& config, pid_t thread) {
  const CpuSet& cpus = config.performance ? config.performance->service_cpus : config.cpus;
  return cpus.empty() ? Status() : pin_thread(thread, cpus);
}

Status place_process(const MachineConfig& config, pid_t process,
                     const std::vector<pid_t>& vcpu_threads) {
  for (const pid_t thread : threads_of(process)) {
    if (std::ranges::find(vcpu_threads, thread) != vcpu_threads.end()) continue;
    // One that has ended meanwhile needs no place.
    if (const Status placed = place_service(config, thread);
        !placed && placed.error().code != ESRCH)
      return placed;
  }
  return place_vcpus(config, vcpu_threads);
}

Status bind_memory(ByteSpan memory, const CpuSet& nodes) {
  const std::vector<unsigned long> mask = bit_mask(nodes);
  // The kernel takes the number of bits to be one more than it is.
  constexpr unsigned long bits = 1024 + 1;
  if (::syscall(SYS_mbind, memory.data(), memory.size(), MPOL_BIND, mask.data(), bits, 0) != 0 &&
      errno != ENOSYS)  // A kernel without NUMA has one node.
    return fail_errno("bind memory to the nodes " + to_text(nodes));
  return {};
}

Result<Fd> create_huge_memfd(const std::string& name, Bytes size) {
  Fd fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB));
  if (!fd) return fail_errno("memfd_create " + name + " of huge pages");
  if (::ftruncate(fd.get(), static_cast<off_t>(size.count)) != 0)
    return fail_errno("size memfd " + name + " of huge pages");
  return fd;
}

Status fill(const Fd& memory, Bytes size) {
  if (::fallocate(memory.get(), 0, 0, static_cast<off_t>(size.count)) != 0)
    return fail_errno("allocate " + std::to_string(size.count >> 20) + " MiB of memory");
  return {};
}

}  // namespace ktstr::vmm
