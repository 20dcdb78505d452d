// SPDX-License-Identifier: GPL-2.0-only
// The executor over a socketpair, its cgroups played by FakeCgroupfs and its workers real.
#include <algorithm>

#include "support/guest_run.h"

namespace {

using namespace ktstr;
using ir::metric;

ir::WorkGroup group_of(std::int64_t workers, ir::Work work = ir::Spin{}) {
  ir::WorkGroup group;
  group.workers = ir::Count(workers);
  group.work = std::move(work);
  return group;
}

ir::Cgroup cgroup_of(std::string name, std::int64_t workers, ir::Work work = ir::Spin{}) {
  ir::Cgroup cgroup;
  cgroup.name = std::move(name);
  if (workers > 0) cgroup.groups.push_back(group_of(workers, std::move(work)));
  return cgroup;
}

ir::Step step_of(std::string name, std::vector<ir::Op> ops, std::optional<ir::Hold> hold) {
  ir::Step step;
  step.name = std::move(name);
  step.ops = std::move(ops);
  step.hold = std::move(hold);
  return step;
}

ir::Program program_of(std::vector<ir::Cgroup> backdrop, std::vector<ir::Step> steps) {
  ir::Program program;
  program.sample_every = 20ms;
  program.backdrop.cgroups = std::move(backdrop);
  program.steps = std::move(steps);
  return program;
}

const ir::WorkerReport& report_of(const Heard& heard, const std::string& cgroup) {
  const auto found = std::ranges::find_if(
      heard.reports, [&](const auto& report) { return report.info.cgroup == cgroup; });
  REQUIRE(found != heard.reports.end());
  return *found;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool gone(std::int32_t pid) {
  return ::kill(pid, 0) != 0;
}

TEST_CASE("a program runs from Hello to Done, and everything it did is told") {
  GuestRun guest;
  guest.send(wire::Ping{42s});
  ir::Step step = step_of("load", {ir::Mark{"here"}}, 300ms);
  step.cgroups = {cgroup_of("a", 2), cgroup_of("b/c", 1, ir::Bursty{5ms, 5ms})};
  const Heard& heard = guest.run(program_of({}, {step}));

  REQUIRE(heard.done->error.empty());
  CHECK(heard.hellos.size() == 1);
  REQUIRE(heard.pongs.size() == 1);
  CHECK(heard.pongs[0].host == 42s);
  REQUIRE(heard.begun.size() == 1);
  REQUIRE(heard.phases.size() == 1);
  CHECK(heard.phases[0].name == "load");
  CHECK(heard.phases[0].begin == heard.begun[0].begin);
  CHECK(heard.phases[0].end - heard.phases[0].begin >= 300ms);
  REQUIRE(heard.ops.size() == 1);
  CHECK(heard.ops[0].name == "mark");
  CHECK(heard.samples.size() >= 3);

  REQUIRE(heard.reports.size() == 3);
  for (const ir::WorkerReport& report : heard.reports) {
    CHECK(report.end == ir::WorkerEnd::stopped);
    CHECK(report.error.empty());
    CHECK(report.info.step == 0);
    REQUIRE(report.slices.size() == 1);
    const ir::Slice& slice = report.slices[0];
    CHECK(value_of(slice.values, metric("iterations")) > 0);
    CHECK(value_of(slice.values, metric("cpu_time")) > 0);
    CHECK(value_of(slice.values, metric("wall_time")) == slice.lived.count());
    CHECK(slice.lived >= 250ms);
    CHECK(slice.lived <= heard.phases[0].end - heard.phases[0].begin + 50ms);
    CHECK(!slice.cpus.empty());
    CHECK(gone(report.info.pid));
  }
  const ir::Slice& bursty = report_of(heard, "b/c").slices[0];
  REQUIRE(bursty.histograms.size() == 1);
  CHECK(bursty.histograms[0].metric == metric("wake_latency").row);
  CHECK(bursty.histograms[0].histogram.count > 0);
}

TEST_CASE("samples are cumulative and name the CPUs since the last one") {
  GuestRun guest;
  const Heard& heard = guest.run(program_of({cgroup_of("a", 1)}, {step_of("one", {}, 400ms)}));
  std::int64_t last = 0;
  topology::CpuSet cpus;
  for (const ir::Sample& sample : heard.samples)
    for (const ir::WorkerSample& worker : sample.workers) {
      const std::int64_t now = value_of(worker.values, metric("work_units"));
      CHECK(now >= last);
      last = now;
      cpus = cpus | worker.cpus;
    }
  CHECK(last > 0);
  CHECK(!cpus.empty());
}

TEST_CASE("a backdrop's worker has a slice for every step, a step's worker one") {
  GuestRun guest;
  ir::Step second = step_of("second", {}, 100ms);
  second.cgroups = {cgroup_of("b", 1)};
  const Heard& heard =
      guest.run(program_of({cgroup_of("a", 1)}, {step_of("first", {}, 100ms), second}));
  REQUIRE(heard.done->error.empty());
  const ir::WorkerReport& backdrop = report_of(heard, "a");
  CHECK(backdrop.info.step == ir::backdrop_step);
  REQUIRE(backdrop.slices.size() == 2);
  CHECK(backdrop.slices[0].phase == 0);
  CHECK(backdrop.slices[1].phase == 1);
  const ir::WorkerReport& local = report_of(heard, "b");
  REQUIRE(local.slices.size() == 1);
  CHECK(local.slices[0].phase == 1);
}

TEST_CASE("cpusets are told when they change, and workers run where they say") {
  GuestRun guest;
  ir::Cgroup a = cgroup_of("a", 1);
  a.cpuset = ir::ExactCpus{{1}};
  ir::Cgroup b = cgroup_of("b", 0);
  b.cpuset = ir::ExactCpus{{0}};
  const Heard& heard = guest.run(program_of(
      {a, b},
      {step_of("one", {}, 150ms), step_of("two", {ir::SwapCpusets{"a", "b"}}, 150ms),
       step_of("three", {ir::SetCpuset{"a", ir::ExactCpus{{0, 1}}}, ir::ClearCpuset{"b"}}, 50ms)}));
  REQUIRE(heard.done->error.empty());
  const ir::WorkerReport& worker = report_of(heard, "a");
  REQUIRE(worker.slices.size() == 3);
  CHECK(worker.slices[0].cpus == topology::CpuSet{1});
  CHECK(worker.slices[1].cpus == topology::CpuSet{0});
  std::vector<std::pair<std::string, topology::CpuSet>> told;
  for (const ir::CpusetInForce& each : heard.cpusets) told.emplace_back(each.cgroup, each.cpus);
  // While an op is at it, the old and the new may hold.
  CHECK(told == std::vector<std::pair<std::string, topology::CpuSet>>{{"a", {1}},
                                                                      {"b", {0}},
                                                                      {"a", {0, 1}},
                                                                      {"b", {0, 1}},
                                                                      {"a", {0}},
                                                                      {"b", {1}},
                                                                      {"a", {0, 1}},
                                                                      {"a", {0, 1}},
                                                                      {"b", {0, 1}},
                                                                      {"b", {0, 1}}});
  CHECK(heard.cpusets[2].at < heard.cpusets[4].at);
  CHECK(std::ranges::is_sorted(heard.cpusets, {}, &ir::CpusetInForce::at));
}

TEST_CASE("a repeated hold does its ops in rounds that do not overlap") {
  GuestRun guest;
  const std::vector<ir::Op> round = {ir::DefineCgroup{cgroup_of("tmp", 1)}, ir::Sleep{20ms},
                                     ir::RemoveCgroup{"tmp"}};
  ir::Program program =
      program_of({}, {step_of("churn", round, ir::Repeat{150ms, Nanos(450ms)}),
                      step_of("late", {ir::Sleep{60ms}}, ir::Repeat{20ms, Nanos(200ms)})});
  const Heard& heard = guest.run(program);
  REQUIRE(heard.done->error.empty());
  REQUIRE(heard.phases.size() == 2);
  CHECK(heard.phases[0].rounds >= 2);
  CHECK(heard.phases[0].rounds <= 3);
  CHECK(heard.phases[1].overruns >= 2);
  CHECK(heard.phases[1].rounds <= 4);
  CHECK(heard.reports.size() == heard.phases[0].rounds);
  for (const ir::WorkerReport& report : heard.reports) {
    CHECK(report.end == ir::WorkerEnd::stopped);
    REQUIRE(report.slices.size() == 1);
    CHECK(report.slices[0].lived >= 20ms);
  }
  Nanos before{0};
  for (const ir::OpDone& op : heard.ops) {
    CHECK(op.at >= before);
    before = op.at + op.took;
  }
}

TEST_CASE("a step without hold measures while its ops are done") {
  GuestRun guest;
  const Heard& heard =
      guest.run(program_of({cgroup_of("a", 1)}, {step_of("ops", {ir::Sleep{80ms}}, {})}));
  REQUIRE(heard.done->error.empty());
  CHECK(heard.phases.at(0).end - heard.phases.at(0).begin >= 80ms);
  CHECK(report_of(heard, "a").slices.at(0).lived >= 70ms);
}

TEST_CASE("frozen time counts neither as life nor as a gap") {
  GuestRun guest;
  const Heard& heard = guest.run(program_of(
      {cgroup_of("a/b", 1)},
      {step_of("one", {ir::Sleep{50ms}, ir::Freeze{"a"}, ir::Sleep{1500ms}, ir::Unfreeze{"a"}}, {}),
       step_of("two", {ir::Freeze{"a/b"}}, 100ms)}));
  REQUIRE(heard.done->error.empty());
  const ir::WorkerReport& worker = report_of(heard, "a/b");
  CHECK(worker.end == ir::WorkerEnd::stopped);
  const ir::Slice& slice = worker.slices.at(0);
  CHECK(heard.phases[0].end - heard.phases[0].begin >= 1550ms);
  CHECK(slice.lived < 1s);
  CHECK(value_of(slice.values, metric("max_gap")) < Nanos(1s).count());
  CHECK(worker.slices.at(1).lived == Nanos(0));
}

TEST_CASE("moved workers are told, and those of the backdrop cannot be moved into a step") {
  GuestRun guest;
  SECTION("within the backdrop") {
    const Heard& heard = guest.run(program_of({cgroup_of("a", 2), cgroup_of("b", 0)},
                                              {step_of("one", {ir::MoveTasks{"a", "b"}}, 50ms)}));
    REQUIRE(heard.done->error.empty());
    REQUIRE(heard.moves.size() == 2);
    CHECK(heard.moves[0].cgroup == "b");
  }
  SECTION("into a step's cgroup") {
    ir::Step step = step_of("one", {ir::MoveTasks{"a", "b"}}, 50ms);
    step.cgroups = {cgroup_of("b", 0)};
    const Heard& heard = guest.run(program_of({cgroup_of("a", 1)}, {step}));
    CHECK(has(heard.done->error, "ends with the step"));
  }
}

TEST_CASE("an op that fails ends the run and says where and why") {
  GuestRun guest;
  const Heard& heard = guest.run(program_of(
      {cgroup_of("a", 1)}, {step_of("one", {ir::Mark{"m"}, ir::Freeze{"nowhere"}}, 10s)}));
  CHECK(has(heard.done->error, "step `one`: op 2 (freeze): there is no cgroup `nowhere`"));
  REQUIRE(heard.ops.size() == 2);
  CHECK(heard.ops[0].error.empty());
  CHECK(has(heard.ops[1].error, "nowhere"));
  CHECK(heard.reports.size() == 1);
}

TEST_CASE("an op on a cgroup's workers fails where none lives") {
  const ir::Op ops[] = {ir::SetNice{"a", 5}, ir::SetPolicy{"a", ir::BatchPolicy{}},
                        ir::SetAffinity{"a", ir::SingleAffinity{}}, ir::StopCgroup{"a"}};
  for (const ir::Op& op : ops) {
    GuestRun guest;
    const Heard& heard = guest.run(
        program_of({cgroup_of("a", 0), cgroup_of("a/b", 1)}, {step_of("one", {op}, 10s)}));
    INFO(ir::name_of(op));
    CHECK(has(heard.done->error, "no worker lives in the cgroup `a`"));
  }
}

TEST_CASE("what cannot be executed is refused with its place") {
  ir::Program program = program_of({}, {step_of("one", {}, 10s)});
  std::string expected;
  SECTION("too many workers in a group") {
    program.steps[0].cgroups = {cgroup_of("a", 100'000)};
    expected = "step `one`: cgroup `a`: 100000 workers in one group; at most 4096";
  }
  SECTION("a share of workers") {
    program.steps[0].cgroups = {cgroup_of("a", 1)};
    program.steps[0].cgroups[0].groups[0].workers = Share{0.5};
    expected = "cgroup `a`: the number of workers is not resolved";
  }
  SECTION("half a pair") {
    program.steps[0].cgroups = {cgroup_of("a", 3, ir::PipeIo{})};
    expected = "3 workers of `pipe_io`, which work in groups of 2";
  }
  SECTION("a cpuset by formula") {
    program.steps[0].ops = {ir::SetCpuset{"a", ir::LlcCpus{}}};
    expected = "step `one`: op 1 (set_cpuset): the cpuset is not resolved";
  }
  SECTION("a share of time") {
    program.steps[0].hold = Share{0.5};
    expected = "step `one`: the hold is not resolved";
  }
  SECTION("a cgroup twice") {
    program.steps[0].cgroups = {cgroup_of("a", 0), cgroup_of("a", 0)};
    expected = "cgroup `a`: create the cgroup `a`: File exists";
  }
  SECTION("a name that leaves the root") {
    program.steps[0].cgroups = {cgroup_of("../a", 0)};
    expected = "`../a` cannot be the name of a cgroup";
  }
  SECTION("an affinity without CPUs") {
    program.steps[0].cgroups = {cgroup_of("a", 1)};
    program.steps[0].cgroups[0].groups[0].affinity = ir::SmtPairAffinity{};
    expected = "no core has two siblings";
  }
  GuestRun guest;
  const Heard& heard = guest.run(program);
  INFO(heard.done->error);
  CHECK(has(heard.done->error, expected));
}

TEST_CASE("the host may end a run at any time and still gets the reports") {
  GuestRun guest;
  guest.send(wire::Run{program_of({cgroup_of("a", 2)}, {step_of("one", {}, 60s)})});
  REQUIRE(guest.listen(10s, [](const Heard& heard) { return heard.samples.size() >= 3; }));
  guest.send(wire::Stop{});
  guest.finish(10s);
  CHECK(has(guest.heard.done->error, "the host ended the run"));
  REQUIRE(guest.heard.reports.size() == 2);
  CHECK(guest.heard.reports[0].slices.size() == 1);
  CHECK(guest.heard.phases.size() == 1);
}

TEST_CASE("a host that is gone, or talks nonsense, ends everything") {
  GuestRun guest;
  guest.send(wire::Run{program_of({cgroup_of("a", 2)}, {step_of("one", {}, 60s)})});
  REQUIRE(guest.listen(10s, [](const Heard& heard) { return heard.samples.size() >= 3; }));
  const std::string children = read_text("/proc/" + std::to_string(guest.pid()) + "/task/" +
                                         std::to_string(guest.pid()) + "/children")
                                   .value();
  SECTION("gone") {
    guest.hang_up();
  }
  SECTION("nonsense") {
    REQUIRE(::write(guest.raw(), "GET / HTTP/1.1\r\n\r\n\r\n", 20) == 20);
  }
  SECTION("a message that only guests send") {
    guest.send(wire::Done{});
  }
  SECTION("a second program") {
    guest.send(wire::Run{});
  }
  CHECK(guest.wait() == 0);
  std::istringstream pids(children);
  int count = 0;
  for (pid_t pid = 0; pids >> pid; ++count) CHECK(gone(pid));
  CHECK(count == 2);
}

TEST_CASE("a worker's death is told at once, with what it had measured") {
  GuestRun guest;
  guest.send(wire::Run{program_of({cgroup_of("a", 1)}, {step_of("one", {}, 60s)})});
  REQUIRE(guest.listen(10s, [](const Heard& heard) { return heard.samples.size() >= 3; }));
  const std::string children = read_text("/proc/" + std::to_string(guest.pid()) + "/task/" +
                                         std::to_string(guest.pid()) + "/children")
                                   .value();
  REQUIRE(::kill(std::stoi(children), SIGKILL) == 0);
  REQUIRE(guest.listen(5s, [](const Heard& heard) { return !heard.reports.empty(); }));
  const ir::WorkerReport& report = guest.heard.reports[0];
  CHECK(report.end == ir::WorkerEnd::signalled);
  CHECK(report.status == SIGKILL);
  REQUIRE(report.slices.size() == 1);
  CHECK(value_of(report.slices[0].values, metric("work_units")) > 0);
  CHECK(value_of(report.slices[0].values, metric("cpu_time")) > 0);
  guest.send(wire::Stop{});
  guest.finish(10s);
}

TEST_CASE("a worker that does not stop is killed after two seconds") {
  GuestRun guest;
  guest.send(wire::Run{program_of({cgroup_of("a", 1)}, {step_of("one", {}, 60s)})});
  REQUIRE(guest.listen(10s, [](const Heard& heard) { return heard.samples.size() >= 3; }));
  const std::string children = read_text("/proc/" + std::to_string(guest.pid()) + "/task/" +
                                         std::to_string(guest.pid()) + "/children")
                                   .value();
  REQUIRE(::kill(std::stoi(children), SIGSTOP) == 0);
  const Nanos asked = monotonic_now();
  guest.send(wire::Stop{});
  guest.finish(20s);
  CHECK(monotonic_now() - asked >= 2s);
  REQUIRE(guest.heard.reports.size() == 1);
  CHECK(guest.heard.reports[0].end == ir::WorkerEnd::killed);
}

TEST_CASE("spawned workers, stopped cgroups, nice and affinity do what they say") {
  GuestRun guest;
  ir::WorkGroup nice = group_of(1);
  nice.nice = ir::Count(5);
  nice.affinity = ir::SingleAffinity{};
  const Heard& heard = guest.run(program_of({cgroup_of("a", 1), cgroup_of("b", 1)},
                                            {step_of("one",
                                                     {ir::Spawn{"a", nice}, ir::StopCgroup{"b"},
                                                      ir::SetAffinity{"a", ir::SingleAffinity{}}},
                                                     150ms)}));
  REQUIRE(heard.done->error.empty());
  REQUIRE(heard.reports.size() == 3);
  const ir::WorkerReport& stopped = report_of(heard, "b");
  CHECK(stopped.slices.empty());
  for (const ir::WorkerReport& report : heard.reports) {
    if (report.info.cgroup != "a") continue;
    CHECK(report.slices.at(0).cpus == topology::CpuSet{0});
    CHECK(report.info.group == (report.info.step == 0 ? 1 : 0));
  }
}

TEST_CASE("set_affinity chooses among the CPUs of the workers' node") {
  GuestRun guest;
  ir::Cgroup cgroup = cgroup_of("a", 1);
  cgroup.groups[0].node = ir::Count(1);
  ir::Program program =
      program_of({cgroup}, {step_of("single", {ir::SetAffinity{"a", ir::SingleAffinity{}}}, 150ms),
                            step_of("all", {ir::SetAffinity{"a", ir::SpanningAffinity{}}}, 10ms),
                            step_of("back", {ir::SetAffinity{"a", ir::InheritAffinity{}}}, 150ms)});
  program.topology = topology::expand(*topology::Shape::parse("2n2l1c1t")).value();
  const Heard& heard = guest.run(program);
  REQUIRE(heard.done->error.empty());
  const ir::WorkerReport& report = report_of(heard, "a");
  CHECK(report.error.empty());
  CHECK(report.slices.at(0).cpus == topology::CpuSet{1});
  CHECK(report.slices.at(2).cpus == topology::CpuSet{1});
}

}  // namespace
