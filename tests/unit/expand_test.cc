// SPDX-License-Identifier: GPL-2.0-only
#include "expand/expand.h"

#include <catch2/catch_test_macros.hpp>

#include "base/glob.h"
#include "expand/evaluate.h"
#include "expand/presets.h"
#include "expand/resolve.h"

using namespace ktstr;
using namespace ktstr::expand;
using namespace ktstr::ir;

namespace {

Expr name(const char* text) {
  return Expr{std::string(text)};
}
Expr operation(Operator op, std::vector<Expr> operands) {
  return Expr{Operation{op, std::move(operands)}};
}

Cgroup busy(std::string cgroup, Workers workers) {
  Cgroup out{.name = std::move(cgroup)};
  out.group.workers = std::move(workers);
  return out;
}

Scenario with(Cgroup cgroup, const char* shape = "1n2l4c1t") {
  Scenario out{.name = "s", .topology = *topology::Shape::parse(shape)};
  out.cgroups.push_back(std::move(cgroup));
  return out;
}

struct Outcome {
  std::optional<Resolved> resolved;
  Diagnostics diagnostics;

  [[nodiscard]] const Cgroup& cgroup(std::size_t index = 0) const {
    return resolved->program.steps.at(0).cgroups.at(index);
  }
  [[nodiscard]] std::int64_t workers(std::size_t index = 0) const {
    return std::get<Count>(*cgroup(index).groups.at(0).workers).get();
  }
  [[nodiscard]] std::string_view first_code() const {
    return diagnostics.all().empty() ? "" : diagnostics.all()[0].code->name;
  }
};

Outcome run(const Scenario& scenario) {
  Outcome out;
  const SourceMap map;
  Reporter reporter(map, out.diagnostics);
  const Schedulers schedulers(scenario, {});
  Cast cast(schedulers, reporter);
  if (const auto topology = topology_of(scenario, nullptr, map, out.diagnostics))
    out.resolved = resolve(scenario, {scenario.scheduler}, *topology, cast, map, out.diagnostics);
  return out;
}

}  // namespace

TEST_CASE("expressions see the topology, the vars and each other") {
  Scenario scenario =
      with(busy("a", Count(operation(Operator::divide, {name("pairs"), Expr{2.0}}))));
  scenario.vars["pairs"] = Number(operation(Operator::multiply, {name("half"), Expr{4.0}}));
  scenario.vars["half"] = Number(operation(Operator::divide, {name("cpus"), Expr{2.0}}));
  CHECK(run(scenario).workers() == 8);
}

TEST_CASE("arithmetic of the language") {
  const topology::Topology topology = topology::expand({1, 2, 4, 1}).value();
  const Variables variables(topology);
  const auto value = [&](Operator op, double a, double b) {
    return evaluate(operation(op, {Expr{a}, Expr{b}}), variables).value();
  };
  CHECK(value(Operator::mod, 7, 4) == 3);
  CHECK(value(Operator::mod, -1, 4) == 3);
  CHECK(value(Operator::min, 7, 4) == 4);
  CHECK(value(Operator::max, 7, 4) == 7);
  CHECK(evaluate(operation(Operator::ceil, {Expr{1.2}}), variables).value() == 2);
  CHECK_FALSE(evaluate(operation(Operator::divide, {Expr{1.0}, Expr{0.0}}), variables));
  CHECK(evaluate(name("cpu"), variables).error().hint == "did you mean `cpus`?");
  CHECK(evaluate(name("i"), variables).error().hint.find("for_each") != std::string::npos);
}

TEST_CASE("a share of workers is of the cgroup's CPUs, rounded up") {
  Cgroup cgroup = busy("a", Share{0.3});
  CHECK(run(with(cgroup)).workers() == 3);
  cgroup.cpuset = LlcCpus{.index = 1};
  const Outcome outcome = run(with(cgroup));
  CHECK(outcome.workers() == 2);
  CHECK(outcome.cgroup().cpuset == CpusetSpec(ExactCpus{{4, 5, 6, 7}}));
  CHECK(run(with(busy("a", Share{0.07}), "1n1l100c1t")).workers() == 7);
}

TEST_CASE("a nested cgroup's share is of its ancestor's CPUs") {
  Scenario scenario = with(busy("a", Count(1)));
  scenario.cgroups[0].cpuset = LlcCpus{.index = 0};
  scenario.cgroups.push_back(busy("a/b", Share{1}));
  CHECK(run(scenario).workers(1) == 4);
}

