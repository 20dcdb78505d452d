// SPDX-License-Identifier: GPL-2.0-only
// The command line of scx_mischief: arguments to what the BPF side obeys.
#pragma once

#include <vector>

#include "bpf/mischief.h"
#include "bpf/options.h"

namespace ktstr::bpf {

/// What --loop-in-dispatch makes the watchdog's limit, and the most that may be asked for beside
/// it: a loop of twice as long must end before the kernel reports a locked-up CPU.
constexpr unsigned loop_timeout_ms = 4000;
constexpr unsigned loop_timeout_most_ms = 8000;

struct MischiefRequest {
  ktstr_mischief control{};
  const char* refused = nullptr;  ///< The program that the verifier is to refuse.
  bool command = false;           ///< What runs is to obey `control`; nothing is loaded.
};

/// `cpus`: how many there are, for a percentage of them.
std::vector<Option> mischief_options(MischiefRequest& request, Settings& settings, unsigned cpus);

}  // namespace ktstr::bpf
