// SPDX-License-Identifier: GPL-2.0-only
// Selectors, functions, predicates and modifiers, by tables over a run made by hand.
#include "claims_world.h"

using namespace ktstr;
using namespace ktstr::claims;
using ir::Outcome;

namespace {

constexpr Outcome pass = Outcome::pass, fails = Outcome::fail, unknown = Outcome::inconclusive;

struct Case {
  const char* claim;
  Outcome outcome;
  const char* value = "";  ///< What is shown, where given.
};

void check(const World& world, std::initializer_list<Case> cases) {
  for (const Case& one : cases) {
    CAPTURE(one.claim);
    const ir::Finding found = world.claim(one.claim);
    CAPTURE(found.value, found.evidence);
    CHECK(found.outcome == one.outcome);
    if (*one.value) CHECK(found.value == one.value);
    CHECK(found.label == one.claim);
    CHECK(found.kind == "claim");
  }
}

}  // namespace

TEST_CASE("a metric of a cgroup is that of its workers, put together and cut to steps") {
  check(World(),
        {
            {"a.cpu_time == 2.8s", pass, "a: 2.8s"},
            {"a.cpu_time@even == 1.8s", pass, "a@even: 1.8s"},
            {"b.cpu_time@uneven == 3s", pass},
            {"total.cpu_time == 7.8s", pass, "total: 7.8s"},
            {"a.max_gap == 30ms", pass, "a: 30ms"},
            {"a.max_gap@uneven == 20ms", pass},
            {"a.wall_time == 4s", pass},
            {"a.wall_time@even == 2s", pass},
            {"a.cpus_used == {0-1}", pass, "a: {0-1}"},
            {"total.cpus_used == {0-3}", pass},
            {"a.off_cpu == 5.2s", pass},
            {"a.off_cpu_pct == 65%", pass, "a: 65%"},
            {"a.spread near 5% within 0.0001", pass},
            {"b.spread == 0", pass},
            {"a.stray_cpus is empty", pass, "a: {}"},
            {"b.workers.iterations >= 250", pass, "b worker 2: 250"},
            {"b.workers.iterations@even >= 150", fails, "b worker 2@even: 100"},
            {"cgroup[*].iterations >= 280", pass, "a: 280"},
            {"cgroup[?].cpus_used is not empty", pass},
            {"cgroup[x*].iterations > 0", unknown, "no data"},
            {"b.cpu_time@* >= 3s", fails, "b@even: 2s"},
            {"b.cpu_time@[un*] >= 3s", pass, "b@uneven: 3s"},
            {"total.workers.cpu_time@* >= 600ms", fails, "total worker 0@uneven: 500ms"},
            {"b.cpu_time@missing > 0s", unknown},
            {"c.cpu_time > 0s", unknown},
            {"b.wake_latency is not empty", pass},
            {"max(a.wake_latency) < 1s", unknown, "a: nobody measured wake_latency for `a`"},
            {"machine.cpus == cpus", pass, "4"},
            {"llcs == pairs", pass, "2"},
            {"machine.samples_lost == 0", pass},
            {"cpus_per_llc * llcs == usable_cpus + 1", pass},
        });
}

TEST_CASE("pages are those at a step's end, and their shares those of all workers together") {
  World world;
  const auto give = [&](std::uint32_t worker, std::uint32_t phase, std::int64_t pages,
                        std::int64_t near, std::int64_t slow, std::int64_t moved) {
    auto& values = world.slice(worker, phase).values;
    values.push_back({ir::metric("pages").row, pages});
    values.push_back({ir::metric("local_pages").row, near});
    values.push_back({ir::metric("slow_pages").row, slow});
    values.push_back({ir::metric("pages_migrated").row, moved});
  };
  give(0, 0, 100, 100, 0, 5);
  give(0, 1, 300, 150, 30, 10);
  give(1, 0, 100, 0, 0, 5);
  give(1, 1, 100, 50, 10, 0);
  // Worker 3 is a thread of worker 2's process, which tells for both.
  give(2, 0, 50, 50, 0, 0);
  give(2, 1, 80, 20, 0, 0);
  world.telemetry.workers[3].info.pid = world.telemetry.workers[2].info.pid;
  check(world, {
                   {"a.pages == 400", pass, "a: 400"},
                   {"a.pages@even == 200", pass},
                   {"b.pages == 80", pass},
                   {"a.page_locality == 0.5", pass, "a: 0.5"},
                   {"a.page_locality@even == 0.5", pass},
                   {"b.page_locality == 0.25", pass},
                   {"a.workers.page_locality@uneven == 0.5", pass},
                   {"a.slow_tier_ratio == 0.1", pass},
                   {"a.pages_migrated == 20", pass},
                   {"a.cross_node_migration == 0.05", pass},
                   {"a.processes == 2", pass, "a: 2"},
                   {"b.processes == 1", pass},
                   {"total.processes@even == 3", pass},
                   {"c.processes == 0", unknown},
               });
  check(World(), {{"a.page_locality >= 0", unknown}, {"a.pages > 0", unknown}});
}

