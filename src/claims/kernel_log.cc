// SPDX-License-Identifier: GPL-2.0-only
#include "claims/kernel_log.h"

#include <algorithm>
#include <charconv>

#include "claims/checks.h"

namespace ktstr::claims {
namespace {

struct Sentence {
  std::string_view kind;
  std::string_view text;
  bool at_start = false;  ///< Of the message; else anywhere in it.
};

// The first that fits decides, so the particular stand before the general. From kernel/panic.c,
// kernel/watchdog*.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, arch/x86/mm/fault.c,
// arch/x86/kernel/dumpstack.c, lib/bug.c.
constexpr Sentence sentences[] = {
    {"panic", "Kernel panic - not syncing", true},
    {"lockup", "soft lockup - CPU#"},
    {"lockup", "hard LOCKUP on cpu"},
    {"lockup", "BUG: workqueue lockup", true},
    {"hung_task", " blocked for more than "},
    {"rcu_stall", "detected stalls on CPUs/tasks"},
    {"rcu_stall", "detected expedited stalls on CPUs/tasks"},
    {"rcu_stall", "self-detected stall on CPU"},
    {"oops", "BUG: unable to handle ", true},
    {"oops", "BUG: kernel NULL pointer dereference", true},
    {"oops", "kernel BUG at ", true},
    {"oops", "Oops: ", true},
    {"oops", "general protection fault", true},
    {"oops", "Internal error: ", true},
    {"oops", "invalid opcode: ", true},
    {"oops", "int3: ", true},
    {"oops", "double fault: ", true},
    {"oops", "PANIC: double fault", true},
    {"bug", "BUG: ", true},
    {"warning", "WARNING: ", true},
};

}  // namespace

std::string_view message_of(std::string_view line) {
  while (line.starts_with('[')) {
    const std::size_t end = line.find("] ");
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 2);
  }
  return line;
}

std::string_view trouble_in(std::string_view line) {
  std::string_view message = message_of(line);
  if (message.starts_with("watchdog: ")) message.remove_prefix(10);
  for (const Sentence& sentence : sentences)
    if (sentence.at_start ? message.starts_with(sentence.text)
                          : message.find(sentence.text) != std::string_view::npos)
      return sentence.kind;
  return {};
}

Nanos time_of(std::string_view line) {
  if (!line.starts_with('[')) return Nanos(0);
  const std::size_t begin = line.find_first_not_of(' ', 1);
  if (begin == std::string_view::npos) return Nanos(0);
  double seconds = 0;
  std::from_chars(line.data() + begin, line.data() + line.size(), seconds);
  if (!(seconds >= 0 && seconds < 1e9)) return Nanos(0);
  return Nanos(static_cast<std::int64_t>(seconds * 1e9));
}

std::vector<Trouble> troubles(std::span<const std::string> log, Nanos began) {
  std::vector<Trouble> out;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const std::string_view kind = trouble_in(log[i]);
    if (kind.empty() || (kind == "warning" && time_of(log[i]) < began)) continue;
    if (const auto known = std::ranges::find(out, kind, &Trouble::kind); known != out.end())
      ++known->count;
    else
      out.push_back({kind, i});
  }
  return out;
}

void check_kernel_log(const Facts& facts, Findings& findings) {
  constexpr std::size_t lines_shown = 12;
  const std::vector<std::string>& log = facts.telemetry().kernel_log;
  Nanos began{0};
  for (const Facts::Worker& worker : facts.workers()) {
    const Nanos started = worker.report->info.started;
    began = began == Nanos(0) ? started : std::min(began, started);
  }
  const std::vector<Trouble> found = troubles(log, began);
  for (const Trouble& trouble : found) {
    const std::size_t end = std::min(log.size(), trouble.line + lines_shown);
    findings.push_back(
        {.outcome = ir::Outcome::fail,
         .kind = std::string(trouble.kind),
         .label = "the kernel reported no trouble",
         .value =
             log[trouble.line] +
             (trouble.count > 1 ? " (and " + std::to_string(trouble.count - 1) + " more)" : ""),
         .evidence = {log.begin() + static_cast<std::ptrdiff_t>(trouble.line),
                      log.begin() + static_cast<std::ptrdiff_t>(end)}});
  }
  if (!found.empty()) return;
  findings.push_back({.outcome = ir::Outcome::pass,
                      .kind = "kernel_log",
                      .label = "the kernel reported no trouble",
                      .value = std::to_string(log.size()) + " lines"});
}

}  // namespace ktstr::claims
