// SPDX-License-Identifier: GPL-2.0-only
// What is refused when a file is read.
#include <catch2/catch_test_macros.hpp>

#include "claims/check.h"
#include "parse/claim_parser.h"

using namespace ktstr;
using namespace ktstr::claims;

namespace {

const ClaimScope scope{{"a", "b", "x/y", "cg_{i}"}, {"load", "quiet"}, {"pairs"}};

Diagnostics check(const std::string& text) {
  const auto source = std::make_shared<const Source>(Source{"f.yaml", "  - " + text + "\n"});
  const Place place{source, {1, 5, static_cast<std::uint32_t>(text.size())}};
  Diagnostics out;
  const std::optional<ir::Claim> claim = parse::parse_claim(text, place, out);
  if (claim) check_claim(*claim, scope, place, out);
  return out;
}

struct Refused {
  const char* claim;
  const char* code;
  const char* at;  ///< The part of the claim that is pointed at.
  const char* message;
  const char* hint = "";
};

}  // namespace

TEST_CASE("claims that make sense are accepted") {
  for (const char* text : {
           "a.max_gap <= 1s",
           "cgroup[x/y].cpu_time@load > 0s",
           "cgroup[cg_*].stray_cpus is empty",
           "cg_3.iterations > 0",
           "cgroup[cg_1?].iterations > 0",
           "p99(cgroup[*].wake_latency) <= 5ms with at least 1000 samples",
           "rate(b.cpu_time@load) / rate(b.cpu_time@quiet) >= 1.2",
           "series(a.iterations) never decreases ignoring first 1s",
           "series(a.cpus_used) subset of {0-3} sustained 3 samples",
           "a.cpu_time@* steady within 10%",
           "a.cpu_time@[*] >= 1ms",
           "a.cpu_time near 1s within 5% when pairs > 1 and cpus >= 2",
           "a.cpu_time near 1s within 5ms",
           "rate(a.iterations) >= 200/s",
           "a.iterations / a.wall_time >= 200/s",
           "rate(a.cpu_time) <= 250%",
           "a.cpus_used subset of cpuset(a)",
           "cpuset(cgroup[*]) subset of llc(0)",
           "len(a.cpus_used) <= cpus_per_llc",
           "machine.run_delay <= 1s",
           "total.workers.iterations@* > 0",
           "max(a.wake_latency) <= 1s",
           "count(a.wake_latency) >= 10",
           "first(series(a.iterations)) >= 0",
           "a.workers.iterations contains 5",
           "kernel.release matches /^7\\./",
           "kernel.release contains \"amd64\" when cpus > 1",
           "scheduler.name@load is not empty",
           "scheduler.name@* != \"fifo\"",
       }) {
    CAPTURE(text);
    const Diagnostics found = check(text);
    CHECK(found.ok());
    if (!found.ok()) UNSCOPED_INFO(found.all()[0].message);
  }
}

