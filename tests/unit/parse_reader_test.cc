// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "parse/scalars.h"
#include "schema/diff.h"
#include "support/parse_text.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

constexpr const char* rich_yaml = R"(name: rich
about: "Everything: at once"
topology: {nodes: [{llcs: 2, memory: 512MiB}, {llcs: 0, memory: 1GiB, latency: 300ns}], cores: 4, distances: [[10, 20], [20, 10]]}
memory: 4GiB
kernel: {min: "6.12", require: [CONFIG_CFS_BANDWIDTH]}
duration: 6s
settle: 100ms
seed: 0xFFFFFFFFFFFFFFFF
vars: {pairs: cpus / 2, half: 0.5}
workers: 1 + 1
backdrop:
  cgroups:
    - {name: a, cpuset: {disjoint: [0, 2]}, workers: pairs, work: {bursty: {burst: 5ms}}}
    - {name: b, workers: 150%, nice: 5, cpu: {weight: 200, max: 250%}, memory: {high: 64MiB}}
    - {name: "c_{i}", for_each: llc, cpuset: {llc: i}, affinity: {cpus: "0-3"}}
    - {name: d, for_each: 1, cpu: {max: unlimited}, groups: [{workers: 1}, {work: {pipe_io: {burst_iters: 5}}}]}
steps:
  - {name: even, hold: 50%}
  - name: uneven
    ops:
      - set_cpuset: {cgroup: a, to: {range: [0, half]}}
      - swap_cpusets: [a, b]
      - sleep: 5ms
      - freeze: a
      - unfreeze: {cgroup: a}
    hold: {every: 200ms, for: 50%}
claims:
  - a.max_gap <= 1s
checks: {gap: 500ms, spread: "on", starvation: "off"}
gauntlet: {topologies: {min_llcs: 2, requires_smt: true}}
)";

constexpr const char* rich_toml = R"(
name = "rich"
about = "Everything: at once"
memory = "4GiB"
duration = "6s"
settle = "100ms"
seed = 0
workers = "1 + 1"
claims = ["a.max_gap <= 1s"]
checks = {gap = "500ms", spread = "on", starvation = "off"}
kernel = {min = "6.12", require = ["CONFIG_CFS_BANDWIDTH"]}

[topology]
nodes = [{llcs = 2, memory = "512MiB"}, {llcs = 0, memory = "1GiB", latency = "300ns"}]
cores = 4
distances = [[10, 20], [20, 10]]

[vars]
pairs = "cpus / 2"
half = 0.5

[[backdrop.cgroups]]
name = "a"
cpuset.disjoint = [0, 2]
workers = "pairs"
work.bursty.burst = "5ms"

[[backdrop.cgroups]]
name = "b"
workers = "150%"
nice = 5
cpu = {weight = 200, max = "250%"}
memory.high = "64MiB"

[[backdrop.cgroups]]
name = "c_{i}"
for_each = "llc"
cpuset.llc = "i"
affinity = {cpus = "0-3"}

[[backdrop.cgroups]]
name = "d"
for_each = 1
cpu.max = "unlimited"
groups = [{workers = 1}, {work = {pipe_io = {burst_iters = 5}}}]

[[steps]]
name = "even"
hold = "50%"

[[steps]]
name = "uneven"
hold = {every = "200ms", for = "50%"}
ops = [
  {set_cpuset = {cgroup = "a", to = {range = [0, "half"]}}},
  {swap_cpusets = ["a", "b"]},
  {sleep = "5ms"},
  {freeze = "a"},
  {unfreeze = {cgroup = "a"}},
]

[gauntlet.topologies]
min_llcs = 2
requires_smt = true
)";

