// SPDX-License-Identifier: GPL-2.0-only
// Which schedulers a scenario is run under, and what each is started with.
#include <catch2/catch_test_macros.hpp>

#include "expand/expand.h"

using namespace ktstr;
using namespace ktstr::expand;
using namespace ktstr::ir;

namespace {

using Words = std::vector<std::string>;

Scenario scenario_under(std::optional<SchedulerUse> use) {
  Scenario out{.name = "s"};
  out.cgroups.push_back(Cgroup{.name = "a"});
  Scheduler simple;
  simple.name = "simple";
  simple.binary = "scx_simple";
  simple.args = {"-v"};
  simple.flags = {{"fifo", {"-f"}, {}}, {"fast", {"-x", "1"}, {"fifo"}}, {"big", {"-b"}, {}}};
  simple.watchdog_args = {"--timeout-ms", "{ms}", "-t{seconds}"};
  simple.kargs = {"foo=1"};
  simple.checks.gap = Nanos(1s);
  simple.checks.starvation = Toggle::off;
  Scheduler other;
  other.name = "other";
  out.schedulers = {simple, other};
  out.scheduler = std::move(use);
  return out;
}

struct Made {
  std::vector<Case> cases;
  Diagnostics diagnostics;

  [[nodiscard]] Words ids() const {
    Words out;
    for (const Case& each : cases) out.push_back(each.id.scheduler);
    return out;
  }
};

Made make(const Scenario& scenario, std::vector<SchedulerChoice> choices = {},
          bool gauntlet = false) {
  Made out;
  const SourceMap map;
  Options options;
  options.schedulers = std::move(choices);
  if (gauntlet) options.gauntlet = Words{"tiny-1llc"};
  out.cases = expand::expand({"f", scenario, map}, options, out.diagnostics);
  return out;
}

}  // namespace

TEST_CASE(
    "a scheduler is started with its definition's words, one's own, its flags', the watchdog") {
  Scenario scenario = scenario_under(SchedulerUse{"simple", {"fast", "fifo"}, {"--own"}});
  scenario.watchdog = 4500ms;
  const Made made = make(scenario);
  REQUIRE(made.cases.size() == 1);
  const Case& it = made.cases[0];
  CHECK(it.id.scheduler == "simple+fast+fifo");
  CHECK(it.program.scheduler->args ==
        Words{"-v", "--own", "-f", "-x", "1", "--timeout-ms", "4500", "-t5"});
  CHECK(it.kargs == Words{"foo=1"});
  REQUIRE(it.schedulers.size() == 1);
  CHECK(it.schedulers[0].binary == "scx_simple");
  CHECK(it.schedulers[0].definition == 0U);
  CHECK(it.program.schedulers.at(0).name == "simple");
}

TEST_CASE("checks merge: default, scheduler, scenario") {
  Scenario scenario = scenario_under(SchedulerUse{"simple", {}, {}});
  scenario.checks.gap = Nanos(2s);
  const Checks checks = make(scenario).cases.at(0).checks;
  CHECK(checks.starvation == Toggle::off);
  CHECK(checks.gap == GapLimit(Nanos(2s)));
  CHECK(checks.isolation == Toggle::on);
  CHECK(checks.scheduler_alive == Toggle::on);
  CHECK(checks.spread == SpreadLimit(Toggle::off));
}

TEST_CASE("names and flags that do not exist are mistakes") {
  CHECK(make(scenario_under(SchedulerUse{"simpel", {}, {}})).diagnostics.all().at(0).code ==
        code("unknown_scheduler"));
  CHECK(make(scenario_under(SchedulerUse{"simple", {"fifi"}, {}})).diagnostics.all().at(0).code ==
        code("unknown_scheduler"));
  CHECK(make(scenario_under(SchedulerUse{"simple", {"fast"}, {}})).diagnostics.all().at(0).code ==
        code("conflict"));
  Scenario scenario = scenario_under({});
  scenario.backdrop.ops.emplace_back(ReplaceScheduler{{"nobody", {}, {}}});
  CHECK_FALSE(make(scenario).diagnostics.ok());
}

