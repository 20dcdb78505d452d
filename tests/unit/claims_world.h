// SPDX-License-Identifier: GPL-2.0-only
// A run made by hand, for tests of claims: four CPUs in two LLCs, two cgroups of two workers each,
// two steps of 2 s, samples each 500 ms. Tests change what they are about.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "bpf/histogram.h"
#include "claims/judge.h"
#include "parse/claim_parser.h"

namespace ktstr::claims {

struct World {
  ir::Case judged;
  ir::Telemetry telemetry;
  Context context;

  World();

  ir::Slice& slice(std::uint32_t worker, std::uint32_t phase) {
    return telemetry.workers.at(worker).slices.at(phase);
  }
  void set(std::uint32_t worker, std::uint32_t phase, std::string_view metric, std::int64_t value) {
    const std::uint16_t row = ir::find_metric(metric).value().row;
    for (ir::MetricValue& one : slice(worker, phase).values)
      if (one.metric == row) one.value = value;
  }
  void erase(std::uint32_t worker, std::uint32_t phase, std::string_view metric) {
    const std::uint16_t row = ir::find_metric(metric).value().row;
    std::erase_if(slice(worker, phase).values, [&](const auto& one) { return one.metric == row; });
  }
  /// `each` of every sample of a worker, in order.
  void set_samples(std::uint32_t worker, const std::vector<std::int64_t>& iterations) {
    for (std::size_t i = 0; i < iterations.size(); ++i)
      for (ir::WorkerSample& sample : telemetry.samples.at(i).workers)
        if (sample.worker == worker) sample.values.at(0).value = iterations[i];
  }

  [[nodiscard]] ir::Verdict verdict() const { return judge(judged, telemetry, context); }
  [[nodiscard]] ir::Finding claim(const std::string& text) const {
    World other = *this;
    other.judged.claims = std::vector{parsed(text)};
    other.judged.expect.reset();
    return other.verdict().findings.at(context.events.size());
  }
  /// The finding of a kind; the test fails if there is none.
  [[nodiscard]] ir::Finding finding(std::string_view kind) const {
    for (const ir::Finding& finding : verdict().findings)
      if (finding.kind == kind) return finding;
    FAIL("no finding of kind " << kind);
    return {};
  }
  [[nodiscard]] bool finds(std::string_view kind) const {
    for (const ir::Finding& finding : verdict().findings)
      if (finding.kind == kind) return true;
    return false;
  }

  static ir::Claim parsed(const std::string& text) {
    Diagnostics diagnostics;
    std::optional<ir::Claim> claim = parse::parse_claim(text, {}, diagnostics);
    INFO(text << ": " << (diagnostics.ok() ? "" : diagnostics.all()[0].message));
    REQUIRE(claim);
    return *claim;
  }
};

inline ir::Histogram histogram_of(const std::vector<std::uint64_t>& values) {
  ir::Histogram out;
  std::map<std::uint32_t, std::uint64_t> buckets;
  for (const std::uint64_t value : values) {
    out.minimum = out.count == 0 ? value : std::min(out.minimum, value);
    out.maximum = std::max(out.maximum, value);
    ++out.count;
    out.sum += value;
    ++buckets[ktstr_histogram_index(value)];
  }
  for (const auto& [index, count] : buckets) {
    out.buckets.push_back(index);
    out.counts.push_back(count);
  }
  return out;
}

inline World::World() {
  judged.program.topology = topology::expand(*topology::Shape::parse("1n2l2c1t")).value();
  judged.vars = {{"pairs", 2}};
  telemetry.phases = {{.index = 0, .name = "even", .begin = 1s, .end = 3s},
                      {.index = 1, .name = "uneven", .begin = 3s, .end = 5s}};
  judged.program.steps = {{.name = "even"}, {.name = "uneven"}};
  telemetry.cpusets = {{"a", 500ms, {0, 1}}, {"b", 500ms, {2, 3}}};

  struct Made {
    Nanos cpu[2];
    std::int64_t iterations[2];
    Nanos gap[2];
  };
  constexpr Made made[] = {{{1000ms, 500ms}, {100, 50}, {10ms, 20ms}},
                           {{800ms, 500ms}, {80, 50}, {30ms, 5ms}},
                           {{1000ms, 1500ms}, {100, 150}, {5ms, 212ms}},
                           {{1000ms, 1500ms}, {100, 150}, {6ms, 7ms}}};
  for (std::uint32_t i = 0; i < 4; ++i) {
    ir::WorkerReport worker;
    worker.info = {.id = i,
                   .cgroup = i < 2 ? "a" : "b",
                   .step = ir::backdrop_step,
                   .pid = static_cast<std::int32_t>(100 + i),
                   .work = i < 2 ? "spin" : "bursty",
                   .started = 1s};
    worker.end = ir::WorkerEnd::stopped;
    worker.ended = 5s;
    for (std::uint32_t phase = 0; phase < 2; ++phase) {
      ir::Slice slice{.worker = i, .phase = phase, .lived = 2s, .cpus = {i}};
      slice.values = {
          {ir::metric("iterations").row, made[i].iterations[phase]},
          {ir::metric("work_units").row, made[i].iterations[phase] * 1024},
          {ir::metric("cpu_time").row, made[i].cpu[phase].count()},
          {ir::metric("run_delay").row, Nanos(100ms).count()},
          {ir::metric("migrations").row, 0},
          {ir::metric("max_gap").row, made[i].gap[phase].count()},
      };
      if (i >= 2)
        slice.histograms = {{ir::metric("wake_latency").row,
                             histogram_of({10, 20, 30, 40, 50, 60, phase == 0 ? 2000u : 4000u})}};
      worker.slices.push_back(slice);
    }
    telemetry.workers.push_back(worker);
  }
  for (std::int64_t n = 1; n <= 8; ++n) {
    ir::Sample sample{.at = 1s + n * 500ms, .phase = n <= 4 ? 0u : 1u};
    for (std::uint32_t i = 0; i < 4; ++i)
      sample.workers.push_back(
          {.worker = i, .values = {{ir::metric("iterations").row, n * 10}}, .cpus = {i}});
    telemetry.samples.push_back(sample);
  }
}

}  // namespace ktstr::claims
