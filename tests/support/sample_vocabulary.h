// SPDX-License-Identifier: GPL-2.0-only
// A small described vocabulary with every shape in it, for tests of what is derived from schemas.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/describe.h"
#include "schema/scalars.h"

namespace ktstr::testing::sample {

using schema::Field;

struct Expression {
  std::string text;
  bool operator==(const Expression&) const = default;
};

/// A number that may be written as an expression.
template <class T>
struct Later {
  std::variant<T, Expression> value{};
  bool operator==(const Later&) const = default;
};

enum class Policy { normal, batch };

struct Spin {
  bool operator==(const Spin&) const = default;
  static constexpr auto schema = schema::record("spin", "Run without pause.");
};

struct Bursty {
  Nanos burst = 50ms;
  Nanos sleep = 100ms;
  bool operator==(const Bursty&) const = default;
  static constexpr auto schema = schema::record(
      "bursty", "Run for `burst`, then sleep for `sleep`.",
      Field{"burst", &Bursty::burst, "Time on CPU per cycle.", schema::range(1us, 60s)},
      Field{"sleep", &Bursty::sleep, "Time asleep per cycle.", schema::range(1us, 60s)});
};

struct Fifo {
  std::int32_t priority = 1;
  bool reset = false;
  bool operator==(const Fifo&) const = default;
  static constexpr auto schema =
      schema::record("fifo", "Real-time, first in, first out.",
                     Field{"priority", &Fifo::priority, "Its level.", schema::range(1, 99)},
                     Field{"reset", &Fifo::reset, "Whether children lose it."})
          .written_as(schema::Shorthand::scalar);
};

struct Part {
  double from = 0;
  double to = 1;
  bool operator==(const Part&) const = default;
  static constexpr auto schema =
      schema::record("part", "A part of the CPUs.",
                     Field{"from", &Part::from, "Where it begins.", schema::range(0, 1)},
                     Field{"to", &Part::to, "Where it ends.", schema::range(0, 1)})
          .written_as(schema::Shorthand::list);
};

using Work = std::variant<Spin, Bursty, Fifo, Part>;

struct Resize {
  std::string cgroup;
  Part to;
  bool operator==(const Resize&) const = default;
  static constexpr auto schema = schema::record(
      "resize", "Change the CPUs of a cgroup.",
      Field{"cgroup", &Resize::cgroup, "Which one.", schema::required, schema::example("a")},
      Field{"to", &Resize::to, "Its new CPUs.", schema::required, schema::example("[0, 0.5]")});
};

struct Remove {
  std::string cgroup;
  bool operator==(const Remove&) const = default;
  static constexpr auto schema =
      schema::record("remove", "Remove a cgroup.",
                     Field{"cgroup", &Remove::cgroup, "Which one.", schema::required})
          .written_as(schema::Shorthand::scalar);
};

using Op = std::variant<Resize, Remove>;

struct Repeat {
  Nanos every = 1s;
  Share during{1};
  bool operator==(const Repeat&) const = default;
  static constexpr auto schema = schema::record(
      "repeat", "Do the operations again and again.",
      Field{"every", &Repeat::every, "The period.", schema::at_least(1ms)},
      Field{"for", &Repeat::during, "The share of the run.", schema::range(Share{0}, Share{1})});
};

struct Forever {
  bool operator==(const Forever&) const = default;
  static constexpr auto schema = schema::record("forever", "Until the run ends.");
};

using Hold = std::variant<Share, Nanos, Repeat>;
using Limit = std::variant<Forever, Nanos>;

struct Group {
  std::string name;
  Later<std::uint32_t> workers{2U};
  std::optional<std::string> about;
  std::optional<std::int32_t> nice = 0;
  Policy policy = Policy::normal;
  Work work;
  bool operator==(const Group&) const = default;
  static constexpr auto schema = schema::record(
      "group", "A cgroup and its workers.",
      Field{"name", &Group::name, "Its name.", schema::required, schema::example("a")},
      Field{"workers", &Group::workers, "How many | workers.", schema::range(0, 4096),
            schema::example("cpus / 2")},
      Field{"about", &Group::about, "What it is for."},
      Field{"nice", &Group::nice, "Their nice value.", schema::range(-20, 19)},
      Field{"policy", &Group::policy, "Their policy."},
      Field{"work", &Group::work, "What they do."});
};

struct Step {
  std::string name;
  std::optional<Hold> hold;
  Limit limit;
  std::vector<Op> ops;
  std::vector<Group> groups;
  bool operator==(const Step&) const = default;
  static constexpr auto schema = schema::record(
      "step", "A part of the run.", Field{"name", &Step::name, "Its name."},
      Field{"hold", &Step::hold, "How long it lasts."},
      Field{"limit", &Step::limit, "The longest it may take.", schema::range(1ms, 1h)},
      Field{"ops", &Step::ops, "What is done at its beginning."},
      Field{"groups", &Step::groups, "What lives as long as it does."});
};

struct Plan {
  std::string name;
  std::string about;
  Nanos duration = 5s;
  Bytes memory{256U << 20};
  std::uint64_t seed = 0;
  std::vector<std::string> claims;
  std::vector<double> points;
  std::map<std::string, double> vars;
  std::map<std::string, std::optional<Work>> works;
  std::vector<Step> steps;
  std::vector<schema::Box<Plan>> parts;
  bool operator==(const Plan&) const = default;
  static constexpr auto schema = schema::record(
      "plan", "A whole file.", Field{"name", &Plan::name, "Its name."},
      Field{"about", &Plan::about, "What it is for."},
      Field{"duration", &Plan::duration, "How long it runs.", schema::at_least(1ms)},
      Field{"memory", &Plan::memory, "Memory."}, Field{"seed", &Plan::seed, "For chance."},
      Field{"claims", &Plan::claims, "What must be true."},
      Field{"points", &Plan::points, "Some numbers."}, Field{"vars", &Plan::vars, "Named numbers."},
      Field{"works", &Plan::works, "Named works."}, Field{"steps", &Plan::steps, "In order."},
      Field{"parts", &Plan::parts, "Plans within the plan."});
};

inline Plan example_plan() {
  Plan plan{.name = "resize", .about = "Two groups trade CPUs."};
  plan.duration = 6s;
  plan.claims = {"a.max_gap <= 1s", "a.stray_cpus is empty"};
  plan.points = {0, 0.5, 1};
  plan.vars = {{"load", 1.5}};
  plan.steps.resize(2);
  plan.steps[0].name = "even";
  plan.steps[0].hold = Share{0.5};
  plan.steps[1].name = "uneven";
  plan.steps[1].hold = Repeat{200ms, Share{0.5}};
  plan.steps[1].ops = {Resize{"a", Part{0, 0.25}}, Remove{"b"}};
  Group group{.name = "a", .workers = {Expression{"cpus / 2"}}};
  group.work = Bursty{5ms, 100ms};
  plan.steps[1].groups = {group};
  return plan;
}

}  // namespace ktstr::testing::sample