TEST_CASE("throughput is compared per CPU time, or per second of the run") {
  World world;
  // Workers 2 and 3 did 250 · 1024 units in 2.5 s of CPU time each.
  check(world, {
                   {"b.workers.work_units / b.workers.cpu_time == 102400/s", pass},
                   {"cv(b.workers.work_units / b.workers.cpu_time) == 0", pass},
                   {"a.work_units / a.cpu_time >= 102400/s", pass},
                   {"rate(b.workers.iterations) == 62.5/s", pass, "b worker 2: 62.5/s"},
                   {"a.cpu_time / total.cpu_time near 35.9% within 0.1%", pass},
                   {"p99(b.wake_latency) / p50(b.wake_latency) between 97 and 103", pass},
               });
  world.set(3, 0, "work_units", 0);
  world.set(3, 1, "work_units", 125 * 1024);
  // Rates of 102400 and 51200 a second: mean 76800, deviation 25600.
  check(world, {
                   {"cv(b.workers.work_units / b.workers.cpu_time) near 1 / 3 within 0.001%", pass},
                   {"cv(b.workers.work_units / b.workers.cpu_time) <= 0.33", fails, "0.3333"},
               });
  world.set(3, 0, "cpu_time", 0);
  world.set(3, 1, "cpu_time", 0);
  check(world, {{"cv(b.workers.work_units / b.workers.cpu_time) <= 9", unknown}});
}

