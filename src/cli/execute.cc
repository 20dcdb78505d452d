// SPDX-License-Identifier: GPL-2.0-only
#include "cli/execute.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "claims/judge.h"
#include "claims/notes.h"
#include "claims/scheduler.h"
#include "cli/live.h"
#include "cli/rerun.h"
#include "cli/reserve.h"
#include "report/text.h"
#include "run/extract.h"
#include "run/sound.h"
#include "schema/print.h"
#include "vmm/config.h"

namespace ktstr::cli {
namespace {

constexpr std::size_t shown_log_lines = 12;

ir::CaseResult describe_case(const Execution& execution, const Prepared& prepared) {
  const ir::Case& planned = execution.planned.planned;
  ir::CaseResult out;
  out.id = planned.id;
  out.topology = to_text(planned.program.topology);
  out.kernel = prepared.kernel.name;
  out.accelerator = schema::word_of(prepared.monitor->facts().accelerator);
  out.seed = planned.program.seed;
  out.rerun =
      rerun_command(execution.planned.origin->source->name, planned.id, prepared.repeated_options);
  return out;
}

/// `file:line` of each claim: the scenario's, then those that come with its scheduler.
std::vector<std::string> claim_places(const Execution& execution) {
  const ir::Case& planned = execution.planned.planned;
  const ir::Scenario& scenario = execution.planned.origin->scenario;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < scenario.claims.size(); ++i)
    paths.push_back("claims[" + std::to_string(i) + "]");
  if (planned.program.scheduler)
    for (std::size_t i = 0; i < scenario.schedulers.size(); ++i)
      if (scenario.schedulers[i].name == planned.program.scheduler->use)
        for (std::size_t j = 0; j < scenario.schedulers[i].claims.size(); ++j)
          paths.push_back("schedulers[" + std::to_string(i) + "].claims[" + std::to_string(j) +
                          "]");
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    const Place place = execution.planned.origin->map.find(path);
    out.push_back(place.source ? place.source->name + ":" + std::to_string(place.span.line) : "");
  }
  return out;
}

/// Before Hello nothing was measured, so only what went wrong counts.
ir::Verdict verdict_of(const Execution& execution, vmm::Accelerator accelerator,
                       const run::Attempt& attempt) {
  const ir::Case& planned = execution.planned.planned;
  if (attempt.interrupted)
    return {.outcome = ir::Outcome::error,
            .findings = {{.outcome = ir::Outcome::error,
                          .kind = "interrupted",
                          .label = "the run was interrupted"}}};
  ir::Verdict out = attempt.greeted && attempt.measured
                        ? claims::judge(planned, attempt.telemetry,
                                        {.accelerator = accelerator == vmm::Accelerator::kvm
                                                            ? claims::Accelerator::kvm
                                                            : claims::Accelerator::tcg,
                                         .places = claim_places(execution),
                                         .events = attempt.trouble})
                        : claims::conclude(planned, attempt.trouble);
  std::ranges::stable_sort(out.findings, std::greater(), &ir::Finding::outcome);
  return out;
}

/// Writes what a person may want to look at; a full disk must not change the verdict.
void record(const std::string& directory, const run::Attempt& attempt,
            const ir::CaseResult& result) {
  const auto write = [&](const std::string& name, const std::string& text) {
    [[maybe_unused]] const Status written =
        write_file_atomically(directory + "/" + name, as_bytes(text));
  };
  write("console.txt", attempt.console);
  write("telemetry.json", schema::print_json(schema::cref_to(attempt.telemetry)) + "\n");
  if (!attempt.telemetry.scheduler_log.empty()) {
    std::string text;
    for (const ir::SchedulerLine& line : attempt.telemetry.scheduler_log) text += line.text + "\n";
    write("scheduler.txt", text);
  }
  for (const ir::PayloadRun& run : attempt.telemetry.payloads) {
    const std::string name = fmt::format("payload-{}-{}", run.run, run.payload);
    if (!run.out.empty()) write(name + ".out", run.out);
    if (!run.err.empty()) write(name + ".err", run.err);
  }
  write("result.json", schema::print_json(schema::cref_to(result), {.indent = 2}) + "\n");
}

std::vector<std::string> log_tail(const run::Attempt& attempt) {
  const std::vector<std::string>& log = attempt.telemetry.kernel_log;
  const std::size_t start = log.size() - std::min(log.size(), shown_log_lines);
  return {log.begin() + static_cast<std::ptrdiff_t>(start), log.end()};
}

/// Whether the kernel's last words say something about the failure.
bool log_matters(const ir::Verdict& verdict) {
  return std::ranges::any_of(verdict.findings, [](const ir::Finding& finding) {
    return finding.outcome >= ir::Outcome::error && finding.kind != "claim";
  });
}

