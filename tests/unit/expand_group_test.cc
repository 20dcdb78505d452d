// SPDX-License-Identifier: GPL-2.0-only
// What a group of workers may ask for, on a machine of two nodes, and which machines make sense.
#include <catch2/catch_test_macros.hpp>

#include "expand/expand.h"
#include "support/parse_text.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

struct Expanded {
  parse::Loaded loaded;
  std::vector<ir::Case> cases;
  Diagnostics found;

  explicit Expanded(const std::string& text, const expand::Options& options = {})
      : loaded(load_text("topology: 2n2l2c1t\n" + text)) {
    INFO(mistakes(loaded.diagnostics));
    REQUIRE(loaded.diagnostics.ok());
    const parse::LoadedScenario& it = loaded.scenarios.at(0);
    cases = expand::expand({it.stem, it.scenario, it.map}, options, found);
  }
  [[nodiscard]] const ir::Cgroup& cgroup(std::size_t index = 0) const {
    return cases.at(0).program.steps.at(0).cgroups.at(index);
  }
};

std::string wrong(const std::string& keys) {
  return mistakes(Expanded("cgroups: [{name: a, " + keys + "}]\n").found);
}

}  // namespace

TEST_CASE("a limit that does not bind its workers is warned of once and skips nothing") {
  const std::string text = "cgroups: [{name: a, workers: 1, policy: {fifo: 5}, cpu: {max: 50%}}]\n";
  const Expanded own(text);
  REQUIRE(own.found.all().size() == 1);
  CHECK(own.found.ok());
  CHECK(own.found.all()[0].severity() == Diagnostic::Severity::warning);
  CHECK(own.cases.size() == 1);
  const Expanded many(text, {.gauntlet = std::vector<std::string>{"tiny-1llc", "tiny-2llc"}});
  CHECK(many.found.all().size() == 1);
  CHECK(many.cases.size() == 2);
  for (const ir::Case& each : many.cases) CHECK_FALSE(each.skip);
}

TEST_CASE("a warning is never the reason for which a case is skipped") {
  const Expanded odd(
      "cgroups: [{name: a, workers: 1, policy: {fifo: 5}, cpu: {max: 50%}},\n"
      "          {name: b, workers: llcs, work: pipe_io}]\n",
      {.gauntlet = std::vector<std::string>{"odd-3llc"}});
  REQUIRE(odd.cases.size() == 1);
  CHECK(odd.cases[0].skip.value_or("").find("groups of 2") != std::string::npos);
}

TEST_CASE("nodes are counted, and a cgroup's are those it may take memory from") {
  const Expanded good(
      "cgroups: [{name: 'n{i}', for_each: node, cpuset_mems: {node: i}, node: i, workers: 1}]\n");
  REQUIRE(good.cases.size() == 1);
  CHECK(good.cgroup(1).cpuset_mems == ir::NodesSpec(ir::ExactNodes{{1}}));
  CHECK(good.cgroup(1).groups.at(0).node == ir::Count(1));
  CHECK(wrong("cpuset_mems: {node: 2}").starts_with("E015 2:"));
  CHECK(wrong("cpuset_mems: {nodes: '0-4'}").starts_with("E015 2:"));
  CHECK(wrong("node: 2").starts_with("E015 2:"));
  CHECK(wrong("cpuset: {node: 0}, node: 1").starts_with("E041 2:"));
}

TEST_CASE("a memory policy names nodes that its cgroup may use, or says otherwise") {
  CHECK(wrong("mem_policy: {bind: '0-1'}").empty());
  CHECK(wrong("mem_policy: {bind: '2'}").starts_with("E015"));
  CHECK(wrong("cpuset_mems: {node: 0}, mem_policy: {bind: '1'}").starts_with("E019"));
  CHECK(wrong("cpuset_mems: {node: 0}, mem_policy: {bind: {nodes: '1', flags: [static]}}").empty());
  CHECK(wrong("mem_policy: {bind: {nodes: '2', flags: [static]}}").starts_with("E015"));
  CHECK(wrong("mem_policy: {bind: {nodes: '5', flags: [relative]}}").empty());
  CHECK(wrong("mem_policy: {bind: {nodes: '', flags: [relative]}}").starts_with("E014"));
  CHECK(wrong("mem_policy: {bind: {nodes: '0', flags: [balancing]}}").empty());
  CHECK(wrong("mem_policy: {preferred: {nodes: '0', flags: [balancing]}}").starts_with("E019"));
}