TEST_CASE("functions") {
  check(World(),
        {
            {"rate(a.iterations) == 70/s", pass, "a: 70/s"},
            {"rate(b.cpu_time@uneven) / rate(b.cpu_time@even) == 1.5", pass},
            {"rate(a.cpu_time@*) >= 0.5", pass, "a@uneven: 0.5"},
            {"delta(a.iterations@even) == 180", pass},
            {"min(b.workers.iterations) == 250", pass, "250"},
            {"max(a.workers.iterations) == 150", pass},
            {"min(cgroup[*].cpu_time) / max(cgroup[*].cpu_time) near 0.56 within 0.0001", pass,
             "0.56"},
            {"sum(a.workers.iterations) == a.iterations", pass},
            {"mean(a.workers.iterations) == 140", pass},
            {"count(total.workers.iterations) == 4", pass},
            {"len(total.workers.iterations) == 4", pass},
            {"len(a.cpus_used) == 2", pass},
            {"len(\"four\") == 4", pass},
            {"stddev(a.workers.iterations) == 10", pass},
            {"cv(a.workers.iterations) near 10 / 140 within 0.001%", pass},
            {"jain(b.workers.iterations) == 1", pass},
            {"gini(b.workers.iterations) == 0", pass},
            {"p50(total.workers.iterations) == 150", pass},
            {"p90(total.workers.iterations) == 250", pass},
            {"first(a.workers.iterations) == 150", pass},
            {"last(a.workers.iterations) == 130", pass},
            {"abs(0 - a.iterations) == 280", pass},
            {"ceil(a.spread) == 1", pass},
            {"floor(a.off_cpu_pct) == 0", pass},
            {"mod(a.iterations, 100) == 80", pass},
            {"min(a.cpu_time, b.cpu_time, 1h) == 2.8s", pass},
            {"max(3, pairs) == 3", pass},
            {"llc(1) == {2-3}", pass},
            {"node(0) == {0-3}", pass},
            {"llc(2) == {4}", unknown, "this machine has no llc 2"},
            {"a.cpus_used subset of cpuset(a)", pass},
            {"cpuset(cgroup[*]) subset of {0-3}", pass},
            {"cpuset(c) is empty", unknown},
            {"count(b.wake_latency) == 28", pass, "b: 28"},
            {"max(b.wake_latency) == 4us", pass},
            {"min(b.wake_latency@even) == 10ns", pass},
            {"mean(b.wake_latency@even) near 315.7ns within 0.1ns", pass},
            {"p50(b.wake_latency) == 40ns", pass},
            {"p999(cgroup[b*].wake_latency) near 4us within 4%", pass},
            {"p50(b.workers.wake_latency@*) <= 40ns", pass},
            {"count(series(a.iterations)) == 8", pass},
            {"last(series(a.iterations)) == 160", pass},
            {"first(series(a.iterations@uneven)) == 100", pass},
            {"rate(series(a.iterations)) == 40/s", pass},
            {"delta(series(a.workers.iterations)) == 10", pass},
            {"series(a.cpus_used) subset of {0-1}", pass},
            {"series(a.iterations) + series(b.iterations) <= 320", pass},
            {"series(a.iterations) / series(a.iterations@even) == 1", unknown},
            {"a.workers.iterations - first(a.workers.iterations) <= 0", pass},
            {"a.workers.cpu_time / b.workers.cpu_time < 1", pass},
            {"a.workers.cpu_time / total.workers.cpu_time < 1", unknown},
            {"a.iterations / a.migrations < 5", unknown, "a: the denominator was measured as 0"},
            {"a.iterations / (pairs - 2) > 0", fails, "a: nan"},
            {"1 / (pairs - 2) != 1", fails, "nan"},
            {"mod(a.iterations, a.migrations) == 0", unknown},
            {"cv(a.workers.migrations) <= 1", unknown},
            {"-a.iterations == -280", pass},
            {"a.iterations / (a.migrations * 1) < 5", unknown},
            {"min(a.iterations, 1 / (pairs - 2)) < 1", fails, "a: nan"},
            {"max(1 / (pairs - 2), a.iterations) > 1", fails},
            {"max(a.cpu_time, b.cpu_time, 3s) == 5s", pass},
            {"p95(total.workers.iterations) == 250", pass},
            {"p99(total.workers.iterations / 10) == 25", pass},
            {"ceil(a.cpu_time / 1s) == 3", pass},
            {"floor(a.cpu_time / 1s) == 2", pass},
            {"abs(-2.5) == 2.5", pass},
            {"mod(a.iterations, 3) == 1", pass},
            {"mod(2.8, 2) near 0.8 within 0.0001", pass},
            {"a.iterations - b.iterations == -220", pass},
            {"a.iterations * 2 == 560", pass},
            {"node(1) == {4}", unknown, "this machine has no node 1"},
            {"sum(b.workers.iterations) == 500", pass},
            {"stddev(total.workers.iterations) near 55.45 within 0.01", pass},
            {"jain(total.workers.iterations) near 0.925 within 0.0005", pass},
            {"gini(a.workers.iterations) near 1 / 28 within 0.001%", pass},
            {"count(cgroup[x*].iterations) == 0", pass},
            {"sum(cgroup[x*].iterations) == 0", unknown, "there are no values"},
        });
}

TEST_CASE("predicates about single values") {
  check(World(), {
                     {"a.iterations <= 280", pass},
                     {"a.iterations <= 279", fails, "a: 280"},
                     {"a.iterations < 280", fails},
                     {"a.iterations < 281", pass},
                     {"a.iterations >= 280", pass},
                     {"a.iterations >= 281", fails},
                     {"a.iterations > 280", fails},
                     {"a.iterations > 279", pass},
                     {"a.iterations == 281", fails},
                     {"a.iterations != 280", fails},
                     {"a.iterations != 281", pass},
                     {"a.iterations between 280 and 280", pass},
                     {"a.iterations between 281 and 300", fails},
                     {"a.iterations between 100 and 279", fails},
                     {"a.iterations near 300 within 20", pass},
                     {"a.iterations near 300 within 19", fails},
                     {"a.iterations near 300 within 7%", pass, "a: 280"},
                     {"a.spread near 0.05 within 100%", pass, "a: 0.05"},
                     {"a.iterations near 300 within 6%", fails, "a: 280"},
                     {"a.cpu_time near 3s within 200ms", pass},
                     {"a.cpu_time near 3s within 199ms", fails},
                     {"a.iterations is finite", pass},
                     {"1 / (pairs - 2) is finite", fails},
                     {"1 / (pairs - 2) is not finite", pass},
                     {"a.cpus_used is empty", fails},
                     {"a.stray_cpus is not empty", fails},
                     {"a.cpus_used contains 1", pass},
                     {"a.cpus_used contains 2", fails},
                     {"a.cpus_used contains {0-1}", pass},
                     {"a.cpus_used contains {1-2}", fails},
                     {"a.workers.iterations contains 130", pass},
                     {"a.workers.iterations contains 131", fails},
                     {"\"a text\" contains \"tex\"", pass},
                     {"\"a text\" contains \"tax\"", fails},
                     {"\"a text\" matches /^a t.x/", pass},
                     {"\"a text\" matches /^t/", fails},
                     {"\"a\" == \"a\"", pass},
                     {"\"a\" != \"a\"", fails},
                     {"a.cpus_used != {0}", pass},
                     {"total.cpus_used subset of {0-2}", fails},
                     {"a.cpus_used disjoint from b.cpus_used", pass},
                     {"total.cpus_used disjoint from {3}", fails},
                     {"max(a.wake_latency) is finite", unknown},
                     {"cgroup[x*].iterations is empty", pass},
                     {"cgroup[*].iterations is empty", fails},
                     {"cgroup[*].cpus_used subset of {0-1}", fails, "b: {2-3}"},
                     {"5 <= a.workers.iterations", pass},
                     {"140 <= a.workers.iterations", fails},
                     {"a.workers.iterations contains c.iterations", unknown},
                     {"a.workers.iterations / a.workers.migrations contains 5", unknown},
                 });
}

