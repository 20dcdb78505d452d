// SPDX-License-Identifier: GPL-2.0-only
// The life of a fixture scheduler's process: options, load, attach, serve statistics, and say how
// it ended. It says `NAME: attached` on standard output once the kernel runs it. The kernel asking
// for a restart (an exit code) loads it again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/fixture.h"
#include "bpf/object.h"
#include "bpf/options.h"

namespace ktstr::bpf {

enum ExitStatus {
  exit_fine = 0,     ///< Detached on SIGINT, SIGTERM or by its own --exit-after.
  exit_refused = 1,  ///< The kernel did not load or attach it, or this machine is not for it.
  exit_ejected = 2,  ///< The kernel ended it.
  exit_usage = 4,
};

struct Fixture {
  const char* name = nullptr;
  Settings settings{};
  std::vector<Option> options{};  ///< Its own, before the common ones.
  /// Writes constants and variables between open and load. Empty, or what stands in the way.
  std::function<std::string(Object&, const Settings&)> prepare{};
  std::function<void(Object&)> attached{};  ///< Called once the kernel runs it.
  /// Done in place of loading anything where the options ask for it; the exit status then.
  std::function<std::optional<int>()> instead{};
};

/// The lines printed when a scheduler has ended: one line with the exit kind's name and number, the
/// kernel's reason and message; then its debug dump, if any, between BEGIN and END lines.
std::string describe_exit(std::string_view name, const ktstr_exit& exit);

/// What main returns. The object is the one embedded in this binary (embed.S).
int run(Fixture& fixture, int argc, char** argv);

}  // namespace ktstr::bpf
