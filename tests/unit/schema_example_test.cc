// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "schema/example.h"
#include "schema/print.h"
#include "support/sample_vocabulary.h"

using namespace ktstr;
using namespace ktstr::testing::sample;

namespace {

struct Told {
  std::string cgroup;
  bool operator==(const Told&) const = default;
  static constexpr auto schema =
      schema::record("told", "With an example of its own.",
                     Field{"cgroup", &Told::cgroup, "Which.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("tmp");
};

template <class T>
std::string shown() {
  const std::optional<schema::Node> example = schema::example_of(schema::type_of<T>());
  return example ? schema::to_inline_yaml(*example) : "";
}

}  // namespace

TEST_CASE("an example is the description's own, or made of its defaults and fields' examples") {
  CHECK(shown<Told>() == "{told: tmp}");
  CHECK(shown<Spin>() == "spin");
  CHECK(shown<Bursty>() == "{bursty: {burst: 50ms, sleep: 100ms}}");
  CHECK(shown<Part>() == "{part: [0, 1]}");
  CHECK(shown<Remove>().empty());  // What is required has no example.
  CHECK(shown<Resize>() == "{resize: {cgroup: a, to: [0, 0.5]}}");
}