namespace ktstr::schema {

template <>
inline constexpr auto words<testing::sample::Policy> =
    std::array{Word{"normal", "The usual one."}, Word{"batch", "For work without users."}};
template <>
inline constexpr Word enum_info<testing::sample::Policy>{"policy", "A scheduling policy."};
template <>
inline constexpr ChoiceInfo choice_info<testing::sample::Work>{"work", "What a worker does."};
template <>
inline constexpr ChoiceInfo choice_info<testing::sample::Op>{"op", "What a step does."};
template <>
inline constexpr ChoiceInfo choice_info<testing::sample::Hold>{"hold", "How long.",
                                                               Tagging::by_shape};

template <>
inline constexpr ChoiceInfo choice_info<testing::sample::Limit>{"limit", "A time limit.",
                                                                Tagging::by_shape};

template <class T>
struct detail::Describe<testing::sample::Later<T>> {
  using Later = testing::sample::Later<T>;
  using Expression = testing::sample::Expression;
  static constexpr std::string_view name = "", doc = "";
  static constexpr Shape shape() {
    return DeferredShape{
        &type_of<T>, [](const void* data) { return as<Later>(data).value.index() == 0; },
        [](void* data) -> void* {
          auto& value = as<Later>(data).value;
          return value.index() == 0 ? &std::get<0>(value) : &value.template emplace<0>();
        },
        [](void* data) -> void* {
          auto& value = as<Later>(data).value;
          return value.index() == 1 ? &std::get<1>(value) : &value.template emplace<1>();
        },
        [](const void* data) { return std::get<1>(as<Later>(data).value).text; }};
  }
};

}  // namespace ktstr::schema
