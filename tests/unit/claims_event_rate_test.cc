// SPDX-License-Identifier: GPL-2.0-only
// The checks of the kernel's event counters, over a run made by hand.
#include "claims_world.h"

using namespace ktstr;
using namespace ktstr::claims;
using ir::Outcome;

namespace {

/// A sample each 100 ms of the first step; the counter grows by `growth`, one of them a sample.
World with_growth(const std::string& event, const std::vector<double>& growth) {
  World world;
  ir::SchedulerState state;
  state.scheduler = "s";
  world.telemetry.schedulers.push_back(state);
  state.change = ir::SchedulerChange::attached;
  world.telemetry.schedulers.push_back(state);
  double value = 7;
  ir::SchedulerSample sample;
  sample.at = 1s;
  sample.enable_seq = 1;
  sample.has_events = true;
  sample.events = {{"other", 1}, {event, value}};
  world.telemetry.scheduler_samples = {sample};
  for (const double each : growth) {
    sample.at += 100ms;
    sample.events[1].value = value += each;
    world.telemetry.scheduler_samples.push_back(sample);
  }
  return world;
}

World with_fallback(const std::vector<double>& growth, ir::RateLimit limit = ir::Toggle::on) {
  World world = with_growth("select_cpu_fallback", growth);
  world.judged.checks.fallback = limit;
  return world;
}

}  // namespace

TEST_CASE("an event rate fails after five samples in a row above its limit, and not before") {
  // 21 in 100 ms are 210 a second.
  const ir::Finding held = with_fallback({21, 21, 21, 21, 20, 21, 21, 21, 21}).finding("fallback");
  CHECK(held.outcome == Outcome::pass);
  CHECK(held.label == "select_cpu_fallback grows by no more than 200/s");
  CHECK(held.value == "at most 210/s from one of 10 samples to the next");
  const ir::Finding found = with_fallback({0, 21, 21, 30, 21, 21, 0, 90}).finding("fallback");
  CHECK(found.outcome == Outcome::fail);
  CHECK(found.value == "more for 5 samples in a row, up to 300/s, the last in step `even`");
  CHECK(with_fallback({0, 21, 21, 21, 21, 21}).verdict().outcome == Outcome::fail);
}

TEST_CASE("an event rate has the limit that was asked for") {
  const std::vector<double> growth(6, 5.0);
  CHECK(with_fallback(growth).finding("fallback").outcome == Outcome::pass);
  CHECK(with_fallback(growth, ir::Rate{49}).finding("fallback").outcome == Outcome::fail);
  CHECK(with_fallback(growth, ir::Rate{51}).finding("fallback").outcome == Outcome::pass);
  CHECK_FALSE(with_fallback(growth, ir::Toggle::off).finds("fallback"));
  World world = with_growth("dispatch_keep_last", std::vector(6, 11.0));
  CHECK_FALSE(world.finds("keep_last"));
  world.judged.checks.keep_last = ir::Toggle::on;
  CHECK(world.finding("keep_last").outcome == Outcome::fail);
  CHECK(world.finding("keep_last").label == "dispatch_keep_last grows by no more than 100/s");
}

TEST_CASE("a gap in what was measured ends a row of samples") {
  const std::vector<double> growth(9, 21.0);
  World world = with_fallback(growth);
  CHECK(world.finding("fallback").outcome == Outcome::fail);
  std::vector<ir::SchedulerSample>& samples = world.telemetry.scheduler_samples;
  // Another attachment counts from 0 and has not been seen before.
  for (std::size_t i = 5; i < samples.size(); ++i) samples[i].enable_seq = 2;
  CHECK(world.finding("fallback").outcome == Outcome::pass);
  // What happens before the first step is not measured.
  world = with_fallback(growth);
  for (std::size_t i = 0; i < 5; ++i) world.telemetry.scheduler_samples[i].phase = 77;
  CHECK(world.finding("fallback").outcome == Outcome::inconclusive);
  // Steps adjoin.
  world = with_fallback(growth);
  for (std::size_t i = 5; i < 10; ++i) world.telemetry.scheduler_samples[i].phase = 1;
  CHECK(world.finding("fallback").value.ends_with("the last in step `uneven`"));
}

TEST_CASE("an event rate that was not seen is not judged") {
  CHECK_FALSE([] {
    World world;
    world.judged.checks.fallback = ir::Toggle::on;
    return world.finds("fallback");
  }());
  const ir::Finding few = with_fallback({0, 0, 0, 0}).finding("fallback");
  CHECK(few.outcome == Outcome::inconclusive);
  CHECK(few.value == "it was seen to grow for 4 samples only");
  World world = with_fallback({});
  world.telemetry.scheduler_samples.clear();
  CHECK(world.finding("fallback").outcome == Outcome::inconclusive);
  world = with_fallback(std::vector(9, 0.0));
  for (ir::SchedulerSample& sample : world.telemetry.scheduler_samples) {
    sample.has_events = false;
    sample.events.clear();
  }
  CHECK(world.finding("fallback").value.starts_with("this kernel does not count the events"));
  world = with_growth("renamed", std::vector(9, 0.0));
  world.judged.checks.fallback = ir::Toggle::on;
  CHECK(world.finding("fallback").value ==
        "this kernel does not count the event `select_cpu_fallback`; it counts other, renamed");
}
