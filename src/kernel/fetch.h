// SPDX-License-Identifier: GPL-2.0-only
// Brings a kernel that needs no build: the distribution's packages of another suite, fetched
// without touching the system's apt, unpacked into the kernel cache.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ir/kernel_facts.h"

namespace ktstr::kernel {

/// The first Debian kernel package built with sched_ext comes from these.
struct StockKernel {
  std::string suite = "trixie-backports";
  std::string package = "linux-image-cloud-amd64";
};

/// Told what begins now, in a few words. Called from the fetching thread.
using FetchProgress = std::function<void(std::string_view)>;

/// Fetches what `what` means today into `kernels` and makes it `stock`; a kernel that is there
/// already is only looked at. Waits for another process that fetches into the same place. Finished
/// downloads survive a failure and are used by the next call, which also removes whatever a killed
/// one left.
Result<ir::KernelFacts> fetch_kernel(const std::string& kernels, const StockKernel& what,
                                     const FetchProgress& progress);

}  // namespace ktstr::kernel
