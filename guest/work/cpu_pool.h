// SPDX-License-Identifier: GPL-2.0-only
// CpuPool: CPUs to bind threads to, one at a time and drawn at random. What the cpuset in force
// allows of them is found out by trying, and again now and then, because it may change.
#pragma once

#include <random>
#include <vector>

#include <sys/types.h>

#include "topology/cpuset.h"

namespace ktstr::guest {

class CpuPool {
 public:
  CpuPool(const topology::CpuSet& cpus, std::uint64_t seed);
  /// Every CPU that the machine may have.
  static CpuPool of_all(std::uint64_t seed);

  /// Binds the thread to one, another than `avoid` where there is a choice. False when that cannot
  /// be now: the thread is gone, or none of the CPUs is allowed, in which case the next call tries
  /// all of the machine.
  bool bind(pid_t tid, std::uint32_t avoid);

 private:
  std::vector<std::uint32_t> cpus_;
  std::vector<std::uint32_t> left_;  ///< Those not refused since they were last tried anew.
  std::uint32_t draws_ = 0;
  std::mt19937_64 random_;
};

}  // namespace ktstr::guest
