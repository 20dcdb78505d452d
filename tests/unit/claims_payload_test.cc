// SPDX-License-Identifier: GPL-2.0-only
// The numbers in what payloads write, and what claims make of them.
#include <cmath>

#include "claims/check.h"
#include "claims/payload_numbers.h"
#include "claims_world.h"

using namespace ktstr;
using namespace ktstr::claims;
using ir::Outcome;
using ir::PayloadEnd;

namespace {

using Numbers = std::vector<std::pair<std::string, double>>;

ir::Payload payload_of(std::string name, ir::PayloadFormat output,
                       std::vector<ir::PayloadMetric> metrics = {}) {
  return {.name = std::move(name),
          .run = {"/bin/true"},
          .output = std::move(output),
          .metrics = std::move(metrics),
          .files = {},
          .timeout = {}};
}

ir::PayloadRun run_of(std::string payload, std::string out, std::string err = {}) {
  return {.payload = std::move(payload),
          .cgroup = "a",
          .step = 0,
          .started = 1s,
          .ended = 2500ms,
          .end = PayloadEnd::exited,
          .out = std::move(out),
          .err = std::move(err)};
}

/// A run of `bench`, whose output is JSON.
World world_with(std::vector<ir::PayloadRun> runs) {
  World out;
  out.judged.payloads = {payload_of("bench", ir::JsonOutput{},
                                    {{.name = "lat.*", .unit = "us", .better = ir::Better::lower},
                                     {.name = "bw", .unit = "KiB/s"},
                                     {.name = "busy", .unit = "%"}})};
  for (ir::PayloadRun& run : runs) {
    run.run = static_cast<std::uint32_t>(out.telemetry.payloads.size());
    out.telemetry.payloads.push_back(std::move(run));
  }
  return out;
}

}  // namespace

TEST_CASE("JSON gives its finite numbers by their paths") {
  CHECK(numbers_in_json(
            R"({"a": {"b": [1, -2.5e3]}, "t": "3", "n": null, "y": true, "big": 1e999})") ==
        Numbers{{"a.b.0", 1}, {"a.b.1", -2500}});
  CHECK(numbers_in_json("[]").empty());
  CHECK(numbers_in_json("").empty());
  CHECK(numbers_in_json("no numbers here").empty());
}

TEST_CASE("JSON is found within other text: maps before lists, and only what is JSON") {
  CHECK(numbers_in_json("[    0.10] starting {not json}\nresult: {\"rps\": 5} done") ==
        Numbers{{"rps", 5}});
  CHECK(numbers_in_json("values [1, 2] end") == Numbers{{"0", 1}, {"1", 2}});
  CHECK(numbers_in_json(R"(x {"s": "a } brace \" in text", "n": 1} y)") == Numbers{{"n", 1}});
  CHECK(numbers_in_json("{broken {\"inner\": 7}") == Numbers{{"inner", 7}});
}