TEST_CASE("for_each repeats a cgroup, interpolates {i} and defines i") {
  Cgroup cgroup = busy("cg_{i}", Count(operation(Operator::add, {name("i"), Expr{1.0}})));
  cgroup.for_each = ForEach(Each::llc);
  cgroup.cpuset = LlcCpus{.index = Count(name("i"))};
  const Outcome outcome = run(with(cgroup));
  REQUIRE(outcome.resolved);
  CHECK(outcome.cgroup(1).name == "cg_1");
  CHECK(outcome.workers(0) == 1);
  CHECK(outcome.workers(1) == 2);
  CHECK(outcome.cgroup(1).cpuset == CpusetSpec(ExactCpus{{4, 5, 6, 7}}));
  CHECK_FALSE(outcome.cgroup(1).for_each);
}

TEST_CASE("cpu_node counts past memory-only nodes") {
  Scenario scenario = with(busy("n{i}", Count(1)));
  scenario.topology =
      topology::Topology{.nodes = {{.llcs = 1}, {.llcs = 0}, {.llcs = 1}}, .cores = 2};
  scenario.cgroups[0].for_each = ForEach(Each::cpu_node);
  scenario.cgroups[0].cpuset = NodeCpus{.index = Count(name("i"))};
  const Outcome outcome = run(scenario);
  REQUIRE(outcome.resolved);
  CHECK(outcome.cgroup(1).name == "n2");
  CHECK(outcome.cgroup(1).cpuset == CpusetSpec(ExactCpus{{2, 3}}));
}

TEST_CASE("groups take the cgroup's keys as defaults, and zero workers make an empty cgroup") {
  Cgroup cgroup = busy("a", Count(4));
  cgroup.group.work = Mixed{};
  cgroup.groups = {{.workers = Workers(Count(1))}, {.work = Work(Spin{})}};
  const Outcome outcome = run(with(cgroup));
  CHECK(outcome.cgroup().groups[0].work == Work(Mixed{}));
  CHECK(outcome.cgroup().groups[1].workers == Workers(Count(4)));
  CHECK(outcome.cgroup().group == WorkGroup{});
  CHECK(run(with(busy("a", Count(0)))).cgroup().groups.empty());
}

TEST_CASE("a work type that gives all of its workers a policy leaves none to the group") {
  Cgroup cgroup = busy("a", Count(3));
  cgroup.group.work = PriorityInversion{};
  CHECK(run(with(cgroup)).first_code().empty());
  cgroup.group.policy = BatchPolicy{};
  CHECK(run(with(cgroup)).first_code() == "conflict");
  cgroup.group.work = PreemptStorm{};
  CHECK(run(with(cgroup)).first_code().empty());
}

TEST_CASE("pairs of siblings need them, and are bound to them if nothing else is said") {
  Cgroup cgroup = busy("a", Count(2));
  cgroup.group.work = SmtSiblingSpin{};
  CHECK(run(with(cgroup)).first_code() == "bad_cpuset");
  CHECK(run(with(cgroup, "1n1l2c2t")).cgroup().groups[0].affinity == Affinity(SmtPairAffinity{}));
  cgroup.group.affinity = InheritAffinity{};
  CHECK(run(with(cgroup)).cgroup().groups[0].affinity == Affinity(InheritAffinity{}));
}

TEST_CASE("what cannot be on a topology is reported under its code") {
  CHECK(run(with(busy("a", Count(operation(Operator::divide, {name("cpus"), Expr{3.0}})))))
            .first_code() == "not_an_integer");
  CHECK(run(with(busy("a", Count(operation(Operator::negate, {name("cpus")}))))).first_code() ==
        "out_of_range");
  CHECK(run(with(busy("a", Count(name("cpuz"))))).first_code() == "evaluation");
  Cgroup odd = busy("a", Count(3));
  odd.group.work = PipeIo{};
  CHECK(run(with(odd)).first_code() == "group_size");
  odd.group.work = ThunderingHerd{.waiters = Count(name("cpus"))};
  CHECK(run(with(odd)).first_code() == "group_size");
  Cgroup empty = busy("a", Count(1));
  empty.group.work = Sequence{};
  CHECK(run(with(empty)).first_code() == "bad_value");
  Cgroup beyond = busy("a", Count(1));
  beyond.cpuset = LlcCpus{.index = 2};
  CHECK(run(with(beyond)).first_code() == "bad_cpuset");
  beyond.cpuset = ExactCpus{{99}};
  CHECK(run(with(beyond)).first_code() == "bad_cpuset");
  CHECK(run(with(busy("a", Count(1)), "2n3l4c1t")).first_code() == "bad_topology");
}