TEST_CASE("the kernel's release is a text") {
  World world;
  CHECK(world.claim("kernel.release is not empty").outcome == ir::Outcome::inconclusive);
  world.telemetry.kernel = "7.3.4-cloud-amd64";
  CHECK(world.claim("kernel.release matches /^7\\.3\\./").outcome == ir::Outcome::pass);
  CHECK(world.claim("kernel.release contains \"cloud\"").outcome == ir::Outcome::pass);
  CHECK(world.claim("kernel.release == \"7.3.4\"").outcome == ir::Outcome::fail);
}

TEST_CASE("predicates about series") {
  World world;
  check(world, {
                   {"series(a.iterations) never decreases", pass},
                   {"series(a.iterations) strictly increases", pass},
                   {"a.cpu_time@* never decreases", fails, "a@uneven: 1s"},
                   {"b.cpu_time@* strictly increases", pass},
                   {"rate(series(a.iterations)) steady within 1%", pass},
                   {"series(a.iterations) steady within 10", fails},
                   {"series(a.iterations) steady within 70", pass},
                   {"series(a.iterations) steady within 77%", fails},
                   {"series(a.iterations) steady within 78%", pass},
                   {"rate(series(a.iterations)) converges to 40/s within 1% by 3s", pass},
                   {"rate(series(a.iterations)) converges to 40/s within 1% by 1s", fails},
                   {"series(a.iterations) converges to 100 within 20 by 3s", pass, "a +3s: 120"},
                   {"series(a.iterations) converges to 100 within 20% by 3s", pass, "a +3s: 120"},
                   {"series(a.iterations) converges to 100 within 19 by 4s", fails},
                   {"b.cpu_time@* converges to 2s within 1s by 5s", unknown},
                   {"a.cpu_time@[even*] never decreases", unknown},
                   {"series(c.iterations) never decreases", unknown},
                   {"series(a.iterations) steady within c.iterations", unknown},
                   {"series(a.iterations) converges to c.iterations within 1 by 3s", unknown},
                   {"series(a.iterations) steady within 1 / (pairs - 2)", fails},
               });
  world.set_samples(0, {10, 20, 30, 30, 40, 50, 60, 70});
  world.set_samples(1, {10, 10, 10, 10, 10, 10, 10, 10});
  check(world, {{"series(a.iterations) never decreases", pass},
                {"series(a.iterations) strictly increases", fails, "a +2s: 40"},
                {"series(total.workers.iterations) strictly increases", fails}});
  world.set_samples(0, {10, 20, 30, 25, 40, 50, 60, 70});
  check(world, {{"series(a.iterations) never decreases", fails, "a +2s: 35"}});
}

TEST_CASE("a worker that ends or moves takes nothing from its cgroup's series") {
  World world;
  for (std::size_t i = 4; i < 8; ++i)
    std::erase_if(world.telemetry.samples[i].workers, [](const auto& w) { return w.worker == 0; });
  world.telemetry.moves.push_back({1, "b", 2750ms});
  check(world, {{"series(a.iterations) never decreases", pass},
                {"last(series(a.iterations)) == 70", pass},
                {"last(series(b.iterations)) == 210", pass},
                {"a.iterations@even == 180", pass},
                {"a.iterations@uneven == 50", pass},
                {"b.iterations@uneven == 350", pass}});
}

