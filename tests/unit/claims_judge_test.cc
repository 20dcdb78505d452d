// SPDX-License-Identifier: GPL-2.0-only
// Class rules, checks, expectations and the lattice, over a run made by hand.
#include "claims/kernel_log.h"
#include "claims/noise.h"
#include "claims/pattern.h"
#include "claims_world.h"

using namespace ktstr;
using namespace ktstr::claims;
using ir::Outcome;

TEST_CASE("the widening is the largest sum of as many adjacent seconds as the value lasts") {
  const ir::HostNoise host{.worst_per_second = {10ms, 200ms, 50ms, 300ms, 0ms}};
  const Noise noise(Accelerator::kvm, host);
  CHECK(noise.widening(0) == 300ms);
  CHECK(noise.widening(1e9) == 300ms);
  CHECK(noise.widening(1.5e9) == 350ms);
  CHECK(noise.widening(3e9) == 550ms);
  CHECK(noise.widening(1e12) == 560ms);
  CHECK(Noise(Accelerator::kvm, {}).widening(1e9) == 0ms);
}

TEST_CASE("wall times fail only beyond the limit and the host's delay") {
  World world;
  world.telemetry.noise.worst_per_second = {0ms, 100ms, 20ms};
  CHECK(world.claim("b.max_gap <= 212ms").outcome == Outcome::pass);
  const ir::Finding between = world.claim("b.max_gap <= 112ms");
  CHECK(between.outcome == Outcome::inconclusive);
  CHECK(between.evidence.at(0).starts_with("value 212ms, limit 112ms, host delay H 100ms"));
  const ir::Finding beyond = world.claim("b.max_gap <= 111ms");
  CHECK(beyond.outcome == Outcome::fail);
  CHECK(beyond.evidence.at(0) == "value 212ms, limit 111ms, host delay H 100ms");
  CHECK(world.claim("b.max_gap between 1ms and 112ms").outcome == Outcome::inconclusive);
  CHECK(world.claim("b.max_gap near 100ms within 12ms").outcome == Outcome::inconclusive);
  CHECK(world.claim("b.max_gap near 100ms within 11ms").outcome == Outcome::fail);
  // A delay makes no time shorter.
  CHECK(world.claim("b.max_gap >= 213ms").outcome == Outcome::fail);
  // A ratio of wall times is judged as work is.
  CHECK(world.claim("b.max_gap / a.max_gap <= 2").outcome == Outcome::fail);
  world.telemetry.noise.on_cpu = 10s;
  world.telemetry.noise.run_delay = 1100ms;
  CHECK(world.claim("b.max_gap / a.max_gap <= 2").outcome == Outcome::inconclusive);
  CHECK(world.claim("b.max_gap <= 111ms").outcome == Outcome::fail);
}

TEST_CASE("a time that was measured is excused on whichever side of its limit it stands") {
  World world;
  world.telemetry.noise.worst_per_second = {100ms};
  CHECK(world.claim("112ms >= b.max_gap").outcome == Outcome::inconclusive);
  CHECK(world.claim("111ms >= b.max_gap").outcome == Outcome::fail);
  CHECK(world.claim("111ms > b.max_gap").evidence.at(0) ==
        "value 111ms, limit 212ms, host delay H 100ms");
  // A delay makes no time shorter.
  CHECK(world.claim("213ms <= b.max_gap").outcome == Outcome::fail);
  CHECK(world.claim("a.max_gap >= b.max_gap").outcome == Outcome::fail);
  world.telemetry.noise.worst_per_second = {190ms};
  CHECK(world.claim("a.max_gap >= b.max_gap").outcome == Outcome::inconclusive);
}

TEST_CASE("work compared with zero judges, whatever else the claim names") {
  World world;
  world.context.accelerator = Accelerator::tcg;
  CHECK(world.claim("a.iterations between 0 and 279").outcome == Outcome::inconclusive);
  CHECK(world.claim("a.iterations - 281 between 0 and 279").outcome == Outcome::fail);
  CHECK(world.claim("a.iterations near 0 within 279").outcome == Outcome::inconclusive);
  CHECK(world.claim("0 >= a.iterations").outcome == Outcome::fail);
  CHECK(world.claim("0 == a.workers.iterations").outcome == Outcome::fail);
  CHECK(world.claim("a.iterations != 280").outcome == Outcome::inconclusive);
  CHECK(world.claim("a.iterations - 280 != 0").outcome == Outcome::fail);
}

