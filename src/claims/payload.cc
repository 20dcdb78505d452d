// SPDX-License-Identifier: GPL-2.0-only
#include "claims/payload.h"

#include <algorithm>

#include "base/glob.h"
#include "base/process.h"
#include "claims/checks.h"
#include "claims/judge.h"
#include "ir/unit.h"

namespace ktstr::claims {
namespace {

using ir::PayloadEnd;

constexpr std::size_t shown_names = 5, shown_lines = 3, most_numbers = 1000, most_evidence = 8;

std::string step_of(const ir::Case& judged, const ir::PayloadRun& run) {
  return run.step < judged.program.steps.size() ? judged.program.steps[run.step].name : "";
}

/// `bench@load`, `bench` for the backdrop's.
std::string where(const ir::Case& judged, const ir::PayloadRun& run) {
  const std::string step = step_of(judged, run);
  return run.cgroup + (step.empty() ? "" : "@" + step);
}

std::string end_of(const ir::PayloadRun& run) {
  const std::string exit = describe(Exit{run.exit_code, run.exit_signal});
  switch (run.end) {
    case PayloadEnd::running:
      return "still running when the run was over";
    case PayloadEnd::exited:
    case PayloadEnd::signalled:
      return exit;
    case PayloadEnd::stopped:
      return "told to end, " + exit + (run.error.empty() ? "" : ", " + run.error);
    case PayloadEnd::timed_out:
      return "killed because its timeout was over";
    case PayloadEnd::refused:
      return "could not be started: " + run.error;
  }
  return {};
}

/// Whether its end is what the scenario or the payload itself is to answer for.
bool ended(const ir::PayloadRun& run) {
  return run.end != PayloadEnd::running;
}

Datum exit_code(const ir::PayloadRun& run) {
  const bool exited = run.end == PayloadEnd::exited || run.end == PayloadEnd::stopped;
  if (exited && run.exit_signal == 0) return static_cast<double>(run.exit_code);
  return Missing{"it has no exit code: " + end_of(run),
                 ended(run) && run.end != PayloadEnd::stopped};
}

Datum fact_of(const ir::PayloadRun& run, const PayloadFact& fact) {
  if (fact.name == "exit_code") return exit_code(run);
  if (!ended(run) || run.end == PayloadEnd::refused)
    return Missing{end_of(run), run.end == PayloadEnd::refused};
  if (fact.name == "signal") return static_cast<double>(run.exit_signal);
  return static_cast<double>(run.ended.count()) - static_cast<double>(run.started.count());
}

/// Names that share the most of their beginning and end with `wanted`.
std::string nearest_names(const PayloadNumbers& output, std::string_view wanted) {
  const auto shared = [&](std::string_view name) {
    const auto begin = std::ranges::mismatch(name, wanted).in1 - name.begin();
    std::size_t end = 0;
    while (end < std::min(name.size(), wanted.size()) &&
           name[name.size() - 1 - end] == wanted[wanted.size() - 1 - end])
      ++end;
    return static_cast<std::size_t>(begin) + end;
  };
  std::vector<std::pair<std::size_t, std::string_view>> names;
  for (const auto& [name, value] : output.numbers) names.emplace_back(shared(name), name);
  std::ranges::stable_sort(names, std::greater(), &std::pair<std::size_t, std::string_view>::first);
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), shown_names); ++i)
    out += (i == 0 ? "`" : ", `") + std::string(names[i].second) + "`";
  if (names.size() > shown_names) out += " … of " + std::to_string(names.size());
  return out;
}

Datum number_of(const Facts::Payload& payload, const std::string& name) {
  const auto found =
      std::ranges::find(payload.output.numbers, name, &std::pair<std::string, double>::first);
  if (found == payload.output.numbers.end())
    return Missing{payload.output.numbers.empty()
                       ? payload.output.flaw + " (" + end_of(*payload.run) + ")"
                       : "its output has no `" + name + "`; nearest are " +
                             nearest_names(payload.output, name),
                   ended(*payload.run)};
  const ir::PayloadMetric* metric = metric_of(*payload.definition, name);
  if (metric == nullptr) return found->second;
  return found->second * ir::measure_of(metric->unit).value_or(ir::Measure{}).size;
}

/// How fast something was depends on the machine; how much of it there was does not.
ir::MetricClass class_of(const ir::Payload& payload, const std::string& number) {
  const ir::PayloadMetric* metric = metric_of(payload, number);
  const Dim dim = dim_of(payload, number);
  if (dim == Dim{1, 0}) return ir::MetricClass::wall;
  const bool performance =
      dim.time < 0 || (metric != nullptr && metric->better != ir::Better::neither);
  return performance ? ir::MetricClass::work : ir::MetricClass::fact;
}