TEST_CASE("deadline tasks need an order of times and every CPU") {
  const std::string good = "policy: {deadline: {runtime: 1ms, deadline: 2ms, period: 3ms}}";
  CHECK(wrong(good).empty());
  CHECK(wrong(good + ", affinity: spanning").empty());
  CHECK(wrong(good + ", affinity: single").starts_with("E019"));
  CHECK(wrong(good + ", cpuset: {llc: 0}").starts_with("E019"));
  CHECK(
      wrong("policy: {deadline: {runtime: 2ms, deadline: 1ms, period: 3ms}}").starts_with("E015"));
  CHECK(mistakes(Expanded("backdrop: {cgroups: [{name: a}]}\n"
                          "steps: [{ops: [{set_policy: {cgroup: a, to: {deadline: "
                          "{runtime: 1ms, deadline: 3ms, period: 2ms}}}}], hold: 1s}]\n")
                     .found)
            .find("E015") != std::string::npos);
}

TEST_CASE("a group inherits what it does not say, comm and clone as well") {
  const Expanded both(
      "cgroups: [{name: a, comm: x, clone: thread, uid: 5, mem_policy: local,\n"
      "           groups: [{workers: 1}, {workers: 1, comm: y, clone: fork}]}]\n");
  const auto& groups = both.cgroup().groups;
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].comm == "x");
  CHECK(groups[0].clone == ir::Clone::thread);
  CHECK(groups[0].mem_policy.has_value());
  CHECK(groups[1].comm == "y");
  CHECK(groups[1].clone == ir::Clone::fork);
  CHECK(groups[1].uid == 5);
  CHECK(wrong("comm: sixteen_bytes_xx").starts_with("E014"));
}

TEST_CASE("a machine that is not what the scenario requires is skipped, and why is said") {
  const Expanded few(
      "require: {topology: {min_cpus: 8}}\ncgroups: [{name: a, cpuset: {llc: 5}}]\n");
  CHECK(few.found.ok());  // What does not fit this machine does not matter on it.
  REQUIRE(few.cases.size() == 1);
  CHECK(few.cases[0].skip == "it needs at least 8 CPUs, and 2n2l2c1t has 4");
  CHECK(Expanded("require: {topology: {max_nodes: 1}}\ncgroups: [{name: a}]\n").cases.at(0).skip ==
        "it needs at most 1 NUMA nodes, and 2n2l2c1t has 2");
  CHECK(Expanded("require: {topology: {requires_smt: true}}\ncgroups: [{name: a}]\n")
            .cases.at(0)
            .skip.has_value());
  CHECK(!Expanded("require: {topology: {min_llcs: 2}}\ncgroups: [{name: a}]\n").cases.at(0).skip);
}

TEST_CASE("the gauntlet puts other work into swappable cgroups, and into no others") {
  expand::Options options;
  options.gauntlet = {"tiny-1llc"};
  const Expanded varied(
      "gauntlet: {work: [yield_heavy, pipe_io]}\n"
      "cgroups: [{name: a, workers: 3, swappable: true}, {name: b, workers: 2}]\n",
      options);
  REQUIRE(varied.cases.size() == 2);
  CHECK(to_text(varied.cases[0].id) == "test/test/tiny-1llc/-/yield_heavy/-");
  CHECK(std::holds_alternative<ir::YieldHeavy>(*varied.cgroup(0).groups.at(0).work));
  CHECK(std::holds_alternative<ir::Spin>(*varied.cgroup(1).groups.at(0).work));
  // Three workers are no pairs.
  CHECK(varied.cases[1].id.work == "pipe_io");
  CHECK(varied.cases[1].skip.has_value());
}

TEST_CASE("what the guest is prepared with reaches its program") {
  const Expanded prepared(
      "kargs: [psi=1]\nsysctls: {kernel.x: 1, net.y: text}\ncgroup_root: a/b\n"
      "files: [{to: /etc/x, text: hi, mode: '0600'}]\nrequire: {host: {min_cpus: 3}}\n"
      "cgroups: [{name: a}]\n");
  const ir::Case& it = prepared.cases.at(0);
  CHECK(it.kargs == std::vector<std::string>{"psi=1"});
  CHECK(it.host.min_cpus == 3U);
  CHECK(it.program.cgroup_root == "a/b");
  CHECK(it.program.sysctls.size() == 2);
  REQUIRE(it.program.files.size() == 1);
  CHECK(it.program.files[0].mode == 0600);
}