ir::Program paced(ir::Program program, vmm::Accelerator accelerator) {
  for (ir::GuestScheduler& scheduler : program.schedulers)
    scheduler.attach_timeout = plan::attach_patience(scheduler.attach_timeout, accelerator);
  return program;
}

/// Puts an empty disk, which lives as long as the descriptor, where the machine is to have one. Its
/// path is good for the emulator too, which is another process.
Result<Fd> give_disk(const ir::Program& program, vmm::MachineConfig& machine) {
  if (!program.disk) return Fd();
  Fd image = TRY(create_memfd("ktstr-disk", program.disk->size));
  for (vmm::DeviceConfig& device : machine.devices)
    if (auto* disk = std::get_if<vmm::BlockDevice>(&device))
      disk->path = fmt::format("/proc/{}/fd/{}", ::getpid(), image.get());
  return image;
}

/// What could not be had, and what else changes no verdict but belongs to the numbers.
void add_notes(const plan::Launch& launch, const run::Attempt& attempt, ir::Verdict& verdict) {
  std::vector<std::string> notes = launch.notes;
  notes.insert(notes.end(), attempt.notes.begin(), attempt.notes.end());
  std::ranges::move(claims::notes(attempt.telemetry), std::back_inserter(notes));
  for (const std::string& note : notes)
    verdict.findings.push_back({.outcome = ir::Outcome::pass,
                                .kind = "note",
                                .label = note,
                                .place = {},
                                .value = {},
                                .evidence = {}});
}

}  // namespace

ir::CaseResult execute(const Execution& execution, const Prepared& prepared,
                       const plan::Options& options, const run::RunDirectory& directory,
                       const run::Interrupt& interrupt,
                       const std::function<void(const run::Progress&)>& progress) {
  const ir::Case& planned = execution.planned.planned;
  ir::CaseResult result = describe_case(execution, prepared);
  const auto unstarted = [&](ir::Outcome outcome, const char* kind, const std::string& reason) {
    result.verdict = {.outcome = outcome,
                      .findings = {{.outcome = outcome, .kind = kind, .label = reason}}};
    return result;
  };
  const auto skip = [&](const std::string& reason) {
    return unstarted(ir::Outcome::skip, "skip", reason);
  };
  const Nanos asked_at = monotonic_now();
  bool told = is_terminal();  // There, the live line tells.
  const auto waiting = [&](const std::string& who) {
    if (!std::exchange(told, true))
      fmt::print(stderr, "ktstr-run: {} waits for {}\n", to_text(planned.id), who);
    progress({"waiting for " + who, monotonic_now() - asked_at});
  };
  std::variant<Reserved, plan::Skip> reserved =
      reserve(planned, prepared, options, interrupt, waiting);
  if (const auto* skipped = std::get_if<plan::Skip>(&reserved)) return skip(skipped->reason);
  plan::Launch launch = std::move(std::get<Reserved>(reserved).launch);
  const auto initramfs = prepared.images->get(execution.planned.image);
  if (!initramfs)
    return unstarted(ir::Outcome::error, "machine",
                     "there is no initramfs for the machine: " + describe(initramfs.error()));
  launch.machine.initramfs = "/proc/self/fd/" + std::to_string((*initramfs)->file.get());
  const Result<Fd> disk = give_disk(planned.program, launch.machine);
  if (!disk) return skip(describe(disk.error()));
  if (const auto obstacle = prepared.monitor->obstacle(launch.machine)) return skip(*obstacle);

  const Confined here(launch.machine, prepared.host);
  const ir::Program program = paced(planned.program, prepared.monitor->facts().accelerator);
  run::Attempt attempt = run::run_soundly(*prepared.monitor, launch, program, interrupt, progress);
  run::run_extractors(planned.payloads, attempt.telemetry.payloads);
  result.boot = attempt.boot;
  result.wall = attempt.wall;
  result.clock = attempt.clock;
  result.spoiled = attempt.spoiled;
  result.statistics = std::move(attempt.statistics);
  result.verdict = verdict_of(execution, prepared.monitor->facts().accelerator, attempt);
  add_notes(launch, attempt, result.verdict);
  result.cgroups = claims::summaries(planned, attempt.telemetry);
  result.schedulers = claims::scheduler_runs(planned, attempt.telemetry);
  result.payloads = claims::payload_summaries(planned, attempt.telemetry);
  if (log_matters(result.verdict)) result.log_tail = log_tail(attempt);
  if (const Result<std::string> path = directory.case_directory(planned.id, execution.round)) {
    result.directory = directory.finally(*path);
    record(*path, attempt, result);
  }
  return result;
}

}  // namespace ktstr::cli