TEST_CASE("work judges only where the machine does not decide it") {
  World world;
  const char* ratio = "a.iterations / b.iterations >= 0.9";
  CHECK(world.claim(ratio).outcome == Outcome::fail);
  world.telemetry.noise.on_cpu = 10s;
  world.telemetry.noise.run_delay = 1s;  // Exactly 0.1: not yet contended.
  CHECK(world.claim(ratio).outcome == Outcome::fail);
  world.telemetry.noise.run_delay = 1001ms;
  CHECK(world.claim(ratio).outcome == Outcome::inconclusive);
  CHECK(world.claim("a.iterations / b.iterations >= 0.5").outcome == Outcome::pass);
  world.telemetry.noise = {};
  world.context.accelerator = Accelerator::tcg;
  CHECK(world.claim(ratio).outcome == Outcome::inconclusive);
  CHECK(world.claim("rate(a.iterations) >= 100/s").outcome == Outcome::inconclusive);
  CHECK(world.claim("series(a.iterations) steady within 1%").outcome == Outcome::inconclusive);
  // Compared with 0 it always judges.
  CHECK(world.claim("a.iterations <= 0").outcome == Outcome::fail);
  CHECK(world.claim("a.workers.iterations == 0").outcome == Outcome::fail);
}

TEST_CASE("facts and CPU time always judge; the weakest metric decides") {
  World world;
  world.context.accelerator = Accelerator::tcg;
  world.telemetry.noise = {.on_cpu = 1s, .run_delay = 10s, .worst_per_second = {5s}};
  CHECK(world.claim("a.cpu_time >= 3s").outcome == Outcome::fail);
  CHECK(world.claim("a.cpus_used == {0}").outcome == Outcome::fail);
  CHECK(world.claim("a.spread <= 1%").outcome == Outcome::fail);
  CHECK(world.claim("a.cpu_time * a.iterations <= 1s").outcome == Outcome::inconclusive);
  CHECK(world.claim("a.cpu_time <= a.max_gap").outcome == Outcome::inconclusive);
}

TEST_CASE("a run without trouble passes its checks") {
  const World world;
  const ir::Verdict verdict = world.verdict();
  CHECK(verdict.outcome == Outcome::pass);
  for (const char* kind : {"starvation", "isolation", "kernel_log"}) {
    CAPTURE(kind);
    CHECK(world.finding(kind).outcome == Outcome::pass);
  }
  CHECK_FALSE(world.finds("gap"));
  CHECK_FALSE(world.finds("spread"));
  CHECK_FALSE(world.finds("worker"));
  CHECK_FALSE(world.finds("op"));
}

TEST_CASE("checks that are off say nothing") {
  World world;
  world.set(0, 0, "iterations", 0);
  world.set(0, 0, "work_units", 0);
  world.slice(0, 0).cpus = {3};
  world.telemetry.kernel_log = {"[    3.000000] kernel BUG at kernel/sched/core.c:1!"};
  world.judged.checks = {
      .starvation = ir::Toggle::off, .isolation = ir::Toggle::off, .kernel_log = ir::Toggle::off};
  CHECK(world.verdict().findings.empty());
  CHECK(world.verdict().outcome == Outcome::pass);
}

