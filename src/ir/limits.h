// SPDX-License-Identifier: GPL-2.0-only
// Limits of a cgroup, one struct per controller (Documentation/admin-guide/cgroup-v2.rst). What a
// scenario does not say is not written, and the controllers that nobody needs stay off.
#pragma once

#include <optional>
#include <variant>

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct Unlimited {
  bool operator==(const Unlimited&) const = default;
  static constexpr auto schema = schema::record("unlimited", "No limit.");
};

/// cpu.max as a share of one CPU.
using CpuMax = std::variant<Unlimited, Share>;
using MemoryMax = std::variant<Unlimited, Bytes>;
using PidsMax = std::variant<Unlimited, Count>;

struct CpuLimits {
  std::optional<Count> weight;
  std::optional<CpuMax> max;

  bool operator==(const CpuLimits&) const = default;
  static constexpr auto schema = schema::record(
      "cpu_limits", "The cpu controller (cgroup v2, `cpu.weight` and `cpu.max`).",
      schema::Field{"weight", &CpuLimits::weight, "Its weight among its siblings.",
                    schema::range(1, 10000)},
      schema::Field{"max", &CpuLimits::max,
                    "Bandwidth as a share of one CPU, in periods of 100 ms; 250% is two and a half "
                    "CPUs.",
                    schema::range(0.01, 4096)});
};

struct MemoryLimits {
  std::optional<MemoryMax> max;
  std::optional<MemoryMax> high;
  std::optional<Bytes> low;
  std::optional<MemoryMax> swap_max;

  bool operator==(const MemoryLimits&) const = default;
  static constexpr auto schema = schema::record(
      "memory_limits", "The memory controller (cgroup v2).",
      schema::Field{"max", &MemoryLimits::max, "`memory.max`: the hard limit."},
      schema::Field{"high", &MemoryLimits::high, "`memory.high`: where reclaim starts."},
      schema::Field{"low", &MemoryLimits::low, "`memory.low`: protected from reclaim."},
      schema::Field{"swap_max", &MemoryLimits::swap_max, "`memory.swap.max`."});
};

struct IoLimits {
  std::optional<Count> weight;

  bool operator==(const IoLimits&) const = default;
  static constexpr auto schema = schema::record(
      "io_limits", "The io controller (cgroup v2).",
      schema::Field{"weight", &IoLimits::weight, "`io.weight`: its weight among its siblings.",
                    schema::range(1, 10000)});
};

struct PidsLimits {
  std::optional<PidsMax> max;

  bool operator==(const PidsLimits&) const = default;
  static constexpr auto schema = schema::record(
      "pids_limits", "The pids controller (cgroup v2).",
      schema::Field{"max", &PidsLimits::max,
                    "`pids.max`: the tasks it may have; beyond them no fork succeeds.",
                    schema::range(1, 4194304)});
};

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::CpuMax>{
    "cpu_max", "A bandwidth limit.", ktstr::schema::Tagging::by_shape};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::MemoryMax>{
    "memory_max", "A limit of memory.", ktstr::schema::Tagging::by_shape};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::PidsMax>{
    "pids_max", "A limit of tasks.", ktstr::schema::Tagging::by_shape};
