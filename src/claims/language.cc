// SPDX-License-Identifier: GPL-2.0-only
#include "claims/language.h"

#include "ir/claim.h"

namespace ktstr::claims {
namespace {

constexpr std::string_view function_examples[] = {
    "min(a.workers.iterations) > 0",
    "max(a.wake_latency) <= 1s",
    "sum(cgroup[*].cpu_time) >= 1s",
    "mean(a.wake_latency) <= 1ms",
    "count(a.wake_latency) >= 1000",
    "cv(a.workers.cpu_time) <= 0.1",
    "jain(a.workers.iterations) >= 0.95",
    "gini(cgroup[*].cpu_time) <= 0.2",
    "stddev(a.workers.cpu_time) <= 50ms",
    "p50(a.wake_latency) <= 100us",
    "p90(a.workers.cpu_time) >= 1s",
    "p95(cgroup[*].wake_latency) <= 1ms",
    "p99(a.wake_latency@load) <= 5ms",
    "p999(a.wake_latency) <= 20ms",
    "abs(a.cpu_time - b.cpu_time) <= 100ms",
    "ceil(a.iterations / 1000) >= pairs",
    "floor(a.cpu_time / 1s) == 2",
    "mod(a.processes, 2) == 0",
    "rate(a.cpu_time) >= 150%",
    "delta(series(a.iterations)) > 0",
    "series(a.iterations) never decreases",
    "first(a.cpu_time@*) >= 1s",
    "last(series(a.iterations)) > first(series(a.iterations))",
    "a.cpus_used subset of llc(0)",
    "a.cpus_used subset of node(0)",
    "b.cpus_used disjoint from cpuset(a)",
    "len(a.cpus_used) <= cpus_per_llc",
};
static_assert(std::size(function_examples) == schema::words<ir::Function>.size());

constexpr LanguagePart predicate_rows[] = {
    {"x <= y", "At most.", "a.max_gap <= 100ms"},
    {"x < y", "Less.", "a.migrations < 100"},
    {"x >= y", "At least.", "a.workers.cpu_time >= 500ms"},
    {"x > y", "More.", "rate(a.iterations@load) > 1000/s"},
    {"x == y", "Equal: numbers, texts, CPU sets.", "a.cpus_used == {0-1}"},
    {"x != y", "Not equal.", "a.cpus_used != b.cpus_used"},
    {"x between y and z", "From the one to the other, both included.",
     "a.cpu_time between 1s and 2s"},
    {"x near y within z",
     "No further away than the tolerance: a share of y, such as 10%, or as "
     "much as it says.",
     "a.cpu_time / total.cpu_time near 50% within 10%"},
    {"x is [not] empty", "A CPU set, text, vector, series or distribution holds nothing.",
     "cgroup[*].stray_cpus is empty"},
    {"x is [not] finite", "A number is neither infinite nor what 0 / 0 is.",
     "a.iterations / (pairs - 1) is finite"},
    {"x contains y",
     "A CPU set holds a CPU or all of another set, a text another, a vector or "
     "series a number.",
     "a.cpus_used contains 0"},
    {"x subset of y", "Every CPU of the one is in the other.", "a.cpus_used subset of {0-3}"},
    {"x disjoint from y", "No CPU is in both.", "a.cpus_used disjoint from b.cpus_used"},
    {"x matches /regex/", "A text has a part that the regular expression (RE2) describes.",
     "kernel.release matches /^\\d+\\./"},
    {"x never decreases", "Each value of a series is at least the one before it.",
     "series(a.iterations) never decreases"},
    {"x strictly increases", "Each value of a series is more than the one before it.",
     "a.cpu_time@* strictly increases"},
    {"x steady within y", "Every value of a series is near the mean of all.",
     "rate(series(a.cpu_time)) steady within 20%"},
    {"x converges to y within z by t",
     "Three values in a row are near y, the last of them no later "
     "than t after the beginning.",
     "rate(series(a.cpu_time)) converges to 1 within 10% by 2s"},
};

constexpr LanguagePart modifier_rows[] = {
    {"sustained N samples", "Only violations of as many samples in a row count.",
     "rate(series(a.cpu_time)) >= 90% sustained 3 samples"},
    {"sustained T", "Only violations that last as long count.",
     "rate(series(a.cpu_time)) >= 90% sustained 500ms"},
    {"ignoring first T", "What came earlier than that after the beginning is left out.",
     "rate(series(a.iterations)) steady within 20% ignoring first 1s"},
    {"with at least N samples", "Inconclusive where fewer values lie behind what is compared.",
     "p99(a.wake_latency) <= 5ms with at least 1000 samples"},
    {"when CONDITION",
     "Passes where the condition, comparisons joined by `and` or by `or`, does not "
     "hold.",
     "a.cpus_used contains 4 when cpus > 4 and llcs > 1"},
    {"expect fail", "The comparison must not hold.", "a.iterations == b.iterations expect fail"},
};

constexpr LanguagePart idiom_rows[] = {
    {"page locality", "Pages on the nodes of the cgroup's CPUs, of all it has.",
     "a.page_locality >= 90%"},
    {"cross-node migration", "Pages that NUMA balancing moved, of all it has.",
     "a.cross_node_migration <= 5%"},
    {"slow tier", "Pages on nodes without CPUs, of all it has.", "a.slow_tier_ratio <= 10%"},
    {"throughput parity", "How unequal the workers' work per CPU time is.",
     "cv(a.workers.work_units / a.workers.cpu_time) <= 0.2"},
    {"work rate", "The work per CPU time of each worker.",
     "a.workers.work_units / a.workers.cpu_time >= 1000/s"},
    {"iteration rate", "Each worker's iterations per second.",
     "rate(a.workers.iterations) >= 10/s"},
    {"migration ratio", "Migrations per iteration.", "a.migrations / a.iterations <= 1%"},
    {"tail ratio", "How far the tail of a latency is from its middle.",
     "p99(a.wake_latency) / p50(a.wake_latency) <= 20"},
    {"CPU share", "One cgroup's part of the CPU time of all.",
     "a.cpu_time / total.cpu_time near 50% within 10%"},
};

}  // namespace

std::vector<LanguagePart> functions() {
  std::vector<LanguagePart> out;
  for (const schema::Word& word : schema::words<ir::Function>)
    out.push_back({word.name, word.doc, function_examples[out.size()]});
  return out;
}

std::span<const LanguagePart> predicates() {
  return predicate_rows;
}
std::span<const LanguagePart> modifiers() {
  return modifier_rows;
}
std::span<const LanguagePart> idioms() {
  return idiom_rows;
}

}  // namespace ktstr::claims
