// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "schema/json_schema.h"
#include "schema/print.h"
#include "support/json_schema_check.h"
#include "support/sample_vocabulary.h"

using namespace ktstr;
using namespace ktstr::testing::sample;
using schema::type_of;

namespace {

const testing::JsonSchemaCheck& plan_check() {
  static const testing::JsonSchemaCheck check(schema::json_schema(type_of<Plan>(), "Plan"));
  return check;
}

}  // namespace

TEST_CASE("a small type's JSON Schema, whole") {
  CHECK(schema::json_schema(type_of<std::vector<Op>>(), "Operations") == R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Operations",
  "allOf": [
    {
      "type": "array",
      "items": {"$ref": "#/definitions/op"}
    }
  ],
  "definitions": {
    "op": {
      "description": "What a step does.",
      "type": "object",
      "properties": {
        "resize": {"$ref": "#/definitions/resize"},
        "remove": {"$ref": "#/definitions/remove"}
      },
      "additionalProperties": false,
      "minProperties": 1,
      "maxProperties": 1
    },
    "resize": {
      "description": "Change the CPUs of a cgroup.",
      "type": "object",
      "properties": {
        "cgroup": {
          "description": "Which one.",
          "examples": ["a"],
          "type": "string"
        },
        "to": {
          "description": "Its new CPUs. Example: [0, 0.5]",
          "allOf": [
            {"$ref": "#/definitions/part"}
          ]
        }
      },
      "additionalProperties": false,
      "required": ["cgroup", "to"]
    },
    "part": {
      "description": "A part of the CPUs.",
      "anyOf": [
        {
          "type": "array",
          "items": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "number", "minimum": 0, "maximum": 1}
          ],
          "minItems": 2,
          "maxItems": 2
        },
        {
          "type": "object",
          "properties": {
            "from": {
              "description": "Where it begins.",
              "default": 0,
              "type": "number",
              "minimum": 0,
              "maximum": 1
            },
            "to": {
              "description": "Where it ends.",
              "default": 1,
              "type": "number",
              "minimum": 0,
              "maximum": 1
            }
          },
          "additionalProperties": false
        }
      ]
    },
    "remove": {
      "description": "Remove a cgroup.",
      "anyOf": [
        {"type": "string"},
        {
          "type": "object",
          "properties": {
            "cgroup": {"description": "Which one.", "type": "string"}
          },
          "additionalProperties": false,
          "required": ["cgroup"]
        }
      ]
    }
  }
}
)json");
}

TEST_CASE("the schema accepts what files may hold") {
  for (
      const char* document : {
          R"({})",
          R"({"duration": "50ms", "memory": "1GiB", "points": [1, 2.5], "claims": ["a > 0"]})",
          R"({"steps": [{"hold": "50%"}, {"hold": "2s"}, {"hold": {"every": "1s"}}, {"limit": "forever"}, {"limit": "3s"}]})",
          R"({"steps": [{"ops": [{"remove": "a"}, {"remove": {"cgroup": "a"}}]}]})",
          R"({"steps": [{"ops": [{"resize": {"cgroup": "a", "to": [0, 0.5]}}]}]})",
          R"({"steps": [{"ops": [{"resize": {"cgroup": "a", "to": {"to": 0.5}}}]}]})",
          R"({"steps": [{"groups": [{"name": "a", "workers": "cpus / 2", "policy": "batch"}]}]})",
          R"({"steps": [{"groups": [{"name": "a", "workers": 3, "nice": null}]}]})",
          R"({"works": {"x": "spin", "y": {"bursty": {"burst": "1ms"}}, "z": {"fifo": 3}, "n": null}})",
          R"({"parts": [{"parts": [{"name": "deep"}]}]})",
      }) {
    INFO(document);
    CHECK(plan_check().complaints(document).empty());
  }
  const std::string whole = schema::print_json(schema::cref_to(example_plan()));
  CHECK(plan_check().complaints(whole).empty());
}

TEST_CASE("the schema refuses what files may not hold") {
  for (const char* document : {
           R"([])",
           R"({"wrokers": 2})",
           R"({"duration": 5})",
           R"({"duration": "5"})",
           R"({"duration": "fast"})",
           R"({"memory": "1Gib"})",
           R"({"seed": -1})",
           R"({"seed": 1.5})",
           R"({"points": ["x"]})",
           R"({"points": [null]})",
           R"({"vars": {"a": "b"}})",
           R"({"claims": "a > 0"})",
           R"({"steps": [{"hold": "soon"}]})",
           R"({"steps": [{"hold": {"evry": "1s"}}]})",
           R"({"steps": [{"ops": ["remove"]}]})",
           R"({"steps": [{"ops": [{"remove": "a", "resize": {"cgroup": "a", "to": [0, 1]}}]}]})",
           R"({"steps": [{"ops": [{}]}]})",
           R"({"steps": [{"ops": [{"resize": {"cgroup": "a"}}]}]})",
           R"({"steps": [{"ops": [{"resize": {"cgroup": "a", "to": [0, 0.5, 1]}}]}]})",
           R"({"steps": [{"ops": [{"resize": {"cgroup": "a", "to": [0, 2]}}]}]})",
           R"({"steps": [{"groups": [{}]}]})",
           R"({"steps": [{"groups": [{"name": "a", "workers": -1}]}]})",
           R"({"steps": [{"groups": [{"name": "a", "workers": 5000}]}]})",
           R"({"steps": [{"groups": [{"name": "a", "nice": 20}]}]})",
           R"({"steps": [{"groups": [{"name": "a", "policy": "bacth"}]}]})",
           R"({"works": {"x": "resize"}})",
           R"({"works": {"x": {"fifo": 100}}})",
           R"({"parts": [{"parts": [{"nmae": "deep"}]}]})",
       }) {
    INFO(document);
    CHECK_FALSE(plan_check().complaints(document).empty());
  }
}

TEST_CASE("what editors show is there") {
  const std::string text = schema::json_schema(type_of<Plan>(), "Plan");
  for (const char* part : {
           R"("enum": ["normal", "batch"])",
           R"("enumDescriptions": ["The usual one.", "For work without users."])",
           R"("description": "Time on CPU per cycle. Range: 1us to 1min.")",
           R"("default": "50ms")",
           R"("description": "The longest it may take. Range: 1ms to 1h.")",
           R"("examples": ["cpus / 2"])",
       }) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
}