TEST_CASE("starvation") {
  World world;
  world.set(1, 1, "iterations", 0);
  CHECK(world.finding("starvation").outcome == Outcome::pass);  // Units of work were done.
  world.set(1, 1, "work_units", 0);
  const ir::Finding found = world.finding("starvation");
  CHECK(found.outcome == Outcome::fail);
  CHECK(found.value == "a worker 1 (spin) in step `uneven` did nothing in 2s");
  CHECK(world.verdict().outcome == Outcome::fail);
  // Not as long as the host may have taken that time.
  world.telemetry.noise.worst_per_second = {1500ms};
  CHECK(world.finding("starvation").outcome == Outcome::fail);
  world.telemetry.noise.worst_per_second = {1501ms};
  CHECK(world.finding("starvation").outcome == Outcome::inconclusive);
  // Nor when it was to run only briefly, as when frozen.
  world.slice(1, 1).lived = 499ms;
  CHECK(world.finding("starvation").outcome == Outcome::pass);
  world.slice(1, 1).lived = 500ms;
  CHECK(world.finding("starvation").outcome == Outcome::inconclusive);
  world.erase(1, 1, "iterations");
  world.erase(1, 1, "work_units");
  CHECK(world.finding("starvation").outcome == Outcome::inconclusive);
  for (auto& worker : world.telemetry.workers)
    for (auto& slice : worker.slices) slice.lived = 10ms;
  CHECK(world.finding("starvation").outcome == Outcome::inconclusive);
}

TEST_CASE("a round of work that is to take long is no starvation") {
  World world;
  world.set(2, 0, "iterations", 0);
  world.set(2, 0, "work_units", 0);
  CHECK(world.finding("starvation").outcome == Outcome::fail);
  ir::Cgroup b{.name = "b"};
  b.groups.push_back({.work = ir::Work(ir::Bursty{.burst = 1ms, .sleep = 751ms})});
  world.judged.program.backdrop.cgroups.push_back(b);
  CHECK(world.finding("starvation").outcome == Outcome::pass);
  world.judged.program.backdrop.cgroups[0].groups[0].work =
      ir::Work(ir::Bursty{.burst = 1ms, .sleep = 749ms});
  CHECK(world.finding("starvation").outcome == Outcome::fail);
  // Those of another cgroup may take as long as they like.
  ir::Cgroup a{.name = "a"};
  a.groups.push_back({.work = ir::Work(ir::Bursty{.burst = 1ms, .sleep = 10s})});
  world.judged.program.backdrop.cgroups.push_back(a);
  CHECK(world.finding("starvation").outcome == Outcome::fail);
}

TEST_CASE("isolation tests each sample against the cpuset in force then") {
  World world;
  world.telemetry.samples[6].workers[0].cpus = {0, 2};  // At 4.5 s, since 4 s.
  const ir::Finding found = world.finding("isolation");
  CHECK(found.outcome == Outcome::fail);
  CHECK(found.value == "a worker 0 (spin) in step `uneven` ran on {2}");
  CHECK(world.claim("a.stray_cpus is empty").value == "a: {2}");
  CHECK(world.claim("a.stray_cpus@even is empty").outcome == Outcome::pass);
  // CPU 2 was allowed until 4.0 s at the latest moment that excuses: grace ends at 4.1 s.
  world.telemetry.cpusets = {{"a", 500ms, {0, 1, 2}}, {"b", 500ms, {2, 3}}, {"a", 3900ms, {0, 1}}};
  CHECK(world.finding("isolation").outcome == Outcome::fail);
  world.telemetry.cpusets[2].at = 3901ms;
  CHECK(world.finding("isolation").outcome == Outcome::pass);
  // Allowed only later.
  world.telemetry.cpusets = {{"a", 500ms, {0, 1}}, {"b", 500ms, {2, 3}}, {"a", 4600ms, {0, 1, 2}}};
  CHECK(world.finding("isolation").outcome == Outcome::fail);
  world.telemetry.cpusets[2].at = 4500ms;
  CHECK(world.finding("isolation").outcome == Outcome::pass);
}

TEST_CASE("isolation follows a worker that was moved, and knows when it does not know") {
  World world;
  world.telemetry.samples[6].workers[0].cpus = {2};
  world.telemetry.moves = {{0, "b", 4200ms}};
  CHECK(world.finding("isolation").outcome == Outcome::fail);  // At 5 s it runs on 0, in b.
  world.telemetry.samples[7].workers[0].cpus = {2};
  world.slice(0, 1).cpus = {0, 2};
  CHECK(world.finding("isolation").outcome == Outcome::pass);
  world.telemetry.cpusets.erase(world.telemetry.cpusets.begin());
  CHECK(world.finding("isolation").outcome == Outcome::inconclusive);
}

TEST_CASE("isolation sees what no sample caught") {
  World world;
  world.slice(2, 0).cpus = {1, 2};
  CHECK(world.finding("isolation").outcome == Outcome::fail);
}