TEST_CASE("hostile output costs bounded time and gives bounded numbers") {
  const std::string deep(200'000, '[');
  CHECK(numbers_in_json(deep).empty());
  CHECK(numbers_in_json(std::string(200'000, '{')).empty());
  CHECK(numbers_in_json(deep + "1" + std::string(200'000, ']')).empty());
  std::string many = "[0";
  for (int i = 0; i < 20'000; ++i) many += ",1";
  CHECK(numbers_in_json(many + "]").empty());
  std::string binary;
  for (int i = 0; i < 100'000; ++i) binary += static_cast<char>(i * 7919 >> 3);
  CHECK(numbers_in_json(binary).size() <= 10'000);
}

TEST_CASE("named groups give numbers, of several matches the last one") {
  const ir::Payload it =
      payload_of("it", ir::RegexOutput{R"(rps: (?P<rps>\S+)|lat=(?P<lat>\d+)us)"});
  CHECK(numbers_of(it, run_of("it", "rps: 10\nlat=7us\nrps: 12.5\n")).numbers ==
        Numbers{{"lat", 7}, {"rps", 12.5}});
  CHECK(numbers_of(it, run_of("it", "", "rps: 3")).numbers == Numbers{{"rps", 3}});
  const PayloadNumbers none = numbers_of(it, run_of("it", "rps: many"));
  CHECK(none.numbers.empty());
  CHECK(none.flaw == "there is no match with a number in its output");
}

TEST_CASE("standard error counts only where standard output gives nothing") {
  const ir::Payload it = payload_of("it", ir::JsonOutput{});
  CHECK(numbers_of(it, run_of("it", "[1]", "[2]")).numbers == Numbers{{"0", 1}});
  CHECK(numbers_of(it, run_of("it", "starting", "[2]")).numbers == Numbers{{"0", 2}});
  ir::PayloadRun cut = run_of("it", "{\"a\":");
  cut.dropped = 77;
  CHECK(numbers_of(it, cut).flaw.find("77 bytes were not kept") != std::string::npos);
}

TEST_CASE("an extractor's JSON counts, or why there is none") {
  const ir::Payload it = payload_of("it", ir::CommandOutput{{"extract"}});
  ir::PayloadRun run = run_of("it", "{\"raw\": 1}");
  run.extracted = "{\"made\": 2}";
  CHECK(numbers_of(it, run).numbers == Numbers{{"made", 2}});
  run.extracted = "";
  CHECK(numbers_of(it, run).flaw == "its extractor gave no JSON with numbers");
  run.extract_error = "extract: exit 1";
  CHECK(numbers_of(it, run).flaw == "extract: exit 1");
}

TEST_CASE("a claim compares a payload's number in its unit") {
  const World world =
      world_with({run_of("bench", R"({"lat": {"p99": 1500}, "bw": 2, "n": 7, "busy": 50})")});
  CHECK(world.claim("payload[bench][lat.p99] <= 1500us").outcome == Outcome::pass);
  const ir::Finding slow = world.claim("payload[bench][lat.p99] <= 1ms");
  CHECK(slow.outcome == Outcome::fail);
  CHECK(slow.value == "bench in a@even: 1.5ms");
  CHECK(world.claim("payload[bench][bw] >= 2048B / 1s").outcome == Outcome::pass);
  CHECK(world.claim("payload[bench][n] == 7").outcome == Outcome::pass);
  CHECK(world.claim("payload[bench][busy] between 49% and 51%").outcome == Outcome::pass);
  CHECK(world.claim("payload[bench].exit_code == 0").outcome == Outcome::pass);
  CHECK(world.claim("payload[bench].signal == 0").outcome == Outcome::pass);
  CHECK(world.claim("payload[bench].wall_time near 1500ms within 1ns").outcome == Outcome::pass);
}

TEST_CASE("a number that is not there fails, and the nearest names are told") {
  const World world = world_with({run_of("bench", R"({"int": {"rps_pct50.0": 1}, "other": 2})")});
  const ir::Finding missing = world.claim("payload[bench][int.rps_pct50] > 0");
  CHECK(missing.outcome == Outcome::fail);
  CHECK(missing.value.find("nearest are `int.rps_pct50.0`, `other`") != std::string::npos);
  const World silent = world_with({run_of("bench", "")});
  CHECK(silent.claim("payload[bench][x] > 0").outcome == Outcome::fail);
  CHECK(silent.claim("payload[bench][x] / 2 > 0").outcome == Outcome::fail);
}

TEST_CASE("every run of a payload is an element, and a step takes its own") {
  ir::PayloadRun later = run_of("bench", R"({"n": 9})");
  later.step = 1;
  const World world = world_with({run_of("bench", R"({"n": 1})"), later});
  CHECK(world.claim("payload[bench][n] >= 1").outcome == Outcome::pass);
  const ir::Finding small = world.claim("payload[bench][n] >= 2");
  CHECK(small.outcome == Outcome::fail);
  CHECK(small.value == "bench in a@even: 1");
  CHECK(world.claim("payload[bench][n]@uneven == 9").outcome == Outcome::pass);
  CHECK(world.claim("payload[b*][n]@[even] == 1").outcome == Outcome::pass);
  CHECK(world.claim("sum(payload[bench][n]) == 10").outcome == Outcome::pass);
  CHECK(world.claim("count(payload[bench].exit_code) == 2").outcome == Outcome::pass);
}

TEST_CASE("how a payload ended decides what its exit code is worth") {
  const auto outcome = [](PayloadEnd end, int code, int signal) {
    ir::PayloadRun run = run_of("bench", "");
    run.end = end;
    run.exit_code = code;
    run.exit_signal = signal;
    return world_with({run}).claim("payload[bench].exit_code == 0").outcome;
  };
  CHECK(outcome(PayloadEnd::exited, 0, 0) == Outcome::pass);
  CHECK(outcome(PayloadEnd::exited, 1, 0) == Outcome::fail);
  CHECK(outcome(PayloadEnd::stopped, 0, 0) == Outcome::pass);
  CHECK(outcome(PayloadEnd::stopped, 0, 15) == Outcome::inconclusive);
  CHECK(outcome(PayloadEnd::running, 0, 0) == Outcome::inconclusive);
  CHECK(outcome(PayloadEnd::signalled, 0, 11) == Outcome::fail);
  CHECK(outcome(PayloadEnd::timed_out, 0, 9) == Outcome::fail);
  CHECK(outcome(PayloadEnd::refused, 0, 0) == Outcome::fail);
  CHECK(world_with({}).claim("payload[bench].exit_code == 0").outcome == Outcome::inconclusive);
}

TEST_CASE("the check `payloads` fails for each that did not end well by itself") {
  const auto outcome = [](PayloadEnd end, int code) {
    ir::PayloadRun run = run_of("bench", "", "line one\nlast words\n");
    run.end = end;
    run.exit_code = code;
    const World world = world_with({run_of("bench", ""), run});
    return world.finding("payloads");
  };
  CHECK(outcome(PayloadEnd::exited, 0).outcome == Outcome::pass);
  CHECK(outcome(PayloadEnd::stopped, 1).outcome == Outcome::pass);
  CHECK(outcome(PayloadEnd::running, 0).outcome == Outcome::pass);
  CHECK(outcome(PayloadEnd::signalled, 0).outcome == Outcome::fail);
  CHECK(outcome(PayloadEnd::timed_out, 0).outcome == Outcome::fail);
  CHECK(outcome(PayloadEnd::refused, 0).outcome == Outcome::fail);
  const ir::Finding bad = outcome(PayloadEnd::exited, 2);
  CHECK(bad.outcome == Outcome::fail);
  CHECK(bad.value == "bench in a@even: exit 2");
  REQUIRE(bad.evidence.size() == 3);
  CHECK(bad.evidence[1] == "  | line one");
  CHECK(bad.evidence[2] == "  | last words");
  World off = world_with({run_of("bench", "")});
  off.telemetry.payloads[0].exit_code = 1;
  off.judged.checks.payloads = ir::Toggle::off;
  CHECK_FALSE(off.finds("payloads"));
  CHECK_FALSE(World().finds("payloads"));
}

TEST_CASE("a busy host excuses how fast a payload was, but not what it counted") {
  World world = world_with({run_of("bench", R"({"lat": {"p99": 1500}, "n": 7})")});
  world.context.accelerator = Accelerator::tcg;
  world.telemetry.noise.worst_per_second = {10ms};
  CHECK(world.claim("payload[bench][lat.p99] <= 1ms").outcome == Outcome::inconclusive);
  CHECK(world.claim("payload[bench][n] == 8").outcome == Outcome::fail);
}

TEST_CASE("payloads are summed up for people, with what is known of their numbers") {
  const World world = world_with({run_of("bench", R"({"lat": {"p99": 15}, "n": 7})")});
  const std::vector<ir::PayloadSummary> all = payload_summaries(world.judged, world.telemetry);
  REQUIRE(all.size() == 1);
  CHECK(all[0].step == "even");
  CHECK(all[0].end == "exit 0");
  CHECK(all[0].wall == 1500ms);
  REQUIRE(all[0].numbers.size() == 2);
  CHECK(
      all[0].numbers[0] ==
      ir::PayloadNumber{.name = "lat.p99", .value = 15, .unit = "us", .better = ir::Better::lower});
  CHECK(all[0].numbers[1] == ir::PayloadNumber{.name = "n", .value = 7});
}

TEST_CASE("claims about payloads are checked when they are read") {
  const ClaimScope scope{
      {"a"},
      {"load"},
      {},
      {payload_of("bench", ir::JsonOutput{}, {{.name = "lat", .unit = "us"}}),
       payload_of("lines", ir::RegexOutput{"(?P<rps>[0-9]+)"}), payload_of("plain", {})}};
  const auto told = [&](const std::string& text) {
    Diagnostics out;
    const std::optional<ir::Claim> claim = parse::parse_claim(text, {}, out);
    REQUIRE(claim);
    check_claim(*claim, scope, {}, out);
    return out.ok() ? "" : std::string(out.all()[0].code->id);
  };
  CHECK(told("payload[bench][lat] <= 5ms") == "");
  CHECK(told("payload[bench][whatever.0] <= 5") == "");
  CHECK(told("payload[bench].exit_code@load == 0") == "");
  CHECK(told("payload[lines][rps] > 5") == "");
  CHECK(told("payload[bench][lat] <= 5") == "E032");
  CHECK(told("payload[nobody].exit_code == 0") == "E029");
  CHECK(told("payload[bench].exit_cod == 0") == "E031");
  CHECK(told("payload[lines][rsp] > 5") == "E031");
  CHECK(told("payload[plain][x] > 5") == "E031");
  CHECK(told("payload[bench] == 0") == "E033");
  CHECK(told("payload.exit_code == 0") == "E033");
  CHECK(told("payload[bench].exit_code@* == 0") == "E033");
  CHECK(told("payload[bench].exit_code@lod == 0") == "E034");
}

TEST_CASE("the pattern of an output must have named groups") {
  const auto sound = [](const char* pattern) {
    Diagnostics out;
    check_output(payload_of("it", ir::RegexOutput{pattern}), {}, out);
    return out.ok();
  };
  CHECK(sound("rps: (?P<rps>[0-9]+)"));
  CHECK_FALSE(sound("rps: ([0-9]+)"));
  CHECK_FALSE(sound("rps: (?P<rps>[0-9]+"));
  CHECK_FALSE(sound("(?P<rps>[0-9]*)"));
}
