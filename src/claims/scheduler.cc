// SPDX-License-Identifier: GPL-2.0-only
#include "claims/scheduler.h"

#include <algorithm>

#include "claims/exit_report.h"
#include "claims/scheduler_starts.h"
#include "claims/value.h"
#include "claims/verifier_log.h"

namespace ktstr::claims {
namespace {

using ir::SchedulerState;

constexpr std::size_t most_lines = 12;
constexpr std::size_t most_tasks = 4;

std::string show_time(Nanos time) {
  return show(static_cast<double>(time.count()), Dim{1, 0});
}

/// The words of a signal that people know by name.
std::string exit_text(const SchedulerState& state) {
  if (state.exit_signal == 0) return "exit status " + std::to_string(state.exit_code);
  return "signal " + std::to_string(state.exit_signal);
}

std::string step_name(const ir::Case& judged, std::uint32_t step) {
  return step < judged.program.steps.size() ? judged.program.steps[step].name : "";
}

/// Tells what was being done at a moment, which `told` gives or is soon after.
void place(const ir::Case& judged, const ir::Telemetry& telemetry, Nanos at,
           const SchedulerState& told, ir::SchedulerRun& run) {
  std::uint32_t step = told.step;
  for (const ir::Phase& phase : telemetry.phases)
    if (at < told.at && at >= phase.begin && at < phase.end) step = phase.index;
  const auto op = std::ranges::find_if(telemetry.ops, [&](const ir::OpDone& each) {
    return at >= each.at && at <= each.at + each.took;
  });
  if (op != telemetry.ops.end()) {
    step = op->step;
    run.op = op->name;
  }
  run.step = step_name(judged, step);
}

void explain_refusal(const SchedulerStart& start, ir::SchedulerRun& run) {
  run.message = start.refused->error;
  if (const std::optional<LoadRefusal> refusal = find_load_refusal(start.output)) {
    run.kind = "LOAD_REFUSED";
    run.reason = refusal->reason;
    if (!refusal->program.empty()) run.message = "the BPF program `" + refusal->program + "`";
    return;
  }
  run.kind = "NEVER_ATTACHED";
  run.reason = start.refused->error;
  run.message.clear();
  // It may have been in charge for less than init's eye needs, or failed in its own ops.init.
  if (const std::optional<ExitReport> said = exit_in_output(start.output)) {
    run.message = said->reason + (said->message.empty() ? "" : ": " + said->message);
    run.backtrace = said->backtrace;
  }
}

/// Gives when it was: init sees it up to a look later, the kernel says it when all tasks are back
/// under its own scheduler, so the earlier of both is the better.
Nanos explain_loss(const SchedulerStart& start, const ir::Telemetry& telemetry,
                   ir::SchedulerRun& run) {
  const std::optional<ExitReport> kernel =
      exit_in_kernel_log(telemetry.kernel_log, start.attached->ops, start.earlier);
  const std::optional<ExitReport> own = exit_in_output(start.output);
  std::optional<DumpReport> dump = find_dump(start.output);
  ExitReport exit = kernel ? *kernel : own ? *own : dump ? dump->exit : ExitReport{};
  if (exit.message.empty() && own) exit.message = own->message;
  if (exit.message.empty() && dump) exit.message = dump->exit.message;
  if (exit.backtrace.empty() && dump) exit.backtrace = dump->exit.backtrace;
  if (dump) run.dump = std::move(dump->dump);
  // To user space an end of the process and a wish to leave look the same to the kernel.
  const bool by_itself = exit.kind.empty() || exit.kind == "UNREG";
  if (by_itself && start.ended != nullptr) {
    exit.kind = "EXITED";
    exit.message = "its process ended with " + exit_text(*start.ended);
  }
  run.kind = exit.kind.empty() ? "ERROR" : exit.kind;
  run.reason = exit.reason.empty() ? "no reason was given" : exit.reason;
  run.message = exit.message;
  run.backtrace = std::move(exit.backtrace);
  const Nanos seen = start.left->at;
  return kernel && kernel->at > start.attached->at ? std::min(kernel->at, seen) : seen;
}

ir::SchedulerRun run_of(const SchedulerStart& start, const ir::Case& judged,
                        const ir::Telemetry& telemetry) {
  ir::SchedulerRun run;
  run.scheduler = start.started->scheduler;
  run.started = start.started->at;
  if (start.ended != nullptr) run.exit = exit_text(*start.ended);
  Nanos last = start.started->at;
  for (const ir::Sample& sample : telemetry.samples) last = std::max(last, sample.at);
  const SchedulerState* end = start.end();
  if (start.attached != nullptr) {
    run.ops = start.attached->ops;
    run.to_attach = start.attached->at - run.started;
    run.lived = (end != nullptr ? end->at : last) - start.attached->at;
    run.returns = static_cast<std::uint32_t>(start.absences.size());
    for (const SchedulerStart::Absence& absence : start.absences)
      run.away += absence.to - absence.from;
  }
  if (start.refused != nullptr) {
    explain_refusal(start, run);
    place(judged, telemetry, start.refused->at, *start.refused, run);
  } else if (start.lost != nullptr && start.left != nullptr && start.attached != nullptr) {
    const Nanos at = explain_loss(start, telemetry, run);
    run.lived = at - start.attached->at;
    place(judged, telemetry, at, *start.left, run);
  } else if (start.detached != nullptr && !start.detached->error.empty()) {
    run.kind = "NOT_DETACHED";
    run.reason = start.detached->error;
    place(judged, telemetry, start.detached->at, *start.detached, run);
  }
  return run;
}

std::string where(const ir::SchedulerRun& run) {
  std::string out = run.step.empty() ? "before the first step" : "in step `" + run.step + "`";
  if (!run.op.empty()) out += ", during " + run.op;
  return out;
}

/// What there is to tell of one that left and came back by itself.
std::string returns_text(const ir::SchedulerRun& run) {
  if (run.returns == 0) return {};
  return ", came back by itself " + std::to_string(run.returns) +
         (run.returns == 1 ? " time" : " times") + " after " + show_time(run.away) + " away";
}

std::string headline(const ir::SchedulerRun& run) {
  const std::string who = "the scheduler `" + run.scheduler + "` ";
  const std::string why =
      run.reason +
      (run.message.empty() || run.message == run.reason ? "" : " (" + run.message + ")");
  if (run.kind == "LOAD_REFUSED") return who + "was refused: " + why;
  if (run.kind == "NEVER_ATTACHED") return who + "never attached: " + why;
  if (run.kind == "NOT_DETACHED") return who + "did not go: " + why;
  if (run.kind == "EXITED") return who + "left by itself: " + run.message;
  return who + "was ejected: " + why;
}

void add_lines(const std::vector<std::string>& lines, const std::string& mark, std::size_t most,
               bool tail, std::vector<std::string>& out) {
  const std::size_t shown = std::min(lines.size(), most);
  const std::size_t from = tail ? lines.size() - shown : 0;
  if (from > 0) out.push_back(mark + "… " + std::to_string(from) + " lines before");
  for (std::size_t i = from; i < from + shown; ++i) out.push_back(mark + lines[i]);
  if (!tail && shown < lines.size())
    out.push_back(mark + "… " + std::to_string(lines.size() - shown) + " lines more");
}

/// The tasks of the dump that had waited for the longest.
void add_waiting(const ir::SchedulerDump& dump, std::vector<std::string>& out) {
  struct Waiting {
    const ir::DumpCpu* cpu;
    const ir::DumpTask* task;
  };
  std::vector<Waiting> waiting;
  for (const ir::DumpCpu& cpu : dump.cpus)
    for (const ir::DumpTask& task : cpu.tasks)
      if (!task.current) waiting.push_back({&cpu, &task});
  std::ranges::stable_sort(waiting, [](const Waiting& a, const Waiting& b) {
    return a.task->runnable_ms > b.task->runnable_ms;
  });
  if (waiting.size() > most_tasks) waiting.resize(most_tasks);
  for (const auto& [cpu, task] : waiting)
    out.push_back("waiting: " + task->comm + "[" + std::to_string(task->pid) + "] for " +
                  std::to_string(task->runnable_ms) + " ms on CPU " + std::to_string(cpu->cpu) +
                  ", dsq " + task->dsq + ", CPUs " + task->cpus +
                  "; running there: " + cpu->current);
}

std::vector<std::string> evidence(const ir::SchedulerRun& run, const SchedulerStart& start) {
  std::vector<std::string> out;
  add_lines(run.backtrace, "at ", most_lines, false, out);
  if (run.dump) add_waiting(*run.dump, out);
  if (run.exit) out.push_back("its process: " + *run.exit);
  if (run.kind == "LOAD_REFUSED") {
    if (const auto refusal = find_load_refusal(start.output)) {
      const auto report = std::ranges::find_if(
          refusal->log, [](const std::string& line) { return line.starts_with(verifier_report); });
      const bool reported = report != refusal->log.end();
      add_lines(reported ? std::vector(report, refusal->log.end()) : refusal->log,
                "verifier: ", 2 * most_lines, !reported, out);
    }
    return out;
  }
  // The dump is told above; what remains are its own words.
  std::vector<std::string> words;
  for (const std::string& line : start.output) {
    if (line.find("DEBUG DUMP") != std::string::npos ||
        line.find("-- BEGIN DUMP --") != std::string::npos)
      break;
    words.push_back(line);
  }
  add_lines(collapse_cycles(std::move(words)), "said: ", most_lines, true, out);
  return out;
}

/// Where a scheduler was waited for in vain, but the host kept the machine from running for so long
/// that it did not have its attach_timeout: the numbers. Nothing if it had that.
std::optional<std::string> hosts_part(const SchedulerStart& start, const ir::Case& judged,
                                      const Noise& noise) {
  const std::string& use = start.started->scheduler;
  const auto it = std::ranges::find(judged.program.schedulers, use.substr(0, use.find('+')),
                                    &ir::GuestScheduler::name);
  if (start.refused == nullptr || it == judged.program.schedulers.end()) return std::nullopt;
  const Nanos waited = start.refused->at - start.started->at;
  const Nanos taken = noise.widening(static_cast<double>(waited.count()));
  const auto had = static_cast<double>((waited - taken).count());
  const auto due = static_cast<double>(it->attach_timeout.count());
  if (waited < it->attach_timeout || had >= (1 - Noise::contended) * due) return std::nullopt;
  return "waited " + show_time(waited) + ", attach_timeout " + show_time(it->attach_timeout) +
         ", host delay H " + show_time(taken) + ": the host may have kept it from attaching";
}

}  // namespace

std::vector<ir::SchedulerRun> scheduler_runs(const ir::Case& judged,
                                             const ir::Telemetry& telemetry) {
  std::vector<ir::SchedulerRun> out;
  for (const SchedulerStart& start : starts_of(telemetry))
    out.push_back(run_of(start, judged, telemetry));
  return out;
}

void check_schedulers(const Facts& facts, const Noise& noise, Findings& findings) {
  const bool alive =
      over(ir::default_checks, facts.judged().checks).scheduler_alive == ir::Toggle::on;
  std::size_t bad = 0;
  std::string seen;
  for (const SchedulerStart& start : starts_of(facts.telemetry())) {
    const ir::SchedulerRun run = run_of(start, facts.judged(), facts.telemetry());
    if (run.kind.empty()) {
      if (run.lived)
        seen += (seen.empty() ? "`" : ", `") + run.scheduler + "` attached after " +
                show_time(run.to_attach) + " and was in charge for " +
                show_time(*run.lived - run.away) + returns_text(run);
      continue;
    }
    if (!alive && run.lived) continue;
    ++bad;
    findings.push_back({.outcome = ir::Outcome::fail,
                        .kind = run.kind,
                        .label = headline(run),
                        .place = {},
                        .value = (run.lived ? show_time(*run.lived) + " after it attached" +
                                                  returns_text(run) + ", "
                                            : "") +
                                 where(run),
                        .evidence = evidence(run, start)});
    if (run.kind != "NEVER_ATTACHED") continue;
    if (std::optional<std::string> excuse = hosts_part(start, facts.judged(), noise)) {
      findings.back().outcome = ir::Outcome::inconclusive;
      findings.back().evidence.push_back(*std::move(excuse));
    }
  }
  if (bad == 0 && alive && !seen.empty())
    findings.push_back({.outcome = ir::Outcome::pass,
                        .kind = "scheduler_alive",
                        .label = "schedulers stay until they are told to go",
                        .place = {},
                        .value = seen,
                        .evidence = {}});
}

}  // namespace ktstr::claims
