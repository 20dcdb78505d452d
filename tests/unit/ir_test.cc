// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "ir/case.h"
#include "ir/source_map.h"
#include "ir/telemetry.h"
#include "ir/verdict.h"

using namespace ktstr;
using namespace ktstr::ir;

TEST_CASE("a program travels whole, an unresolved one does not") {
  Program program;
  program.steps.push_back({.name = "s", .cgroups = {{.name = "a"}}, .hold = Hold(2s)});
  program.steps[0].cgroups[0].groups.push_back(
      {.workers = Workers(Count(3)), .work = Work(Mixed{})});
  program.steps[0].ops.push_back(Op(Sleep{50ms}));
  const Buffer bytes = schema::encode(schema::cref_to(program)).value();
  CHECK(schema::decode<Program>(bytes).value() == program);

  program.steps[0].cgroups[0].groups[0].workers =
      Workers(Count(Expr{Operation{Operator::divide, {Expr{"cpus"}, Expr{2.0}}}}));
  const Result<Buffer> refused = schema::encode(schema::cref_to(program));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint == "unresolved expression `cpus / 2`");
}

TEST_CASE("phases as deep as they may nest travel whole") {
  namespace phase = ir::program;
  std::vector<phase::Phase> phases{phase::Spin{2ms}};
  for (std::size_t depth = 1; depth < phase::deepest; ++depth)
    phases = {schema::Box(phase::Choose{{{Share{0.5}, phases}, {Share{0.5}, {}}}})};
  Program program;
  program.steps.push_back({.name = "s", .cgroups = {{.name = "a"}}});
  program.steps[0].cgroups[0].groups.push_back(
      {.workers = Workers(Count(1)), .work = Work(ProgramWork{phases})});
  const Buffer bytes = schema::encode(schema::cref_to(program)).value();
  CHECK(schema::decode<Program>(bytes).value() == program);
}

TEST_CASE("expressions print with just the parentheses they need") {
  const Expr a{"a"};
  const Expr b{"b"};
  const Expr difference{Operation{Operator::subtract, {a, b}}};
  CHECK(to_text(Expr{Operation{Operator::subtract, {a, difference}}}) == "a - (a - b)");
  CHECK(to_text(Expr{Operation{Operator::subtract, {difference, a}}}) == "a - b - a");
  CHECK(to_text(Expr{Operation{Operator::multiply, {difference, b}}}) == "(a - b) * b");
  CHECK(to_text(Expr{Operation{Operator::ceil, {difference}}}) == "ceil(a - b)");
  CHECK(to_text(Expr{Operation{Operator::negate, {difference}}}) == "-(a - b)");
  CHECK(to_text(Expr{Operation{Operator::min, {a, Expr{0.5}}}}) == "min(a, 0.5)");
}

TEST_CASE("a place is that of the nearest part of the path that has one") {
  const auto source = std::make_shared<const Source>(Source{"f.yaml", ""});
  SourceMap map;
  map.set("", {source, {1, 1, 1}});
  map.set("steps[1]", {source, {5, 1, 1}});
  CHECK(map.find("steps[1].ops[0].mark.name").span.line == 5);
  CHECK(map.find("claims[0]").span.line == 1);
}

TEST_CASE("work types know the size of their groups") {
  CHECK(group_size(Work(PipeIo{})) == 2);
  CHECK(group_size(Work(Spin{})) == 1);
  CHECK(group_size(Work(FutexFanOut{.fan_out = 6})) == 7);
  CHECK(group_size(Work(MutexContention{.contenders = 5})) == 5);
  CHECK(group_size(Work(PriorityInversion{.high = 2, .medium = 0, .low = 3})) == 5);
  CHECK(group_size(Work(WakeChain{.depth = 9})) == 9);
  CHECK(name_of(Work(FutexPingPong{})) == "futex_ping_pong");
}