TEST_CASE("holds become times, and ops move the CPUs that later shares are of") {
  Scenario scenario = with(busy("a", Count(1)));
  scenario.backdrop.cgroups = std::move(scenario.cgroups);
  scenario.cgroups.clear();
  scenario.duration = 10s;
  Step step{.name = "", .hold = Hold(Share{0.5})};
  step.ops.emplace_back(SetCpuset{.cgroup = "a", .to = DisjointCpus{.index = 0, .of = 2}});
  step.ops.emplace_back(Spawn{.cgroup = "a", .group = {.workers = Workers(Share{1})}});
  step.ops.emplace_back(Sleep{250ms});
  scenario.steps = {step, {.name = "again", .hold = Hold(Repeat{100ms, Share{0.2}})}};
  const Outcome outcome = run(scenario);
  REQUIRE(outcome.resolved);
  const std::vector<Step>& steps = outcome.resolved->program.steps;
  CHECK(steps[0].name == "step_1");
  CHECK(steps[0].hold == Hold(5s));
  CHECK(steps[1].hold == Hold(Repeat{100ms, Length(Nanos(2s))}));
  CHECK(outcome.resolved->duration == 7250ms);
  CHECK(std::get<Spawn>(steps[0].ops[1]).group.workers == Workers(Count(3)));
  CHECK(schema::encode(schema::cref_to(outcome.resolved->program)));
}

TEST_CASE("the gauntlet keeps within a scenario's constraints and skips with a reason") {
  Scenario scenario = with(busy("a", Count(1)));
  scenario.cgroups[0].cpuset = LlcCpus{.index = 1};
  const SourceMap map;
  Diagnostics diagnostics;
  const std::vector<Case> all =
      expand::expand({"f", scenario, map}, {.gauntlet = std::vector<std::string>{}}, diagnostics);
  CHECK(all.size() == 15);
  CHECK(to_text(all[0].id) == "f/s/tiny-1llc/-/-/-");
  CHECK(all[0].skip->find("there is no LLC 1") != std::string::npos);
  CHECK_FALSE(all[1].skip);
  CHECK(all[1].program.seed != all[2].program.seed);

  const std::vector<Case> named =
      expand::expand({"f", scenario, map},
                     {.gauntlet = std::vector<std::string>{"numa2-4llc", "smt-2llc"}}, diagnostics);
  REQUIRE(named.size() == 2);
  CHECK(named[1].skip->find("does not allow") != std::string::npos);
  CHECK(diagnostics.ok());
  CHECK(check_presets({"tiny-1lc"})[0].hint == "did you mean `tiny-1llc`?");
}

TEST_CASE("a scenario invalid on its own topology is an error, on another one a skip") {
  Scenario scenario = with(busy("a", Count(1)));
  scenario.cgroups[0].cpuset = LlcCpus{.index = 1};
  const SourceMap map;
  Diagnostics diagnostics;
  const auto smaller = topology::expand({1, 1, 2, 1}).value();
  const std::vector<Case> cases =
      expand::expand({"f", scenario, map}, {.topology = smaller}, diagnostics);
  REQUIRE(cases.size() == 1);
  CHECK(cases[0].skip);
  CHECK(cases[0].id.preset == "1n1l2c1t");
  CHECK(diagnostics.ok());
  scenario.cgroups[0].cpuset = LlcCpus{.index = 7};
  CHECK(expand::expand({"f", scenario, map}, {}, diagnostics).empty());
  CHECK_FALSE(diagnostics.ok());
}

TEST_CASE("the presets are the 24 of the catalogue and every one is a machine") {
  CHECK(presets().size() == 24);
  for (const Preset& preset : presets()) CHECK(topology::expand(preset.shape));
}

TEST_CASE("globs keep within a part unless doubled") {
  CHECK(glob_matches("a/*/c", "a/b/c"));
  CHECK_FALSE(glob_matches("a/*", "a/b/c"));
  CHECK(glob_matches("a/**", "a/b/c"));
  CHECK(glob_matches("**/c", "a/b/c"));
  CHECK(glob_matches("a?c", "abc"));
  CHECK_FALSE(glob_matches("a?c", "a/c"));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK_FALSE(glob_matches(std::string(500, '*') + "b", std::string(500, 'a')));
}
