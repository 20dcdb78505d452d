// SPDX-License-Identifier: GPL-2.0-only
// The example that the reference shows of each work type and op is a part of a scenario that can be
// run.
#include <catch2/catch_test_macros.hpp>

#include "expand/expand.h"
#include "parse/reader.h"
#include "schema/example.h"
#include "schema/print.h"
#include "support/parse_text.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

constexpr const char* machine = "topology: 2n4l2c2t\nduration: 2s\ndisk: 256MiB\n";

/// The example of each alternative of a choice.
template <class Choice>
std::vector<std::string> examples() {
  std::vector<std::string> out;
  for (const schema::TypeRef alternative :
       std::get<schema::ChoiceShape>(schema::type_of<Choice>().shape).alternatives) {
    const std::optional<schema::Node> example = schema::example_of(alternative());
    INFO(schema::word_of(alternative()));
    REQUIRE(example.has_value());
    out.push_back(schema::to_inline_yaml(*example));
  }
  return out;
}

ir::Work work_of(const std::string& text) {
  const auto source = std::make_shared<const Source>(Source{"work", text});
  Diagnostics found;
  const std::vector<doc::Document> documents = doc::parse(source, doc::Format::yaml, found);
  ir::Work out;
  ir::SourceMap map;
  parse::read({documents.at(0).root, {source}}, schema::ref_to(out), map, found);
  INFO(text << "\n" << mistakes(found));
  REQUIRE(found.ok());
  return out;
}

/// The case that a scenario comes to on its own topology; the test fails where there is none.
ir::Case case_of(const std::string& text) {
  const parse::Loaded loaded = load_text(machine + text);
  INFO(text << mistakes(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.ok());
  const parse::LoadedScenario& it = loaded.scenarios.at(0);
  Diagnostics found;
  const std::vector<ir::Case> cases = expand::expand({it.stem, it.scenario, it.map}, {}, found);
  INFO(mistakes(found));
  REQUIRE(found.ok());
  REQUIRE(cases.size() == 1);
  CHECK_FALSE(cases[0].skip.has_value());
  return cases[0];
}

}  // namespace

TEST_CASE("the example of every work type is work that a cgroup can do") {
  const std::vector<std::string> all = examples<ir::Work>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string workers = std::to_string(group_size(work_of(all[i])));
    const ir::Case made =
        case_of("cgroups: [{name: a, workers: " + workers + ", work: " + all[i] + "}]\n");
    const ir::WorkGroup& group = made.program.steps.at(0).cgroups.at(0).groups.at(0);
    CHECK(group.work.value().index() == i);
  }
}

TEST_CASE("the example of every op is one that a step can do") {
  const std::vector<std::string> all = examples<ir::Op>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto begins = [&](std::string_view op) { return all[i].starts_with(op); };
    // What must have been done before.
    const std::string_view before = begins("{remove_cgroup") ? "{add_cgroup: tmp}, "
                                    : begins("{wait_payload") || begins("{kill_payload")
                                        ? "{run_payload: {payload: fio, cgroup: a}}, "
                                        : "";
    const ir::Case made =
        case_of(std::string("schedulers: [{name: simple, binary: scx_simple}]\n") +
                (begins("{attach_scheduler") ? "" : "scheduler: simple\n") +
                "payloads: [{name: fio, run: [fio, --version]}]\n"
                "backdrop:\n  cgroups:\n"
                "    - {name: a, workers: 2, work: spin, cpuset: {llc: 0}}\n"
                "    - {name: b, workers: 2, work: spin, cpuset: {llc: 1}}\n"
                "steps: [{name: s, ops: [" +
                std::string(before) + all[i] + "], hold: 100%}]\n");
    CHECK(made.program.steps.at(0).ops.back().index() == i);
  }
}