TEST_CASE("modifiers") {
  World world;
  world.set_samples(0, {10, 20, 90, 91, 92, 60, 70, 80});
  world.set_samples(1, {0, 0, 0, 0, 0, 0, 0, 0});
  check(world,
        {
            {"series(a.iterations) <= 89", fails},
            {"series(a.iterations) <= 89 sustained 3 samples", fails},
            {"series(a.iterations) <= 89 sustained 4 samples", pass},
            {"series(a.iterations) <= 89 sustained 1s", fails},
            {"series(a.iterations) <= 89 sustained 1001ms", pass},
            {"series(a.iterations) <= 89 ignoring first 3s", pass},
            {"series(a.iterations) <= 89 ignoring first 2500ms", fails},
            {"series(a.iterations) never decreases ignoring first 3s", pass},
            {"series(a.iterations) never decreases", fails},
            {"series(a.iterations) <= 100 ignoring first 1h", unknown, "no data"},
            {"series(a.iterations) <= 100 with at least 8 samples", pass},
            {"series(a.iterations) <= 100 with at least 9 samples", unknown},
            {"series(a.iterations) strictly increases with at least 9 samples", unknown},
            {"p50(b.wake_latency) <= 1s with at least 28 samples", pass},
            {"p50(b.wake_latency) <= 1s with at least 29 samples", unknown},
            {"p50(b.workers.wake_latency) <= 1ns with at least 15 samples", unknown},
            {"a.max_gap@even <= 1s with at least 4 samples", pass},
            {"a.max_gap@even <= 1s with at least 5 samples", unknown},
            {"a.iterations > 1000 when cpus > 4", pass, "its condition does not hold"},
            {"a.iterations > 1000 when cpus == 4", fails},
            {"a.iterations > 1000 when cpus == 4 and llcs == 1", pass},
            {"a.iterations > 1000 when cpus == 5 or llcs == 2", fails},
            {"a.iterations > 0 when c.iterations > 0", unknown, "its condition could not be told"},
            {"a.iterations > 0 when c.iterations > 0 and cpus == 5", pass},
            {"a.iterations > 0 when c.iterations > 0 or cpus == 4", pass, "a: 280"},
            {"a.iterations > 1000 expect fail", pass},
            {"a.iterations > 0 expect fail", fails},
            {"c.iterations > 0 expect fail", unknown},
        });
}

TEST_CASE("a finding shows what lies behind it") {
  const ir::Finding found = World().claim("b.max_gap <= 100ms");
  CHECK(found.value == "b: 212ms");
  const auto has = [&](const std::string& line) {
    CAPTURE(line, found.evidence);
    CHECK(std::ranges::find(found.evidence, line) != found.evidence.end());
  };
  has("value 212ms, limit 100ms, host delay H 0s");
  has("b.max_gap = 212ms");
  has("  its 2 workers: 212ms, 7ms");
}

TEST_CASE("telemetry that contradicts itself is survived") {
  World world;
  world.telemetry.workers[0].slices.push_back({.worker = 0, .phase = 77});
  world.telemetry.workers[0].slices[0].values.push_back({9999, 5});
  world.telemetry.workers.push_back(world.telemetry.workers[0]);
  world.telemetry.samples.push_back({.at = Nanos::min(), .phase = 9});
  world.telemetry.samples.push_back({.at = Nanos::max(), .phase = 1, .workers = {{.worker = 55}}});
  world.telemetry.cpusets.push_back({"a", Nanos::min(), {}});
  world.telemetry.moves.push_back({0, "a", Nanos::max()});
  world.telemetry.phases[1].end = Nanos(0);
  world.telemetry.workers[2].slices[0].histograms[0].histogram.counts.pop_back();
  world.set(1, 0, "cpu_time", std::numeric_limits<std::int64_t>::min());
  world.set(1, 1, "iterations", std::numeric_limits<std::int64_t>::max());
  check(world, {{"a.max_gap <= 30ms", pass}, {"p99(b.wake_latency) <= 1h", pass}});
  CHECK_FALSE(summaries(world.judged, world.telemetry).empty());
}