TEST_CASE("gap") {
  World world;
  world.judged.checks.gap = Nanos(200ms);
  const ir::Finding found = world.finding("gap");
  CHECK(found.outcome == Outcome::fail);
  CHECK(found.value.find("b worker 2 (bursty) in step `uneven`: value 212ms, limit 200ms") == 0);
  world.telemetry.noise.worst_per_second = {12ms};
  CHECK(world.finding("gap").outcome == Outcome::inconclusive);
  world.judged.checks.gap = Nanos(212ms);
  CHECK(world.finding("gap").outcome == Outcome::pass);
  world.judged.checks.gap = ir::Toggle::on;
  CHECK(world.finding("gap").outcome == Outcome::pass);
  world.set(0, 0, "max_gap", Nanos(2100ms).count());
  CHECK(world.finding("gap").outcome == Outcome::fail);
  world.erase(0, 0, "max_gap");
  CHECK(world.finding("gap").outcome == Outcome::inconclusive);
}

TEST_CASE("spread") {
  World world;
  world.judged.checks.spread = Share{0.06};
  CHECK(world.finding("spread").outcome == Outcome::pass);
  world.judged.checks.spread = Share{0.04};
  CHECK(world.finding("spread").outcome == Outcome::fail);
  CHECK(world.finding("spread").value == "a: 5%");
  world.judged.checks.spread = ir::Toggle::on;  // 15 %
  CHECK(world.finding("spread").outcome == Outcome::pass);
  world.set(3, 0, "cpu_time", Nanos(300ms).count());
  CHECK(world.finding("spread").outcome == Outcome::fail);
  world.telemetry.workers = {world.telemetry.workers[0], world.telemetry.workers[2]};
  CHECK(world.finding("spread").outcome == Outcome::inconclusive);
}

TEST_CASE("the kernel's sentences of trouble") {
  const std::pair<const char*, const char*> lines[] = {
      {"[    5.012345] BUG: kernel NULL pointer dereference, address: 0000000000000008", "oops"},
      {"[    5.012345] Oops: 0000 [#1] PREEMPT SMP NOPTI", "oops"},
      {"[    5.0] BUG: unable to handle page fault for address: ffffc90000000000", "oops"},
      {"[    5.0][  T123] kernel BUG at kernel/sched/ext.c:1234!", "oops"},
      {"[    5.0] general protection fault, probably for non-canonical address", "oops"},
      {"[    5.0] Kernel panic - not syncing: Fatal exception", "panic"},
      {"[   31.0] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [spin:123]", "lockup"},
      {"[   31.0] NMI watchdog: Watchdog detected hard LOCKUP on cpu 2", "lockup"},
      {"[   31.0] BUG: workqueue lockup - pool cpus=0 node=0 stuck for 33s!", "lockup"},
      {"[   31.0] INFO: task kworker/0:1:12 blocked for more than 120 seconds.", "hung_task"},
      {"[   31.0] rcu: INFO: rcu_preempt self-detected stall on CPU", "rcu_stall"},
      {"[   31.0] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", "rcu_stall"},
      {"[    5.0] BUG: scheduling while atomic: spin/123/0x00000002", "bug"},
      {"[    5.0] WARNING: CPU: 1 PID: 42 at kernel/sched/core.c:100 schedule+0x1", "warning"},
      {"[    5.0] traps: spin[12] general protection fault ip:1 sp:2 error:0", ""},
      {"[    5.0] Linux version 7.3.4", ""},
      {"[    5.0] Spectre V2 : WARNING: Unprivileged eBPF is enabled", ""},
      {"", ""},
  };
  for (const auto& [line, kind] : lines) {
    CAPTURE(line);
    CHECK(trouble_in(line) == kind);
  }
  CHECK(time_of("[    5.250000] x") == 5250ms);
  CHECK(time_of("x") == 0s);
}