constexpr const char* rich_json = R"({
  "name": "rich", "about": "Everything: at once", "memory": "4GiB", "duration": "6s",
  "topology": {"nodes": [{"llcs": 2, "memory": "512MiB"},
                         {"llcs": 0, "memory": "1GiB", "latency": "300ns"}],
               "cores": 4, "distances": [[10, 20], [20, 10]]},
  "kernel": {"min": "6.12", "require": ["CONFIG_CFS_BANDWIDTH"]},
  "settle": "100ms", "seed": 18446744073709551615, "workers": "1 + 1",
  "vars": {"pairs": "cpus / 2", "half": 0.5},
  "backdrop": {"cgroups": [
    {"name": "a", "cpuset": {"disjoint": [0, 2]}, "workers": "pairs",
     "work": {"bursty": {"burst": "5ms"}}},
    {"name": "b", "workers": "150%", "nice": 5, "cpu": {"weight": 200, "max": "250%"},
     "memory": {"high": "64MiB"}},
    {"name": "c_{i}", "for_each": "llc", "cpuset": {"llc": "i"}, "affinity": {"cpus": "0-3"}},
    {"name": "d", "for_each": 1, "cpu": {"max": "unlimited"},
     "groups": [{"workers": 1}, {"work": {"pipe_io": {"burst_iters": 5}}}]}]},
  "steps": [
    {"name": "even", "hold": "50%"},
    {"name": "uneven", "hold": {"every": "200ms", "for": "50%"}, "ops": [
      {"set_cpuset": {"cgroup": "a", "to": {"range": [0, "half"]}}},
      {"swap_cpusets": ["a", "b"]}, {"sleep": "5ms"}, {"freeze": "a"},
      {"unfreeze": {"cgroup": "a"}}]}],
  "claims": ["a.max_gap <= 1s"],
  "checks": {"gap": "500ms", "spread": "on", "starvation": "off"},
  "gauntlet": {"topologies": {"min_llcs": 2, "requires_smt": true}}
})";

ir::Scenario sound(const char* text, doc::Format format) {
  const parse::Loaded loaded = load_text(text, format);
  CHECK(mistakes(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 1);
  CHECK(loaded.scenarios[0].sound);
  return loaded.scenarios[0].scenario;
}

std::string text_at(const Place& place) {
  return std::string(line_of(place).substr(place.span.column - 1, place.span.length));
}

}  // namespace

TEST_CASE("every form of value is read") {
  const ir::Scenario scenario = sound(rich_yaml, doc::Format::yaml);
  CHECK(scenario.duration == 6s);
  CHECK(scenario.memory == 4_GiB);
  CHECK(scenario.seed == std::numeric_limits<std::uint64_t>::max());
  CHECK(scenario.vars.at("half") == ir::Number(0.5));
  CHECK_FALSE(scenario.vars.at("pairs").resolved());
  CHECK_FALSE(scenario.workers.resolved());
  const auto& topology = std::get<topology::Topology>(*scenario.topology);
  CHECK(topology.nodes[1].latency == 300ns);
  const std::vector<ir::Cgroup>& cgroups = scenario.backdrop.cgroups;
  REQUIRE(cgroups.size() == 4);
  CHECK(std::get<ir::DisjointCpus>(*cgroups[0].cpuset) == ir::DisjointCpus{0, 2});
  CHECK(std::get<ir::Bursty>(*cgroups[0].group.work) == ir::Bursty{5ms, 100ms});
  CHECK(std::get<Share>(*cgroups[1].group.workers).fraction == 1.5);
  CHECK(std::get<Share>(*cgroups[1].cpu.max).fraction == 2.5);
  CHECK(std::get<ir::Each>(*cgroups[2].for_each) == ir::Each::llc);
  CHECK(std::holds_alternative<ir::Unlimited>(*cgroups[3].cpu.max));
  CHECK(cgroups[3].groups.size() == 2);
  const ir::Step& step = scenario.steps[1];
  CHECK(std::get<ir::SwapCpusets>(step.ops[1]) == ir::SwapCpusets{"a", "b"});
  CHECK(std::get<ir::Freeze>(step.ops[3]).cgroup == "a");
  CHECK(std::get<ir::Unfreeze>(step.ops[4]).cgroup == "a");
  CHECK(std::get<ir::Repeat>(*step.hold).every == 200ms);
  CHECK(std::get<Share>(std::get<ir::Repeat>(*step.hold).length).fraction == 0.5);
  CHECK(std::get<Nanos>(*scenario.checks.gap) == 500ms);
  CHECK(std::get<ir::Toggle>(*scenario.checks.spread) == ir::Toggle::on);
  CHECK(scenario.gauntlet.topologies.requires_smt);
}