TEST_CASE("work types know what they need around them") {
  CHECK(needs_network(Work(IrqWake{})));
  CHECK_FALSE(needs_network(Work(Spin{})));
  CHECK(needs_process(Work(Schbench{})));
  CHECK_FALSE(needs_process(Work(Spin{})));
  CHECK(nested_cgroups(Work(CgroupChurn{.groups = 5})) == Count(5));
  CHECK_FALSE(nested_cgroups(Work(Spin{})));

  Program program;
  CHECK_FALSE(any_work(program, &needs_network));
  program.backdrop.ops.push_back(
      Spawn{.cgroup = "a", .group = {.workers = Workers(Count(1)), .work = Work(NetTraffic{})}});
  CHECK(any_work(program, &needs_network));
}

TEST_CASE("work types of several classes know the policy of each member") {
  const Work inversion = PriorityInversion{.high = 1, .medium = 2, .low = 1};
  CHECK(policy_of(inversion, 0) == Policy(FifoPolicy{30}));
  CHECK(policy_of(inversion, 2) == Policy(FifoPolicy{20}));
  CHECK(policy_of(inversion, 3) == Policy(FifoPolicy{10}));
  const Work starvation = RtStarvation{.rt_workers = 2, .cfs_workers = 1, .rt_priority = 7};
  CHECK(policy_of(starvation, 1) == Policy(FifoPolicy{7}));
  CHECK(policy_of(starvation, 2) == std::nullopt);
  CHECK(policy_of(Work(PreemptStorm{}), 1) == std::nullopt);
  CHECK(policy_of(Work(AsymmetricWaker{.wakee = BatchPolicy{}}), 0) == std::nullopt);
  CHECK(policy_of(Work(AsymmetricWaker{.wakee = BatchPolicy{}}), 1) == Policy(BatchPolicy{}));
  CHECK(policy_of(Work(Spin{}), 0) == std::nullopt);
}

TEST_CASE("work types know how long their iterations are to take") {
  CHECK(round_time_of(Work(Spin{})) == Nanos(0));
  CHECK(round_time_of(Work(Bursty{.burst = 3ms, .sleep = 7ms})) == 10ms);
  CHECK(round_time_of(Work(WakeChain{.depth = 5, .work_per_hop = 2ms})) == 10ms);
  CHECK(round_time_of(Work(
            Sequence{{sequence::Sleep{1ms}, sequence::Spin{9ms}, sequence::Sleep{2ms}}})) == 12ms);
  CHECK(round_time_of(Work(Schbench{.sleep = 1ms, .requests_per_second = 10})) == 101ms);
  const auto repeated = [](std::int64_t times) {
    return Work(ProgramWork{
        {program::Sleep{2ms}, schema::Box(program::Repeat{
                                  times,
                                  {program::Alu{1ms}, program::Yield{},
                                   schema::Box(program::Choose{
                                       {program::Option{Share{0.5}, {}},
                                        program::Option{Share{0.5}, {program::Spin{3ms}}}}})}})}});
  };
  CHECK(round_time_of(repeated(10)) == 42ms);
  CHECK(round_time_of(repeated(1'000'000'000)) == 24h);
}

TEST_CASE("every metric's row is complete and named once") {
  for (const Metric& row : metrics) {
    CHECK(&**find_metric(row.name) == &row);
    CHECK_FALSE(row.supplier.empty());
    CHECK(row.doc.ends_with('.'));
  }
  CHECK(metric("max_gap")->metric_class == MetricClass::wall);
  CHECK_FALSE(find_metric("nonsense"));
}

TEST_CASE("telemetry and results travel") {
  Telemetry telemetry;
  telemetry.samples.push_back({.at = 5ms, .phase = 0, .workers = {{1, {{0, 17}}, {0, 3}}}});
  telemetry.workers.push_back({.info = {.id = 1, .cgroup = "a"}, .end = WorkerEnd::stopped});
  const Buffer bytes = schema::encode(schema::cref_to(telemetry)).value();
  CHECK(schema::decode<Telemetry>(bytes).value() == telemetry);
  CHECK(schema::encode(schema::cref_to(RunResult{})));
}
