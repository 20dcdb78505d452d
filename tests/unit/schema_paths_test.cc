// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "schema/diff.h"
#include "schema/walk.h"
#include "support/sample_vocabulary.h"

using namespace ktstr;
using namespace ktstr::testing::sample;
using schema::cref_to;
using schema::Descend;
using schema::Difference;
using schema::ref_to;
using schema::Site;

TEST_CASE("a path is written in the words of the file") {
  const schema::Path root;
  const schema::Path steps(root, "steps");
  const schema::Path second(steps, std::size_t{1});
  const schema::Path key(second, "a/b");
  CHECK(root.text().empty());
  CHECK(second.text() == "steps[1]");
  CHECK(key.text() == "steps[1][\"a/b\"]");
  CHECK(schema::Path(root, "0").text() == "[\"0\"]");
  CHECK(schema::Path(key, "c_d-e").text() == "steps[1][\"a/b\"].c_d-e");
}

TEST_CASE("every text is shown with its path and may be changed") {
  Plan plan = example_plan();
  std::vector<std::string> paths;
  schema::for_each_text(ref_to(plan), [&](std::string& text, const Site& site) {
    paths.push_back(site.path.text());
    text += "_0";
  });
  CHECK(paths ==
        std::vector<std::string>{"name", "about", "claims[0]", "claims[1]", "steps[0].name",
                                 "steps[1].name", "steps[1].ops[0].resize.cgroup",
                                 "steps[1].ops[1].remove.cgroup", "steps[1].groups[0].name"});
  CHECK(std::get<Remove>(plan.steps[1].ops[1]).cgroup == "b_0");
}

TEST_CASE("an expression that a visitor resolves is walked into as its literal") {
  Plan plan = example_plan();
  std::vector<std::string> seen;
  schema::for_each_deferred(
      ref_to(plan), [&](schema::Ref value, const schema::DeferredShape& shape, const Site& site) {
        seen.push_back(site.path.text() + " " + std::to_string(site.field->range.high));
        CHECK_FALSE(shape.resolved(value.data));
        *static_cast<std::uint32_t*>(shape.literal(value.data)) = 7;
      });
  CHECK(seen == std::vector<std::string>{"steps[1].groups[0].workers 4096.000000"});
  unsigned sevens = 0;
  schema::walk(cref_to(plan), [&](schema::ConstRef value, const Site& site) {
    if (site.path.text() == "steps[1].groups[0].workers" &&
        value.type == &schema::type_of<std::uint32_t>())
      sevens += *static_cast<const std::uint32_t*>(value.data) == 7;
    return Descend::yes;
  });
  CHECK(sevens == 1);
}

TEST_CASE("a walk leaves out what the visitor does not want") {
  const Plan plan = example_plan();
  std::size_t visited = 0;
  schema::walk(cref_to(plan), [&](schema::ConstRef, const Site& site) {
    ++visited;
    return site.path.is_root() ? Descend::yes : Descend::no;
  });
  CHECK(visited == 12);
}

TEST_CASE("equal values do not differ") {
  CHECK(schema::diff(cref_to(example_plan()), cref_to(example_plan())).empty());
}

TEST_CASE("differences are the innermost ones, in the words of the file") {
  const Plan left = example_plan();
  Plan right = left;
  right.duration = 7s;
  right.claims.pop_back();
  right.vars = {{"load", 2}, {"more", 1}};
  right.steps[0].hold.reset();
  std::get<Resize>(right.steps[1].ops[0]).to.to = 0.5;
  right.steps[1].ops[1] = Resize{"b", {}};
  right.steps[1].groups[0].workers = {4U};
  right.parts.emplace_back(Plan{.name = "x"});
  CHECK(schema::diff(cref_to(left), cref_to(right)) ==
        std::vector<Difference>{
            {"duration", "6s", "7s"},
            {"claims[1]", "a.stray_cpus is empty", ""},
            {"vars.load", "1.5", "2"},
            {"vars.more", "", "1"},
            {"steps[0].hold", "50%", ""},
            {"steps[1].ops[0].resize.to.to", "0.25", "0.5"},
            {"steps[1].ops[1]", "{remove: b}", "{resize: {cgroup: b, to: [0, 1]}}"},
            {"steps[1].groups[0].workers", "cpus / 2", "4"},
            {"parts[0]", "", "{name: x}"},
        });
}

TEST_CASE("differences read as lines") {
  CHECK(schema::to_text({{"a[0]", "1", ""}, {"", "x", "y"}}) == "a[0]: 1 → (none)\nx → y\n");
}