TEST_CASE("claims that make none are refused at the part that is wrong") {
  const Refused table[] = {
      {"c.max_gap <= 1s", "E020", "c.max_gap", "no cgroup `c`"},
      {"cgroup[x/z].max_gap <= 1s", "E020", "cgroup[x/z].max_gap", "no cgroup `x/z`", "`x/y`"},
      {"cgroup[q*].max_gap <= 1s", "E020", "cgroup[q*].max_gap", "no cgroup matches"},
      {"cg_x.max_gap <= 1s", "E020", "cg_x.max_gap", "no cgroup"},
      {"pears > 1", "E031", "pears", "no cgroup, var or variable"},
      {"a.itertions > 0", "E031", "a.itertions", "no metric `itertions`", "`iterations`"},
      {"a.cpu_time.p99 > 0s", "E031", "a.cpu_time.p99", "has no parts"},
      {"cpus.x > 0", "E031", "cpus.x", "has no parts"},
      {"machine.cpuz > 0", "E031", "machine.cpuz", "no `cpuz`", "`cpus`"},
      {"p98(a.wake_latency) > 1s", "E031", "p98", "no function"},
      {"a.max_gap@laod <= 1s", "E034", "a.max_gap@laod", "no step `laod`", "`load`"},
      {"a.max_gap@[z*] <= 1s", "E034", "a.max_gap@[z*]", "no step"},
      {"scheduler.x <= 1", "E031", "scheduler.x", "`x`"},
      {"monitor.x <= 1", "E016", "monitor.x", "monitor"},
      {"payload[p].x <= 1", "E029", "payload[p].x", "nothing runs a payload `p`"},
      {"map[m].x <= 1", "E016", "map[m].x", "map"},
      {"kernel.x <= 1", "E031", "kernel.x", "`x`"},
      {"kernel.release@load == \"7\"", "E033", "kernel.release@load", "every step"},
      {"kernel.release <= 1", "E033", "kernel.release", "text"},
      {"series(scheduler.name) == \"x\"", "E033", "series(scheduler.name)", "series()"},
      {"a.max_gap <= 100", "E032", "a.max_gap", "a time and a plain number", "unit: 100ms"},
      {"a.iterations <= 1s", "E032", "a.iterations", "a plain number and a time"},
      {"rate(a.iterations) <= 5", "E032", "rate(a.iterations)", "a rate per second", "200/s"},
      {"a.cpu_time + a.iterations > 1s", "E032", "a.cpu_time + a.iterations", "a sum of"},
      {"a.cpu_time near 1s within 5", "E032", "a.cpu_time", "a tolerance"},
      {"ceil(a.cpu_time) > 1s", "E032", "ceil(a.cpu_time)", "plain number"},
      {"series(a.iterations) converges to 5 within 1 by 3", "E032", "series(a.iterations)", "`by`"},
      {"a.wake_latency <= 1s", "E033", "a.wake_latency", "cannot be compared", "p50 to p999"},
      {"p99(a.iterations) <= 1", "E033", "p99(a.iterations)", "vector, series or distribution"},
      {"sum(a.wake_latency) <= 1s", "E033", "sum(a.wake_latency)", "distribution"},
      {"a > 1", "E033", "a", "a cgroup cannot be compared", "metric"},
      {"cpuset(a.cpus_used) is empty", "E033", "cpuset(a.cpus_used)", "takes a cgroup"},
      {"a.cpus_used <= {0}", "E033", "a.cpus_used", "no order"},
      {"a.cpus_used == 1", "E033", "a.cpus_used", "takes numbers"},
      {"a.cpus_used == \"1\"", "E033", "a.cpus_used", "a CPU set and text"},
      {"a.iterations is empty", "E033", "a.iterations", "`is empty`"},
      {"a.cpus_used is finite", "E033", "a.cpus_used", "`is finite`"},
      {"a.iterations matches /x/", "E033", "a.iterations", "takes text"},
      {"a.iterations contains 1", "E033", "a.iterations", "cannot contain"},
      {"a.iterations subset of {1}", "E033", "a.iterations", "takes CPU sets"},
      {"a.iterations never decreases", "E033", "a.iterations", "takes a series"},
      {"a.workers.iterations never decreases", "E033", "a.workers.iterations", "takes a series"},
      {"a.iterations steady within 5%", "E033", "a.iterations", "takes a series"},
      {"rate(a.max_gap) <= 1", "E033", "rate(a.max_gap)", "takes a counter"},
      {"series(a.max_gap) never decreases", "E033", "series(a.max_gap)", "takes a counter"},
      {"series(a.iterations + 1) never decreases", "E033", "series(a.iterations + 1)", "its name"},
      {"series(a.iterations@*) > 0", "E033", "series(a.iterations@*)", "series()"},
      {"series(a.iterations) > a.iterations@*", "E033", "series(a.iterations)", "do not combine"},
      {"a.workers.spread <= 1", "E033", "a.workers.spread", "of a cgroup"},
      {"a.workers > 1", "E033", "a.workers", "needs a metric"},
      {"total > 1", "E033", "total", "needs a metric"},
      {"cgroup.a > 1", "E033", "cgroup.a", "brackets"},
      {"cpus@load > 1", "E033", "cpus@load", "same in every step"},
      {"abs(a.cpu_time, a.cpu_time) > 1s", "E033", "abs(a.cpu_time, a.cpu_time)", "one argument"},
      {"mod(a.iterations) > 1", "E033", "mod(a.iterations)", "two arguments"},
      {"llc(1s) == {0}", "E033", "llc(1s)", "takes a number"},
      {"a.iterations > 1 sustained 3 samples", "E033", "sustained", "needs a series"},
      {"a.iterations > 1 ignoring first 3s", "E033", "ignoring", "needs a series"},
      {"\"x\" matches /(/", "E035", "/(/", "malformed"},
      {"\"x\" matches /.*/", "E035", "/.*/", "matches everything"},
      {"\"x\" matches //", "E035", "//", "empty"},
      {"a.iterations > 0 when c.iterations > 0", "E020", "c.iterations", "no cgroup"},
  };
  for (const Refused& one : table) {
    CAPTURE(one.claim);
    const Diagnostics found = check(one.claim);
    REQUIRE(found.all().size() == 1);
    const Diagnostic& diagnostic = found.all()[0];
    CAPTURE(diagnostic.message, diagnostic.hint);
    CHECK(diagnostic.code->id == one.code);
    CHECK(diagnostic.message.find(one.message) != std::string::npos);
    CHECK(diagnostic.hint.find(one.hint) != std::string::npos);
    CHECK(line_of(diagnostic.place)
              .substr(diagnostic.place.span.column - 1, diagnostic.place.span.length) == one.at);
  }
}