bool in_cut(const Resolved& selector, const std::string& step) {
  if (selector.cut == Resolved::Cut::none) return true;
  return selector.cut == Resolved::Cut::glob ? glob_matches(selector.step, step)
                                             : selector.step == step;
}

/// What it said last, for people.
void add_last_words(const ir::PayloadRun& run, std::vector<std::string>& evidence) {
  std::string_view rest = run.err.empty() ? run.out : run.err;
  std::vector<std::string> lines;
  while (!rest.empty() && lines.size() < shown_lines) {
    while (rest.ends_with('\n')) rest.remove_suffix(1);
    const std::size_t start = rest.rfind('\n') + 1;
    if (!rest.empty()) lines.push_back("  | " + std::string(rest.substr(start).substr(0, 200)));
    rest = rest.substr(0, start);
  }
  evidence.insert(evidence.end(), lines.rbegin(), lines.rend());
}

bool went_well(const ir::PayloadRun& run) {
  switch (run.end) {
    case PayloadEnd::running:
      return true;  // What ended the run before it has a finding of its own.
    case PayloadEnd::exited:
      return run.exit_code == 0;
    case PayloadEnd::stopped:
      return run.error.empty();
    case PayloadEnd::signalled:
    case PayloadEnd::timed_out:
    case PayloadEnd::refused:
      break;
  }
  return false;
}

}  // namespace

Value select_payloads(const Facts& facts, const Resolved& selector) {
  Value out{.type = selector.type, .measured = true};
  if (selector.payload != nullptr) out.metric_class = selector.payload->metric_class;
  for (const Facts::Payload& payload : facts.payloads()) {
    const ir::PayloadRun& run = *payload.run;
    if (!glob_matches(selector.cgroup, run.payload) ||
        !in_cut(selector, step_of(facts.judged(), run)))
      continue;
    Datum datum = selector.payload != nullptr ? fact_of(run, *selector.payload)
                                              : number_of(payload, selector.variable);
    if (selector.payload == nullptr)
      out.metric_class =
          std::max(out.metric_class, class_of(*payload.definition, selector.variable));
    out.rows.push_back({run.payload + " in " + where(facts.judged(), run),
                        {{.at = run.started, .datum = std::move(datum)}}});
  }
  return out;
}

void check_payloads(const Facts& facts, Findings& findings) {
  if (facts.payloads().empty()) return;
  ir::Finding out{.kind = "payloads",
                  .label = "payloads start, and end by themselves in time and with 0"};
  std::size_t bad = 0;
  for (const Facts::Payload& payload : facts.payloads()) {
    const ir::PayloadRun& run = *payload.run;
    if (went_well(run) || ++bad > most_evidence) continue;
    const std::string text = run.payload + " in " + where(facts.judged(), run) + ": " + end_of(run);
    if (out.value.empty()) out.value = text;
    out.evidence.push_back(text);
    add_last_words(run, out.evidence);
  }
  out.outcome = bad == 0 ? ir::Outcome::pass : ir::Outcome::fail;
  if (bad == 0) out.value = std::to_string(facts.payloads().size()) + " did";
  if (bad > most_evidence) out.evidence.push_back("… " + std::to_string(bad) + " in all");
  findings.push_back(std::move(out));
}

std::vector<ir::PayloadSummary> payload_summaries(const ir::Case& judged,
                                                  const ir::Telemetry& telemetry) {
  const Facts facts(judged, telemetry);
  std::vector<ir::PayloadSummary> out;
  for (const Facts::Payload& payload : facts.payloads()) {
    const ir::PayloadRun& run = *payload.run;
    ir::PayloadSummary summary{.payload = run.payload,
                               .cgroup = run.cgroup,
                               .step = step_of(judged, run),
                               .end = end_of(run),
                               .wall = run.ended > run.started && run.started >= Nanos(0)
                                           ? run.ended - run.started
                                           : Nanos(0),
                               .numbers = {},
                               .flaw = payload.output.flaw};
    for (const auto& [name, value] : payload.output.numbers) {
      if (summary.numbers.size() == most_numbers) break;
      const ir::PayloadMetric* metric = metric_of(*payload.definition, name);
      summary.numbers.push_back(
          {.name = name,
           .value = value,
           .unit = metric == nullptr ? "" : metric->unit,
           .better = metric == nullptr ? ir::Better::neither : metric->better});
    }
    out.push_back(std::move(summary));
  }
  return out;
}

}  // namespace ktstr::claims
