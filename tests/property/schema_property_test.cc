// SPDX-License-Identifier: GPL-2.0-only
// What must hold for every value of a described type, tried on generated ones.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "schema/codec.h"
#include "schema/diff.h"
#include "schema/json_schema.h"
#include "schema/print.h"
#include "schema/walk.h"
#include "support/generate.h"
#include "support/json_schema_check.h"
#include "support/sample_vocabulary.h"

using namespace ktstr;
using namespace ktstr::testing;
using namespace ktstr::testing::sample;
using schema::cref_to;

namespace {

Makers with_expressions() {
  Makers makers;
  makers.expression = [](void* value, const schema::DeferredShape& shape, Tape& tape) {
    static_cast<Expression*>(shape.expression(value))->text =
        "cpus + " + std::to_string(tape.below(100));
  };
  return makers;
}

}  // namespace

TEST_CASE("decode of encode is the value") {
  CHECK(falsify<Plan>({}, 2000, [](const Plan& plan) -> std::string {
          const Result<Buffer> bytes = schema::encode(cref_to(plan));
          if (!bytes) return describe(bytes.error());
          const Result<Plan> back = schema::decode<Plan>(*bytes);
          if (!back) return describe(back.error());
          return to_text(schema::diff(cref_to(plan), cref_to(*back)));
        }) == "");
}

TEST_CASE("the JSON Schema accepts every value, with and without defaults") {
  const JsonSchemaCheck check(schema::json_schema(schema::type_of<Plan>(), "Plan"));
  CHECK(falsify<Plan>(with_expressions(), 300, [&](const Plan& plan) {
          const schema::ConstRef value = cref_to(plan);
          return check.complaints(schema::print_json(value)) +
                 check.complaints(schema::print_json(value, {2, schema::Defaults::omitted}));
        }) == "");
}

TEST_CASE("generated values respect the ranges of their fields") {
  CHECK(falsify<Plan>({}, 1000, [](const Plan& plan) {
          std::string wrong;
          schema::walk(cref_to(plan), [&](schema::ConstRef value, const schema::Site& site) {
            if (const auto* scalar = std::get_if<schema::ScalarShape>(&value.type->shape))
              if (!site.field->range.holds(scalar->measure(value.data)) &&
                  !value.type->equal(value.data, value.type->fresh()))  // A default is free.
                wrong += site.path.text() + " ";
            if (std::holds_alternative<schema::NumberShape>(value.type->shape))
              if (!site.field->range.holds(*static_cast<const double*>(value.data)))
                wrong += site.path.text() + " ";
            return schema::Descend::yes;
          });
          return wrong;
        }) == "");
}

TEST_CASE("generated values reach every alternative, word and length") {
  std::map<std::string, unsigned> seen;
  falsify<Plan>(with_expressions(), 500, [&](const Plan& plan) -> std::string {
    schema::walk(cref_to(plan), [&](schema::ConstRef value, const schema::Site&) {
      if (const auto* choice = std::get_if<schema::ChoiceShape>(&value.type->shape))
        ++seen[std::string(value.type->name) + std::to_string(choice->index(value.data))];
      if (const auto* words = std::get_if<schema::EnumerationShape>(&value.type->shape))
        ++seen[std::string(words->words[words->get(value.data)].name)];
      if (const auto* list = std::get_if<schema::ListShape>(&value.type->shape))
        ++seen["length " + std::to_string(list->size(value.data))];
      if (const auto* deferred = std::get_if<schema::DeferredShape>(&value.type->shape))
        ++seen[deferred->resolved(value.data) ? "literal" : "expression"];
      return schema::Descend::yes;
    });
    return {};
  });
  for (const char* name :
       {"work0", "work1", "work2", "work3", "op0", "op1", "hold0", "hold1", "hold2", "normal",
        "batch", "length 0", "length 1", "length 4", "literal", "expression"}) {
    INFO(name);
    CHECK(seen[name] >= 20);
  }
}

TEST_CASE("a failing value is made small") {
  const std::string report = falsify<Plan>({}, 1000, [](const Plan& plan) -> std::string {
    for (const Step& step : plan.steps)
      for (const Op& op : step.ops)
        if (std::holds_alternative<Remove>(op)) return "has a remove";
    return {};
  });
  CHECK(report.starts_with("has a remove\nfor value "));
  INFO(report);
  CHECK(report.find("- remove:") != std::string::npos);
  CHECK(std::ranges::count(report, '\n') <= 6);
}
