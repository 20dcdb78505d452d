// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/cpu_pool.h"

#include <cerrno>

#include <unistd.h>

#include "guest/affinity.h"

namespace ktstr::guest {
namespace {

topology::CpuSet all_cpus() {
  return topology::CpuSet::range(0, static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_CONF)));
}

}  // namespace

CpuPool::CpuPool(const topology::CpuSet& cpus, std::uint64_t seed)
    : cpus_(cpus.members()), random_(seed) {}

CpuPool CpuPool::of_all(std::uint64_t seed) {
  return {all_cpus(), seed};
}

bool CpuPool::bind(pid_t tid, std::uint32_t avoid) {
  constexpr std::uint32_t draws_until_anew = 256;
  if (draws_++ % draws_until_anew == 0) left_ = cpus_;
  while (!left_.empty()) {
    std::size_t choice = random_() % left_.size();
    if (left_[choice] == avoid) choice = (choice + 1) % left_.size();
    const Status bound = bind_thread(tid, {left_[choice]});
    if (bound) return true;
    if (bound.error().code != EINVAL) return false;
    left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(choice));
  }
  cpus_ = all_cpus().members();
  draws_ = 0;
  return false;
}

}  // namespace ktstr::guest