TEST_CASE("kernel trouble fails a case and is shown with what follows") {
  World world;
  world.telemetry.kernel_log = {"[    0.5] WARNING: CPU: 0 PID: 1 at arch/x86/boot.c:1", "boot",
                                "[    2.0] WARNING: CPU: 0 PID: 9 at kernel/sched/core.c:1",
                                "trace", "[    2.5] WARNING: CPU: 0 PID: 9 at kernel/x.c:1"};
  const ir::Finding found = world.finding("warning");
  CHECK(found.outcome == Outcome::fail);
  CHECK(found.value == world.telemetry.kernel_log[2] + " (and 1 more)");
  CHECK(found.evidence.at(1) == "trace");
  CHECK_FALSE(world.finds("kernel_log"));
  world.telemetry.kernel_log.resize(2);  // Only the boot's own warning.
  CHECK(world.finding("kernel_log").outcome == Outcome::pass);
  world.telemetry.kernel_log[0] = "[    0.5] Oops: 0000 [#1] SMP";
  CHECK(world.finding("oops").outcome == Outcome::fail);
}

TEST_CASE("dead workers and failed ops fail a case") {
  World world;
  ir::WorkerReport& worker = world.telemetry.workers[3];
  worker.end = ir::WorkerEnd::exited;
  worker.status = 7;
  CHECK(world.finding("worker").value == "b worker 3 (bursty) exited by itself with status 7");
  CHECK(world.finding("worker").outcome == Outcome::fail);
  worker.end = ir::WorkerEnd::signalled;
  worker.status = 9;
  CHECK(world.finding("worker").value == "b worker 3 (bursty) was ended by signal 9");
  world.telemetry.kernel_log = {"[ 4.0] Memory cgroup out of memory: Killed process 103 (w) x"};
  CHECK(world.finding("worker").value.ends_with("signal 9: out of memory"));
  worker.end = ir::WorkerEnd::killed;
  CHECK(world.finding("worker").outcome == Outcome::fail);
  worker.end = ir::WorkerEnd::running;
  CHECK(world.finding("worker").outcome == Outcome::inconclusive);
  worker.end = ir::WorkerEnd::stopped;
  CHECK_FALSE(world.finds("worker"));
  worker.error = "sched_setaffinity: Invalid argument";
  CHECK(world.finding("worker").outcome == Outcome::fail);

  world.telemetry.ops = {{.step = 1, .op = 0, .name = "set_cpuset"}};
  CHECK_FALSE(world.finds("op"));
  world.telemetry.ops[0].error = "Device busy";
  CHECK(world.finding("op").value == "set_cpuset (step 2, op 1, round 1): Device busy");
  CHECK(world.finding("op").outcome == Outcome::fail);
}

TEST_CASE("the heaviest finding is the verdict") {
  World world;
  const auto with = [&](std::vector<Outcome> outcomes) {
    World other = world;
    for (const Outcome outcome : outcomes)
      other.context.events.push_back({.outcome = outcome, .kind = "guest", .label = "x"});
    return other.verdict().outcome;
  };
  CHECK(with({}) == Outcome::pass);
  CHECK(with({Outcome::inconclusive}) == Outcome::inconclusive);
  CHECK(with({Outcome::inconclusive, Outcome::error}) == Outcome::error);
  CHECK(with({Outcome::fail, Outcome::error}) == Outcome::fail);
  world.judged.allow_inconclusive = true;
  CHECK(with({Outcome::inconclusive}) == Outcome::pass);
  CHECK(with({Outcome::error}) == Outcome::error);
}

