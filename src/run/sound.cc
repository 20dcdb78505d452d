// SPDX-License-Identifier: GPL-2.0-only
#include "run/sound.h"

#include <algorithm>

namespace ktstr::run {
namespace {

constexpr std::string_view mark = "Oops: int3";
constexpr std::uint32_t most_attempts = 3;

}  // namespace

bool spoiled_by_emulator(const vmm::MonitorFacts& facts, const Attempt& attempt) {
  if (facts.accelerator != vmm::Accelerator::tcg || attempt.trouble.empty()) return false;
  const auto marked = [](std::string_view text) {
    return text.find(mark) != std::string_view::npos;
  };
  return marked(attempt.console) || std::ranges::any_of(attempt.telemetry.kernel_log, marked);
}

Attempt run_soundly(vmm::Monitor& monitor, const plan::Launch& launch, const ir::Program& program,
                    const Interrupt& interrupt,
                    const std::function<void(const Progress&)>& progress) {
  for (std::uint32_t spoiled = 0;;) {
    Attempt attempt = run_session(monitor, launch, program, interrupt, progress);
    const bool again =
        spoiled_by_emulator(monitor.facts(), attempt) && !attempt.interrupted && ++spoiled > 0;
    attempt.spoiled = spoiled;
    if (!again) return attempt;
    if (spoiled < most_attempts) continue;
    attempt.measured = false;
    for (ir::Finding& finding : attempt.trouble) finding.outcome = ir::Outcome::error;
    attempt.trouble.push_back({.outcome = ir::Outcome::error,
                               .kind = "emulator",
                               .label = monitor.facts().name +
                                        " loses its race with the kernel's code patching (int3), " +
                                        std::to_string(spoiled) + " times in a row"});
    return attempt;
  }
}

}  // namespace ktstr::run
