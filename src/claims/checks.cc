// SPDX-License-Identifier: GPL-2.0-only
#include "claims/checks.h"

#include <algorithm>

#include "base/overload.h"
#include "claims/derived.h"
#include "claims/scheduler.h"
#include "claims/value.h"

namespace ktstr::claims {
namespace {

using ir::Outcome;

constexpr std::size_t most_evidence = 8;

std::string show_time(Nanos time) {
  return show(static_cast<double>(time.count()), Dim{1, 0});
}

std::string who(const Facts::Worker& worker) {
  return worker.report->info.cgroup + " worker " + std::to_string(worker.report->info.id) + " (" +
         worker.report->info.work + ")";
}

/// Gathers what one check finds; the worst decides, the rest is evidence.
class Tally {
 public:
  Tally(std::string kind, std::string label)
      : finding_{.kind = std::move(kind), .label = std::move(label)} {}

  void judged() { ++judged_; }
  void found(Outcome outcome, std::string what) {
    ++found_;
    if (outcome > finding_.outcome || finding_.value.empty()) finding_.value = what;
    finding_.outcome = std::max(finding_.outcome, outcome);
    if (finding_.evidence.size() < most_evidence) finding_.evidence.push_back(std::move(what));
  }
  /// `nothing` says why there was nothing to judge.
  ir::Finding finish(std::string_view what, std::string_view nothing) && {
    if (found_ == 0 && judged_ == 0) {
      finding_.outcome = Outcome::inconclusive;
      finding_.value = nothing;
    } else if (found_ == 0) {
      finding_.value = std::to_string(judged_) + " " + std::string(what);
    } else if (found_ > finding_.evidence.size()) {
      finding_.evidence.push_back("… " + std::to_string(found_) + " in all");
    }
    return std::move(finding_);
  }