TEST_CASE("each selector that means nothing is reported") {
  CHECK(check("c.max_gap - a.max_cap <= d.max_gap").all().size() == 3);
}

TEST_CASE("a scenario's names come from everything that makes them") {
  ir::Scenario scenario;
  scenario.vars = {{"pairs", 2.0}};
  scenario.cgroups = {{.name = "top"}};
  scenario.backdrop.cgroups = {{.name = "cg_{i}"}};
  scenario.backdrop.ops = {ir::AddCgroup{"added"}};
  scenario.steps = {{.name = "first", .cgroups = {{.name = "inner"}}},
                    {.ops = {ir::DefineCgroup{{.name = "defined"}}, ir::Mark{"m"}}}};
  const ClaimScope found = scope_of(scenario);
  CHECK(found.cgroups == std::vector<std::string>{"added", "cg_{i}", "defined", "inner", "top"});
  CHECK(found.steps == std::vector<std::string>{"first", "step_2"});
  CHECK(found.vars == std::vector<std::string>{"pairs"});
}

TEST_CASE("an expectation names its cause properly") {
  const auto codes = [](const ir::Expect& expect) {
    Diagnostics found;
    check_expect(expect, {{.text = "a.x > 1"}}, {}, found);
    std::string out;
    for (const Diagnostic& diagnostic : found.all()) out += diagnostic.code->id;
    return out;
  };
  using ir::Expected;
  CHECK(codes({Expected::pass}).empty());
  CHECK(codes({Expected::pass, "oops"}) == "E019");
  CHECK(codes({Expected::fail}) == "E011");
  CHECK(codes({Expected::fail, "oops"}).empty());
  CHECK(codes({Expected::fail, "oops", "/soft lockup/"}).empty());
  CHECK(codes({Expected::fail, "oops", "soft lockup"}) == "E035");
  CHECK(codes({Expected::fail, "oops", "/.*/"}) == "E035");
  CHECK(codes({Expected::fail, {}, {}, "a.x > 1"}).empty());
  CHECK(codes({Expected::fail, {}, {}, "a.x > 2"}) == "E018");
}