TEST_CASE("YAML, TOML and JSON of a scenario give the same value") {
  const ir::Scenario yaml = sound(rich_yaml, doc::Format::yaml);
  ir::Scenario toml = sound(rich_toml, doc::Format::toml);
  CHECK(toml.seed == 0U);  // TOML's integers end at 2^63 - 1.
  toml.seed = yaml.seed;
  const ir::Scenario json = sound(rich_json, doc::Format::json);
  CHECK(to_text(schema::diff(schema::cref_to(yaml), schema::cref_to(toml))) == "");
  CHECK(to_text(schema::diff(schema::cref_to(yaml), schema::cref_to(json))) == "");
  CHECK(yaml == toml);
  CHECK(yaml == json);
}

TEST_CASE("the source map knows the place of every value and key") {
  const parse::Loaded loaded = load_text(rich_yaml);
  const ir::SourceMap& map = loaded.scenarios.at(0).map;
  CHECK(text_at(map.find("duration")) == "6s");
  CHECK(text_at(map.find_key("duration")) == "duration");
  CHECK(text_at(map.find("topology.nodes[1].latency")) == "300ns");
  CHECK(text_at(map.find("backdrop.cgroups[0].work.bursty.burst")) == "5ms");
  CHECK(text_at(map.find("backdrop.cgroups[0].work.bursty.sleep")) == "{burst: 5ms}");
  CHECK(text_at(map.find("steps[1].ops[0].set_cpuset.to.range.end")) == "half");
  CHECK(text_at(map.find("steps[1].ops[3].freeze.cgroup")) == "a");
  CHECK(text_at(map.find_key("steps[1].ops[3].freeze")) == "freeze");
  CHECK(text_at(map.find("claims[0]")) == "a.max_gap <= 1s");
  CHECK(text_at(map.find("vars.pairs")) == "cpus / 2");
}

TEST_CASE("all mistakes of a file come in one pass, and what is right is still read") {
  const parse::Loaded loaded = load_text(
      "duration: 5\nsettle: 2s\nnonsense: 1\ncgroups:\n  - {name: a, work: spinn, nice: x +}\n");
  CHECK(mistakes(loaded.diagnostics) ==
        "E014 1:11 `duration` needs a unit (did you mean `5s`?)\n"
        "E012 3:1 unknown key `nonsense` in a scenario\n"
        "E013 5:21 `spinn` is no work (did you mean `spin`?)\n"
        "E017 5:37 expected a number, a name or `(`, but the expression ends here\n");
  REQUIRE(loaded.scenarios.size() == 1);
  CHECK_FALSE(loaded.scenarios[0].sound);
  CHECK(loaded.scenarios[0].scenario.settle == 2s);
  CHECK(loaded.scenarios[0].scenario.cgroups.at(0).name == "a");
}

