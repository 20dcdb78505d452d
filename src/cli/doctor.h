// SPDX-License-Identifier: GPL-2.0-only
// What `ktstr doctor` says of a host: one line per fact that matters to running scenarios, and what
// to do where something is missing. Pure; src/cli/verbs_host.cc gathers what is looked at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/host_facts.h"
#include "ir/kvm_facts.h"
#include "schema/record.h"
#include "vmm/machine.h"

namespace ktstr::cli {

/// A program that building kernels or schedulers takes.
struct Tool {
  std::string name;
  std::string version;       ///< As it says; empty when it is missing.
  std::uint32_t major = 0;   ///< Of the version.
  std::uint32_t oldest = 0;  ///< Older major versions do not do; 0: any does.
  std::string purpose;       ///< What is impossible without it.
};

struct Examined {
  ir::HostFacts host;
  ir::KvmFacts kvm;
  std::optional<vmm::MonitorFacts> qemu;  ///< Absent when it cannot be used.
  std::string qemu_trouble;               ///< Why, then.
  std::vector<std::string> kernels;       ///< Names, the default one first.
  std::vector<Tool> tools;
  std::string locks;         ///< Where reservations are kept; empty: nowhere.
  std::string lock_trouble;  ///< Why, then.
};

enum class Health { good, lacking, useless };

struct Observation {
  std::string topic;
  Health health = Health::good;
  std::string fact;
  std::string advice;  ///< What to do; empty when there is nothing to be done.

  bool operator==(const Observation&) const = default;
  static constexpr auto schema =
      schema::record("observation", "Something about a host.",
                     schema::Field{"topic", &Observation::topic, "What it is about."},
                     schema::Field{"health", &Observation::health, "How good it is."},
                     schema::Field{"fact", &Observation::fact, "How things are."},
                     schema::Field{"advice", &Observation::advice, "What to do about it."});
};

struct Diagnosis {
  std::vector<Observation> observations;
  bool can_run = false;  ///< Whether `ktstr-run` could run anything.
  std::string choice;    ///< What it would use, or what it lacks.

  bool operator==(const Diagnosis&) const = default;
  static constexpr auto schema =
      schema::record("diagnosis", "What a host offers.",
                     schema::Field{"observations", &Diagnosis::observations, "Fact by fact."},
                     schema::Field{"can_run", &Diagnosis::can_run, "Whether scenarios can be run."},
                     schema::Field{"choice", &Diagnosis::choice, "What they would be run with."});
};

Diagnosis diagnose(const Examined& examined);
/// A line per observation, the choice last.
std::string render(const Diagnosis& diagnosis);

}  // namespace ktstr::cli

template <>
inline constexpr auto ktstr::schema::words<ktstr::cli::Health> =
    std::array{ktstr::schema::Word{"good", "As it should be."},
               ktstr::schema::Word{"lacking", "Something is missing that some uses need."},
               ktstr::schema::Word{"useless", "Something is missing that most uses need."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::cli::Health>{
    "health", "How good something is."};
