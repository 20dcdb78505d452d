// SPDX-License-Identifier: GPL-2.0-only
#include "run/sound.h"

#include <algorithm>

namespace ktstr::run {
namespace {

constexpr std::uint32_t most_attempts = 3;

bool has_int3(const Attempt& attempt) {
  const auto marked = [](std::string_view text) {
    return text.find("Oops: int3") != std::string_view::npos;
  };
  return marked(attempt.console) || std::ranges::any_of(attempt.telemetry.kernel_log, marked);
}

/// Its last words are the evidence of its death.
bool failed_an_assertion(const ir::Finding& finding) {
  return finding.kind == "machine" &&
         std::ranges::any_of(finding.evidence, [](const std::string& line) {
           return line.starts_with("qemu-") && line.find("Assertion `") != std::string::npos;
         });
}

bool lost_the_machine(const ir::Finding& finding) {
  return finding.kind == "machine" && finding.label.find("reset") != std::string::npos;
}

}  // namespace

std::optional<std::string> emulator_flaw(const vmm::MonitorFacts& facts, const Attempt& attempt) {
  if (!facts.emulated || attempt.trouble.empty()) return std::nullopt;
  if (std::ranges::any_of(attempt.trouble, failed_an_assertion))
    return facts.name + " fails an assertion of its own";
  if (has_int3(attempt))
    return facts.name + " loses its race with the kernel's code patching (int3)";
  // A KVM that an emulator carries loses what it runs in other ways, too.
  if (facts.accelerator == vmm::Accelerator::kvm && !attempt.greeted &&
      std::ranges::any_of(attempt.trouble, lost_the_machine))
    return "this host is emulated, and its KVM loses a machine that boots";
  return std::nullopt;
}

Attempt run_soundly(vmm::Monitor& monitor, const plan::Launch& launch, const ir::Program& program,
                    const Interrupt& interrupt,
                    const std::function<void(const Progress&)>& progress) {
  for (std::uint32_t spoiled = 0;;) {
    Attempt attempt = run_session(monitor, launch, program, interrupt, progress);
    const std::optional<std::string> flaw = emulator_flaw(monitor.facts(), attempt);
    const bool sound = !flaw || attempt.interrupted;
    if (!sound) ++spoiled;
    attempt.spoiled = spoiled;
    if (sound) return attempt;
    if (spoiled < most_attempts) continue;
    attempt.measured = false;
    for (ir::Finding& finding : attempt.trouble) finding.outcome = ir::Outcome::error;
    attempt.trouble.push_back(
        {.outcome = ir::Outcome::error,
         .kind = "emulator",
         .label = *flaw + ", " + std::to_string(spoiled) + " times in a row"});
    return attempt;
  }
}

}  // namespace ktstr::run