 private:
  ir::Finding finding_;
  std::size_t judged_ = 0;
  std::size_t found_ = 0;
};

/// The longest time that an iteration of this worker is to take, by what the program says of those
/// of its cgroup that do the same type of work.
Nanos longest_round(const ir::Program& program, const ir::WorkerInfo& worker) {
  Nanos longest{0};
  const auto group = [&](const std::string& cgroup, const ir::WorkGroup& one) {
    if (cgroup != worker.cgroup || !one.work || name_of(*one.work) != worker.work) return;
    longest = std::max(longest, round_time_of(*one.work));
  };
  const auto cgroups = [&](const std::vector<ir::Cgroup>& all) {
    for (const ir::Cgroup& cgroup : all) {
      group(cgroup.name, cgroup.group);
      for (const ir::WorkGroup& one : cgroup.groups) group(cgroup.name, one);
    }
  };
  const auto ops = [&](const std::vector<ir::Op>& all) {
    for (const ir::Op& op : all)
      std::visit(Overload{[&](const ir::DefineCgroup& define) { cgroups({define.cgroup}); },
                          [&](const ir::Spawn& spawn) { group(spawn.cgroup, spawn.group); },
                          [](const auto&) {}},
                 op);
  };
  cgroups(program.backdrop.cgroups);
  ops(program.backdrop.ops);
  for (const ir::Step& step : program.steps) {
    cgroups(step.cgroups);
    ops(step.ops);
  }
  return longest;
}

/// Progress in a slice; nullopt where it was not measured.
std::optional<bool> progressed(const ir::Slice& slice) {
  const auto iterations = value_in(slice, ir::metric("iterations"));
  const auto units = value_in(slice, ir::metric("work_units"));
  if (!iterations && !units) return std::nullopt;
  return iterations.value_or(0) > 0 || units.value_or(0) > 0;
}

}  // namespace

void check_starvation(const Facts& facts, const Noise& noise, Findings& findings) {
  if (facts.workers().empty()) return;
  const auto widening = noise.widening(0);
  Tally tally("starvation", "every worker makes progress in every step");
  std::map<std::pair<std::string, std::string>, Nanos> rounds;
  for (const Facts::Worker& worker : facts.workers()) {
    const ir::WorkerInfo& info = worker.report->info;
    const auto [round, is_new] = rounds.try_emplace({info.cgroup, info.work});
    if (is_new) round->second = longest_round(facts.judged().program, info);
    const Nanos minimum = starvation_minimum + 2 * round->second;
    for (const Facts::Phase& phase : facts.phases()) {
      const auto slice = worker.slices.find(phase.index);
      if (slice == worker.slices.end() || slice->second->lived < minimum) continue;
      const std::optional<bool> progress = progressed(*slice->second);
      const std::string where = who(worker) + " in step `" + phase.name + "`";
      tally.judged();
      if (!progress) {
        tally.found(Outcome::inconclusive, where + ": its progress was not measured");
      } else if (!*progress) {
        const bool sure = slice->second->lived >= minimum + widening;
        tally.found(sure ? Outcome::fail : Outcome::inconclusive,
                    where + " did nothing in " + show_time(slice->second->lived) +
                        (sure ? "" : ", of which the host may have taken " + show_time(widening)));
      }
    }
  }
  findings.push_back(std::move(tally).finish(
      "workers in their steps made progress",
      "no worker was to run for " + show_time(starvation_minimum) + " in a step"));
}

void check_isolation(const Facts& facts, Findings& findings) {
  if (facts.workers().empty()) return;
  Tally tally("isolation", "workers run only where their cpuset allows");
  for (const Facts::Worker& worker : facts.workers()) {
    for (const Facts::Phase& phase : facts.phases()) {
      if (!worker.slices.contains(phase.index)) continue;
      const std::string where = who(worker) + " in step `" + phase.name + "`";
      tally.judged();
      const auto stray = stray_cpus(facts, worker, phase);
      if (!stray)
        tally.found(Outcome::inconclusive, where + ": the cpuset in force is not known");
      else if (!stray->empty())
        tally.found(Outcome::fail, where + " ran on {" + to_text(*stray) + "}");
    }
  }
  findings.push_back(
      std::move(tally).finish("workers in their steps stayed", "no worker lived through a step"));
}

void check_gap(const Facts& facts, const Noise& noise, Nanos limit, Findings& findings) {
  if (facts.workers().empty()) return;
  Tally tally("gap", "no worker's max_gap exceeds " + show_time(limit));
  const ir::MetricId gap = ir::metric("max_gap");
  for (const Facts::Worker& worker : facts.workers()) {
    for (const Facts::Phase& phase : facts.phases()) {
      const auto slice = worker.slices.find(phase.index);
      if (slice == worker.slices.end()) continue;
      const auto value = value_in(*slice->second, gap);
      const std::string where = who(worker) + " in step `" + phase.name + "`: ";
      tally.judged();
      if (!value) {
        tally.found(Outcome::inconclusive, where + "its gaps were not measured");
      } else if (*value > limit.count()) {
        const Softened softened = soften(noise, gap->metric_class,
                                         {.value = static_cast<double>(*value),
                                          .limit = static_cast<double>(limit.count()),
                                          .side = Violation::Side::above,
                                          .is_time = true});
        tally.found(softened.outcome, where + softened.reason);
      }
    }
  }
  findings.push_back(std::move(tally).finish("workers in their steps kept within it",
                                             "no worker lived through a step"));
}

void check_spread(const Facts& facts, Share limit, Findings& findings) {
  if (facts.workers().empty()) return;
  const auto percent = [](double share) { return show(share, {}, true); };
  Tally tally("spread", "no cgroup's spread exceeds " + percent(limit.fraction));
  for (const std::string& cgroup : facts.cgroups()) {
    const Datum spread = datum_of(facts, {cgroup, cgroup}, facts.phases(), ir::metric("spread"));
    const auto* value = std::get_if<double>(&spread);
    if (!value) continue;
    tally.judged();
    if (!(*value <= limit.fraction)) tally.found(Outcome::fail, cgroup + ": " + percent(*value));
  }
  findings.push_back(
      std::move(tally).finish("cgroups kept within it", "no cgroup had two workers to compare"));
}

namespace {

/// How a worker that is no more came to its end, if not as it should.
std::string bad_end(const Facts& facts, const ir::WorkerReport& report) {
  switch (report.end) {
    case ir::WorkerEnd::exited:
      return "exited by itself with status " + std::to_string(report.status);
    case ir::WorkerEnd::signalled: {
      const std::string pid = "Killed process " + std::to_string(report.info.pid) + " ";
      const bool oom = std::ranges::any_of(
          facts.telemetry().kernel_log,
          [&](const std::string& line) { return line.find(pid) != std::string::npos; });
      return "was ended by signal " + std::to_string(report.status) +
             (oom ? ": out of memory" : "");
    }
    case ir::WorkerEnd::killed:
      return "did not stop when asked to, and was killed";
    case ir::WorkerEnd::running:
    case ir::WorkerEnd::stopped:
      break;
  }
  return {};
}

}  // namespace

void check_workers(const Facts& facts, Findings& findings) {
  Tally tally("worker", "workers live until they are stopped and do what they are to do");
  std::size_t bad = 0;
  for (const Facts::Worker& worker : facts.workers()) {
    const ir::WorkerReport& report = *worker.report;
    if (const std::string end = bad_end(facts, report); !end.empty()) {
      tally.found(Outcome::fail, who(worker) + " " + end);
      ++bad;
    }
    if (!report.error.empty()) {
      tally.found(Outcome::fail, who(worker) + ": " + report.error);
      ++bad;
    }
    if (report.end == ir::WorkerEnd::running) {
      tally.found(Outcome::inconclusive, who(worker) + ": its end was not reported");
      ++bad;
    }
  }
  if (bad > 0) findings.push_back(std::move(tally).finish("", ""));
}

void check_ops(const Facts& facts, Findings& findings) {
  Tally tally("op", "ops do what they say");
  bool failed = false;
  for (const ir::OpDone& op : facts.telemetry().ops) {
    if (op.error.empty()) continue;
    failed = true;
    const std::string where =
        op.step == ir::backdrop_step ? "backdrop" : "step " + std::to_string(op.step + 1);
    tally.found(Outcome::fail, op.name + " (" + where + ", op " + std::to_string(op.op + 1) +
                                   ", round " + std::to_string(op.round + 1) + "): " + op.error);
  }
  if (failed) findings.push_back(std::move(tally).finish("", ""));
}

namespace {

/// The limit of a check that is on.
template <class Limit>
std::optional<Limit> limit_of(const std::optional<std::variant<ir::Toggle, Limit>>& check,
                              Limit usual) {
  if (const auto* limit = std::get_if<Limit>(&*check)) return *limit;
  return std::get<ir::Toggle>(*check) == ir::Toggle::on ? std::optional(usual) : std::nullopt;
}

}  // namespace

void run_checks(const Facts& facts, const Noise& noise, Findings& findings) {
  const ir::Checks checks = over(ir::default_checks, facts.judged().checks);
  check_schedulers(facts, noise, findings);
  if (checks.starvation == ir::Toggle::on) check_starvation(facts, noise, findings);
  if (checks.isolation == ir::Toggle::on) check_isolation(facts, findings);
  if (const auto limit = limit_of(checks.gap, ir::default_gap))
    check_gap(facts, noise, *limit, findings);
  if (const auto limit = limit_of(checks.spread, ir::default_spread))
    check_spread(facts, *limit, findings);
  if (const auto limit = limit_of(checks.fallback, ir::default_fallback))
    check_event_rate(facts, {"fallback", "select_cpu_fallback", *limit}, findings);
  if (const auto limit = limit_of(checks.keep_last, ir::default_keep_last))
    check_event_rate(facts, {"keep_last", "dispatch_keep_last", *limit}, findings);
  if (checks.kernel_log == ir::Toggle::on) check_kernel_log(facts, findings);
  if (checks.payloads == ir::Toggle::on) check_payloads(facts, findings);
  check_workers(facts, findings);
  check_ops(facts, findings);
}

}  // namespace ktstr::claims
