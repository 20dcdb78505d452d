// SPDX-License-Identifier: GPL-2.0-only
#include "report/text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"

namespace ktstr::report {
namespace {

struct Look {
  const char* word;
  const char* colour;
};

Look look_of(ir::Outcome outcome) {
  switch (outcome) {
    case ir::Outcome::pass:
      return {"PASS", "\033[32m"};
    case ir::Outcome::fail:
      return {"FAIL", "\033[1;31m"};
    case ir::Outcome::error:
      return {"ERROR", "\033[1;35m"};
    case ir::Outcome::inconclusive:
      return {"INCONCLUSIVE", "\033[33m"};
    case ir::Outcome::skip:
      return {"SKIP", "\033[36m"};
  }
  return {"", ""};
}

std::string painted(const Style& style, const char* colour, const std::string& text) {
  return style.colour ? colour + text + "\033[0m" : text;
}

/// Several lines of what a guest or a file says, which must not drive the terminal.
std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += printable(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

std::string indented(const ir::Finding& finding, const Style& style) {
  const Look look = look_of(finding.outcome);
  std::string out = "  " + painted(style, look.colour, std::string(look.word)) + " " +
                    printable(headline(finding)) + "\n";
  for (const std::string& line : finding.evidence) out += "      " + printable(line) + "\n";
  return out;
}

/// Whether an outcome needs no words beyond its line.
bool quiet(ir::Outcome outcome) {
  return outcome == ir::Outcome::pass;
}

/// Where a scheduler never came to be in charge, all else that could not be judged is one line.
std::string findings(const ir::Verdict& verdict, const Style& style) {
  const auto never_attached = [](const ir::Finding& finding) {
    return !quiet(finding.outcome) && ir::is_never_attached(finding.kind);
  };
  const bool folds = !style.verbose && std::ranges::any_of(verdict.findings, never_attached);
  std::string out;
  std::size_t folded = 0;
  for (const ir::Finding& finding : verdict.findings) {
    if (folds && finding.outcome == ir::Outcome::inconclusive && !never_attached(finding))
      ++folded;
    else if (style.verbose || !quiet(finding.outcome))
      out += indented(finding, style);
  }
  if (folded > 0)
    out += indented(
        {.outcome = ir::Outcome::inconclusive,
         .kind = "claim",
         .label = fmt::format("{} more could not be judged without the scheduler", folded)},
        style);
  return out;
}

std::string table(const ir::CaseResult& result) {
  if (result.cgroups.empty()) return {};
  std::size_t widest = 6;
  for (const ir::CgroupSummary& row : result.cgroups)
    widest = std::max(widest, row.cgroup.size() + row.step.size() + 1);
  std::string out =
      fmt::format("    {:<{}} {:>7} {:>10} {:>12} {:>9} {:>6}  {}\n", "cgroup@step", widest,
                  "workers", "cpu time", "iterations", "max gap", "moves", "CPUs");
  for (const ir::CgroupSummary& row : result.cgroups)
    out += fmt::format("    {:<{}} {:>7} {:>10} {:>12} {:>9} {:>6}  {}\n",
                       printable(row.cgroup + "@" + row.step), widest, row.workers,
                       duration(row.cpu_time), row.iterations, duration(row.max_gap),
                       row.migrations, to_text(row.cpus_used));
  return out;
}

/// A line for each payload, and under it the numbers of which the scenario says what they are.
std::string payloads(const ir::CaseResult& result) {
  std::string out;
  for (const ir::PayloadSummary& run : result.payloads) {
    out += fmt::format("    {} in {}: {} after {}, {} number{}\n", run.payload,
                       run.step.empty() ? run.cgroup : run.cgroup + "@" + run.step, run.end,
                       duration(run.wall), run.numbers.size(), run.numbers.size() == 1 ? "" : "s");
    for (const ir::PayloadNumber& number : run.numbers)
      if (!number.unit.empty() || number.better != ir::Better::neither)
        out += fmt::format("      {} = {:g} {}\n", number.name, number.value, number.unit);
  }
  return printable_lines(out);
}

/// `VM exits: 48211, 1204 to the monitor: io 900, mmio 300`; nothing where they are not counted.
std::string exits(const ir::MachineStatistics& statistics) {
  constexpr std::string_view ours = "userspace_exit.";
  std::vector<std::pair<std::string, std::uint64_t>> reasons;
  std::uint64_t sum = 0;
  for (const auto& [name, value] : statistics)
    if (name.starts_with(ours)) {
      reasons.emplace_back(name.substr(ours.size()), value);
      sum += value;
    }
  std::string out;
  if (const auto all = statistics.find("kvm.exits"); all != statistics.end())
    out = fmt::format("{}", all->second);
  if (sum > 0) {
    std::ranges::stable_sort(reasons, std::ranges::greater(),
                             [](const auto& each) { return each.second; });
    out += fmt::format("{}{} to the monitor", out.empty() ? "" : ", ", sum);
    const char* separator = ": ";
    for (const auto& [reason, value] : reasons)
      out += fmt::format("{}{} {}", std::exchange(separator, ", "), reason, value);
  }
  return out.empty() ? out : "    VM exits: " + out + "\n";
}

}  // namespace

std::string duration(Nanos time) {
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 0.1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::string headline(const ir::Finding& finding) {
  std::string out;
  if (!finding.place.empty()) out += finding.place + ": ";
  if (finding.kind != "claim" && finding.kind != "skip") out += finding.kind + ": ";
  out += finding.label;
  if (!finding.value.empty()) out += " – " + finding.value;
  return out;
}

std::string opening(const ir::RunResult& run, std::size_t cases, Nanos estimate,
                    const Style& style) {
  return painted(style, "\033[1m", "ktstr " + run.version) +
         fmt::format(": {}, kernel {}, {} case{}, about {}\n", run.reason, run.kernel, cases,
                     cases == 1 ? "" : "s", duration(estimate));
}

std::string finished(const ir::CaseResult& result, const std::string& name, const Style& style) {
  const Look look = look_of(result.verdict.outcome);
  std::string out = painted(style, look.colour, fmt::format("{:<5}", look.word)) + " " +
                    printable(name) + "  " + result.topology;
  if (result.wall > Nanos(0))
    out += fmt::format("  {} (boot {})", duration(result.wall), duration(result.boot));
  if (result.spoiled > 0)
    out += fmt::format("  after {} run{} that the emulator spoiled", result.spoiled,
                       result.spoiled == 1 ? "" : "s");
  out += "\n";
  const bool all = style.verbose || !quiet(result.verdict.outcome);
  out += findings(result.verdict, style);
  if (all && result.verdict.outcome != ir::Outcome::skip) {
    out += table(result);
    out += payloads(result);
    if (style.verbose && result.clock)
      out += fmt::format("    guest clock = host clock {:+.4f} s ± {}\n",
                         std::chrono::duration<double>(result.clock->offset).count(),
                         duration(result.clock->error));
    if (style.verbose) out += exits(result.statistics);
    for (const std::string& line : result.log_tail) out += "    | " + printable(line) + "\n";
    if (!quiet(result.verdict.outcome))
      out += "    seed " + std::to_string(result.seed) +
             (result.directory.empty() ? "" : "; files: " + result.directory) + "\n";
    if (!quiet(result.verdict.outcome) && !result.rerun.empty())
      out += "    again: " + result.rerun + "\n";
  }
  return out;
}

std::string running(const std::string& name, std::string_view stage, Nanos elapsed,
                    const Style& style) {
  std::string out = fmt::format("  … {}: {} {}", printable(name), printable(stage),
                                duration(elapsed - elapsed % Nanos(100ms)));
  if (out.size() > style.width && style.width > 1) out.resize(style.width - 1);
  return out;
}

std::string closing(const ir::RunResult& run, const Style& style) {
  std::string counts;
  for (const ir::Outcome outcome :
       {ir::Outcome::fail, ir::Outcome::error, ir::Outcome::inconclusive, ir::Outcome::pass,
        ir::Outcome::skip}) {
    const auto count = std::ranges::count_if(
        run.cases, [&](const ir::CaseResult& result) { return result.verdict.outcome == outcome; });
    if (count == 0) continue;
    const Look look = look_of(outcome);
    std::string word = look.word;
    std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    counts += (counts.empty() ? "" : ", ") +
              painted(style, look.colour, fmt::format("{} {}", count, word));
  }
  if (counts.empty()) counts = "nothing was run";
  return counts +
         fmt::format(" in {}{}\n", duration(run.wall), run.interrupted ? ", interrupted" : "");
}

int exit_status(const ir::RunResult& run, const ExitRules& rules) {
  constexpr int interrupted = 130;
  if (run.interrupted) return interrupted;
  const auto any = [&](ir::Outcome outcome) {
    return std::ranges::any_of(
        run.cases, [&](const ir::CaseResult& result) { return result.verdict.outcome == outcome; });
  };
  const bool inconclusive = any(ir::Outcome::inconclusive);
  if (any(ir::Outcome::fail) || (inconclusive && rules.inconclusive_fails)) return 1;
  if (any(ir::Outcome::error)) return 3;
  if (inconclusive && !rules.inconclusive_passes) return 2;
  if (!inconclusive && !any(ir::Outcome::pass)) return rules.allow_skip ? 0 : 5;
  return 0;
}

}  // namespace ktstr::report