TEST_CASE("an expected failure passes the case, and only it") {
  World world;
  world.judged.claims =
      std::vector{World::parsed("a.iterations > 1000"), World::parsed("a.cpu_time > 1s")};
  world.context.places = {"f.yaml:3", "f.yaml:4"};
  CHECK(world.verdict().outcome == Outcome::fail);
  CHECK(world.verdict().findings[0].place == "f.yaml:3");
  CHECK(world.verdict().findings[1].place == "f.yaml:4");

  world.judged.expect = ir::Expect{.claim = "a.iterations > 1000"};
  CHECK(world.verdict().outcome == Outcome::pass);
  CHECK(world.finding("expect").value == "it occurred");
  world.judged.expect = ir::Expect{.claim = "a.cpu_time > 1s"};
  CHECK(world.verdict().outcome == Outcome::fail);
  world.judged.expect = ir::Expect{.kind = "claim", .matching = "/a: 280/"};
  CHECK(world.verdict().outcome == Outcome::pass);
  world.judged.expect = ir::Expect{.kind = "claim", .matching = "/a: 281/"};
  CHECK(world.verdict().outcome == Outcome::fail);
  world.judged.expect = ir::Expect{.kind = "claim", .matching = "/.*/"};  // Matches all: never.
  CHECK(world.verdict().outcome == Outcome::fail);
  world.judged.expect = ir::Expect{.kind = "oops"};
  CHECK(world.verdict().outcome == Outcome::fail);
  world.telemetry.kernel_log = {"[ 2.0] Oops: 0000 [#1] SMP"};
  CHECK(world.verdict().outcome == Outcome::fail);  // The claim fails besides.
  std::vector<ir::Claim>& claims = world.judged.claims.change();
  claims.erase(claims.begin());
  CHECK(world.verdict().outcome == Outcome::pass);
}

TEST_CASE("errors and what cannot be told never satisfy an expected failure") {
  World world;
  world.judged.claims = std::vector{World::parsed("a.iterations > 1000")};
  world.judged.expect = ir::Expect{.claim = "a.iterations > 1000"};
  world.judged.allow_inconclusive = true;
  CHECK(world.verdict().outcome == Outcome::pass);
  world.context.accelerator = Accelerator::tcg;  // Now the claim is inconclusive.
  CHECK(world.verdict().outcome == Outcome::inconclusive);
  CHECK(world.finding("expect").outcome == Outcome::inconclusive);
  world.context.accelerator = Accelerator::kvm;
  world.context.events = {{.outcome = Outcome::error, .kind = "guest", .label = "x"}};
  CHECK(world.verdict().outcome == Outcome::error);
  world.judged.expect = ir::Expect{.kind = "guest"};
  world.judged.claims.change().clear();
  CHECK(world.verdict().outcome == Outcome::error);
  // A scenario that starts nothing and finds nothing does not fail as expected.
  world.context.events.clear();
  CHECK(world.verdict().outcome == Outcome::fail);
}

TEST_CASE("patterns") {
  CHECK_FALSE(pattern_flaw("soft lockup"));
  CHECK(pattern_flaw("") == "the pattern is empty");
  CHECK(pattern_flaw("(")->starts_with("the pattern is malformed"));
  for (const char* all : {".*", "", "x*", "^", "$", ".", "[^x]", "(?s).+", "a|"})
    CHECK(pattern_flaw(all).has_value());
  CHECK(pattern_matches("b.d", "abcde"));
  CHECK_FALSE(pattern_matches("b.d$", "abcde"));
  CHECK(between_slashes("/a\\/b\\d/") == "a/b\\d");
  CHECK_FALSE(between_slashes("/a/b/"));
  CHECK_FALSE(between_slashes("a"));
  CHECK_FALSE(between_slashes("/a\\/"));
}

TEST_CASE("summaries have a line per cgroup and step") {
  const World world;
  const std::vector<ir::CgroupSummary> lines = summaries(world.judged, world.telemetry);
  REQUIRE(lines.size() == 4);
  const ir::CgroupSummary expected{.cgroup = "b",
                                   .step = "uneven",
                                   .workers = 2,
                                   .cpu_time = 3s,
                                   .iterations = 300,
                                   .max_gap = 212ms,
                                   .migrations = 0,
                                   .cpus_used = {2, 3}};
  CHECK(lines[3] == expected);
}

TEST_CASE("the time before the first step is not measured") {
  World world;
  world.telemetry.phases.insert(world.telemetry.phases.begin(),
                                {.index = 7, .name = "settling", .begin = 100ms, .end = 1s});
  ir::Slice early = world.slice(0, 0);
  early.phase = 7;
  world.telemetry.workers[0].slices.push_back(early);
  CHECK(world.claim("a.cpu_time == 2.8s").outcome == Outcome::pass);
  CHECK(world.claim("rate(a.iterations) == 70/s").outcome == Outcome::pass);
  world.judged.program.steps[0].name = "settling";  // Unless a step is called so.
  CHECK(world.claim("a.cpu_time == 3.8s").outcome == Outcome::pass);
}