TEST_CASE("a value that several shapes could have is told by its look") {
  const auto workers = [](const std::string& text) {
    return mistakes("cgroups: [{name: a, workers: " + text + "}]\n");
  };
  CHECK(workers("50%") == "");
  CHECK(workers("3") == "");
  CHECK(workers("\"(3)\"") == "");
  CHECK(workers("cpus - 1") == "");
  CHECK(workers("50 %") == "E014 1:30 `%` follows its number without a space\n");
  CHECK(workers("2.5") == "E014 1:30 `workers` takes a whole number, found `2.5`\n");
  CHECK(workers("(5/2)").empty());  // expand says that this is no whole number
  CHECK(workers("[1]") ==
        "E010 1:30 `workers` takes a share such as 50% or a whole number or an expression, found "
        "a list\n");
  const auto hold = [](const std::string& text) {
    return mistakes("steps: [{ops: [{mark: x}], hold: " + text + "}]\n");
  };
  CHECK(hold("1.5s") == "");
  CHECK(hold("12.5%") == "");
  CHECK(hold("{every: 5ms, for: 1s}") == "");
  CHECK(
      hold("2").starts_with("E014 1:34 `hold` takes a share such as 50%, a time such as 2s or "
                            "{every: …, for: …}, found `2` (did you mean `2%` or `2ms`?)\n"));
  CHECK(hold("-2s").starts_with("E014"));
}

TEST_CASE("a percentage is the fraction that its decimal text says") {
  const auto share = [](std::string_view text) {
    Share out{-1};
    Diagnostics diagnostics;
    parse::scalar_reader(schema::type_of<Share>()).read(text, {}, &out, diagnostics);
    return out.fraction;
  };
  CHECK(share("33.3%") == 0.333);
  CHECK(share("7%") == 0.07);
  CHECK(share("250%") == 2.5);
  CHECK(share("0%") == 0);
  CHECK(schema::Scalar<Share>::print(Share{0.333}) == "33.3%");
  CHECK(schema::Scalar<Share>::print(Share{0.001}) == "0.1%");
  CHECK(schema::Scalar<Share>::print(Share{40}) == "4000%");
  CHECK(schema::Scalar<Share>::print(Share{0}) == "0%");
}

TEST_CASE("rates are per second") {
  const auto rate = [](std::string_view text) -> std::string {
    ir::Rate out{-1};
    Diagnostics diagnostics;
    const auto& reader = parse::scalar_reader(schema::type_of<ir::Rate>());
    if (!reader.read(text, {}, &out, diagnostics)) return diagnostics.all().at(0).message;
    return schema::Scalar<ir::Rate>::print(out);
  };
  CHECK(rate("200/s") == "200/s");
  CHECK(rate("0.1/s") == "0.1/s");
  CHECK(rate("1000000000/s") == "1000000000/s");
  CHECK(rate("200") == "this is a rate such as 200/s, not `200`");
  CHECK(rate("200 /s") == "this is a rate such as 200/s, not `200 /s`");
  CHECK(rate("200/min") == "this is a rate such as 200/s, not `200/min`");
  CHECK(rate(std::string(400, '9') + "/s").ends_with("is too large"));
}

TEST_CASE("quantities are exact, bounded and have their unit") {
  const auto time = [](std::string_view text) -> std::string {
    Nanos out{-1};
    Diagnostics diagnostics;
    const auto& reader = parse::scalar_reader(schema::type_of<Nanos>());
    if (!reader.read(text, {}, &out, diagnostics)) return diagnostics.all().at(0).message;
    return std::to_string(out.count());
  };
  CHECK(time("1.5s") == "1500000000");
  CHECK(time("0.1us") == "100");
  CHECK(time("0.0000000010s") == "1");
  CHECK(time("2µs") == "2000");
  CHECK(time("2min") == "120000000000");
  CHECK(time("1h") == "3600000000000");
  CHECK(time("-5ms") == "-5000000");
  CHECK(time("9223372036854775807ns") == "9223372036854775807");
  CHECK(time("9223372036854775808ns") == "`9223372036854775808ns` is too large");
  CHECK(time("99999999999999999999h") == "`99999999999999999999h` is too large");
  CHECK(time("0.5ns") == "`0.5ns` is finer than one ns");
  CHECK(time("5") == "a unit is missing after `5`");
  CHECK(time("5 ms") == "a number and its unit stand together");
  CHECK(time("5msec") == "unknown unit `msec`");
  CHECK(time(".5s") == "this is a time such as 2s, not `.5s`");
  CHECK(time("1e3s") == "unknown unit `e3s`");
  CHECK(time("").starts_with("this is"));
}
