// SPDX-License-Identifier: GPL-2.0-only
// Builds a lean kernel, everything that ktstr needs built in, and puts it into the cache.
//
// KERNELS/.built/KEY is a kernel, the key a hash of its source, configuration and toolchain;
// KERNELS/NAME is a link to it. KERNELS/.build is scratch space, removed at the end, or at the next
// build's start; KERNELS/.build.lock is held by the builder and every process it starts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ir/kernel_facts.h"

namespace ktstr::kernel {

struct BuildRequest {
  std::string tree;        ///< A kernel's source, or …
  std::string package;     ///< … a distribution's package of one; one of the two is empty.
  std::string name;        ///< In the cache; empty: `VERSION-ktstr`.
  std::string config;      ///< A file whose options go over ours; may be empty.
  std::uint32_t jobs = 0;  ///< 0: as many as there are CPUs for us.
  bool force = false;      ///< Build what is cached already, too.
};

/// What a build tells while it goes on, from the building thread.
class BuildWatcher {
 public:
  virtual ~BuildWatcher() = default;
  /// A part of the work begins.
  virtual void begins(std::string_view what) = 0;
  /// So many files have been made in this part, `path` last.
  virtual void makes(std::uint64_t files, std::string_view path) = 0;
  /// What is wrong, line by line; the error follows.
  virtual void complains(std::span<const std::string> lines) = 0;
};

struct Built {
  ir::KernelFacts facts;
  bool was_cached = false;
};

/// Builds what `request` asks for unless it is cached. Waits for another builder. Fails with EINTR
/// when the descriptor `stop` becomes readable, with nothing left behind but a log.
Result<Built> build_kernel(const std::string& kernels, const BuildRequest& request,
                           BuildWatcher& watcher, int stop = -1);

}  // namespace ktstr::kernel