TEST_CASE("--scheduler NAME=PATH puts a scenario under a scheduler it does not know") {
  const Made made = make(scenario_under({}), {{"mine", "/x/scx_mine"}});
  CHECK(made.ids() == Words{"mine"});
  CHECK(made.cases.at(0).schedulers.at(0).binary == "/x/scx_mine");
  CHECK_FALSE(made.cases.at(0).schedulers.at(0).definition);
}

TEST_CASE("--scheduler NAME=PATH of one it knows only says where the program is") {
  const Made made =
      make(scenario_under(SchedulerUse{"other", {}, {}}), {{"simple", "/x"}, {"other", "/y"}});
  CHECK(made.ids() == Words{"other"});
  CHECK(made.cases.at(0).schedulers.at(0).binary == "/y");
  CHECK(make(scenario_under(SchedulerUse{"other", {}, {}}), {{"simple", ""}}).ids() ==
        Words{"simple"});
}

TEST_CASE("a scenario that is about its own scheduler is skipped under another") {
  Scenario scenario = scenario_under(SchedulerUse{"other", {}, {}});
  scenario.expect = Expect{.kind = "ERROR_STALL"};
  CHECK(make(scenario, {{"mine", "/x"}}).cases.at(0).skip);
  CHECK_FALSE(make(scenario, {{"other", ""}}).cases.at(0).skip);
  CHECK(make(scenario).cases.at(0).program.outlives_scheduler);
  Scenario attaching = scenario_under({});
  attaching.backdrop.ops.emplace_back(AttachScheduler{{"other", {}, {}}});
  CHECK(make(attaching, {{"mine", "/x"}}).cases.at(0).skip);
  CHECK_FALSE(make(attaching).cases.at(0).skip);
}

TEST_CASE("--scheduler - runs a scenario under the kernel's own, beside others") {
  const Scenario scenario = scenario_under(SchedulerUse{"simple", {"fifo"}, {}});
  const Made made = make(scenario, {{"-", ""}, {"simple", ""}, {"other", ""}});
  CHECK(made.ids() == Words{"-", "simple+fifo", "other"});
  CHECK_FALSE(made.cases.at(0).program.scheduler);
  CHECK(made.cases.at(0).program.schedulers.empty());
  CHECK(made.cases.at(0).checks.starvation == Toggle::on);
  Scenario expecting = scenario;
  expecting.expect = Expect{.kind = "ERROR_STALL"};
  CHECK(make(expecting, {{"-", ""}}).cases.at(0).skip);
  CHECK_FALSE(make(scenario_under({}), {{"-", ""}}).cases.at(0).skip);
}

TEST_CASE("the gauntlet multiplies schedulers by the sets of their flags") {
  Scenario scenario = scenario_under(SchedulerUse{"simple", {}, {}});
  CHECK(make(scenario, {}, true).ids() == Words{"simple", "simple+fifo", "simple+fifo+fast",
                                                "simple+big", "simple+fifo+big",
                                                "simple+fifo+fast+big"});
  scenario.gauntlet.flags = {.require = {"fifo"}, .exclude = {"big"}};
  CHECK(make(scenario, {}, true).ids() == Words{"simple+fifo", "simple+fifo+fast"});
  scenario.gauntlet.schedulers = {"other", "-", "simple"};
  const Made made = make(scenario, {}, true);
  CHECK(made.ids() == Words{"other", "-", "simple+fifo", "simple+fifo+fast"});
  CHECK(made.cases.at(0).skip ==
        "the gauntlet requires the flag `fifo`, which `other` does not have");
}

TEST_CASE("a scheduler's machine is that of scenarios that do not say") {
  Scenario scenario = scenario_under(SchedulerUse{"simple", {}, {}});
  scenario.schedulers[0].topology = *topology::Shape::parse("1n2l2c1t");
  CHECK(make(scenario).cases.at(0).program.topology.cpu_count() == 4);
  scenario.topology = *topology::Shape::parse("1n1l3c1t");
  CHECK(make(scenario).cases.at(0).program.topology.cpu_count() == 3);
}

TEST_CASE("a watchdog that a scheduler cannot be told of is noted") {
  Scenario scenario = scenario_under(SchedulerUse{"other", {}, {}});
  CHECK(make(scenario).cases.at(0).notes.empty());
  scenario.watchdog = 3s;
  CHECK(make(scenario).cases.at(0).notes.size() == 1);
}
