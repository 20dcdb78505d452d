// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "schema/markdown.h"
#include "support/sample_vocabulary.h"

using namespace ktstr;
using namespace ktstr::testing::sample;
using schema::PageSpec;
using schema::type_of;

TEST_CASE("a record's page has its fields, what they lead to, and links between them") {
  const PageSpec spec{"group.md", "Groups", "What runs.", {&type_of<Group>()}};
  const std::vector<schema::Page> pages = schema::markdown({&spec, 1});
  REQUIRE(pages.size() == 1);
  CHECK(pages[0].file == "group.md");
  CHECK(pages[0].text == R"(# Groups

What runs.

## group

A cgroup and its workers.

| key | type | default | range | meaning |
|---|---|---|---|---|
| `name` | text | required | | Its name. Example: `a` |
| `workers` | integer or expression | `2` | 0 to 4096 | How many \| workers. Example: `cpus / 2` |
| `about` | text | | | What it is for. |
| `nice` | integer | `0` | -20 to 19 | Their nice value. |
| `policy` | [policy](#policy) | `normal` | | Their policy. |
| `work` | [work](#work) | `spin` | | What they do. |

## policy

A scheduling policy.

| word | meaning |
|---|---|
| `normal` | The usual one. |
| `batch` | For work without users. |

## work

What a worker does.

| word | meaning |
|---|---|
| `spin` | Run without pause. |
| [bursty](#bursty) | Run for `burst`, then sleep for `sleep`. |
| [fifo](#fifo) | Real-time, first in, first out. |
| [part](#part) | A part of the CPUs. |

## bursty

Run for `burst`, then sleep for `sleep`.

Example: `{bursty: {burst: 50ms, sleep: 100ms}}`

| key | type | default | range | meaning |
|---|---|---|---|---|
| `burst` | [duration](#duration) | `50ms` | 1us to 1min | Time on CPU per cycle. |
| `sleep` | [duration](#duration) | `100ms` | 1us to 1min | Time asleep per cycle. |

## duration

A time with its unit: ns, us, ms, s, min or h.

Example: `50ms`

Pattern: `^-?[0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|min|h)$`

## fifo

Real-time, first in, first out.

May be written as its `priority` alone.

Example: `{fifo: {priority: 1, reset: false}}`

| key | type | default | range | meaning |
|---|---|---|---|---|
| `priority` | integer | `1` | 1 to 99 | Its level. |
| `reset` | boolean | `false` | | Whether children lose it. |

## part

A part of the CPUs.

May be written as a list: `[from, to]`

Example: `{part: [0, 1]}`

| key | type | default | range | meaning |
|---|---|---|---|---|
| `from` | number | `0` | 0 to 1 | Where it begins. |
| `to` | number | `1` | 0 to 1 | Where it ends. |
)");
}

TEST_CASE("a type that another page lists is linked there, and headings of a page are unique") {
  const std::vector<PageSpec> specs = {
      {"plan.md", "Plan", "", {&type_of<Plan>()}},
      {"work.md", "Work types", "", {&type_of<Work>(), &type_of<Op>()}},
  };
  const std::vector<schema::Page> pages = schema::markdown(specs);
  REQUIRE(pages.size() == 2);
  const auto has = [&](std::size_t page, std::string_view part) {
    return pages[page].text.find(part) != std::string::npos;
  };
  // The title takes the anchor `plan`, so the section has the next one.
  CHECK(has(0, "| `parts` | list of [plan](#plan-1) |"));
  CHECK(has(0, "| `work` | [work](work.md#work) |"));
  CHECK(has(0, "| `ops` | list of [op](work.md#op) |"));
  CHECK(has(0, "| `works` | map of names to [work](work.md#work) |"));
  CHECK(has(0, "| `vars` | map of names to number |"));
  CHECK(has(0, "| form | meaning |"));
  CHECK(has(0, "| `forever` | Until the run ends. |"));
  CHECK(has(0, "| `limit` | [limit](#limit) | `forever` | 1ms to 1h | The longest it may take. |"));
  CHECK(has(1, "## bursty"));
  CHECK(has(1, "| `burst` | [duration](plan.md#duration) |"));
  CHECK_FALSE(has(0, "## bursty"));
}
