// SPDX-License-Identifier: GPL-2.0-only
// Which schedulers a scenario is run under, and with what each of its schedulers is started.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "expand/resolver.h"
#include "ir/case.h"

namespace ktstr::expand {

/// What the command line, gauntlets and ids call the kernel's own scheduler.
inline constexpr std::string_view kernels_own = "-";

/// `--scheduler NAME` or NAME=PATH.
struct SchedulerChoice {
  std::string name;
  std::string path;  ///< Of its program; empty: as it is defined.

  bool operator==(const SchedulerChoice&) const = default;
};

/// One of the schedulers that a scenario is run under.
struct Variant {
  std::optional<ir::SchedulerUse> use;  ///< As it is written; absent: the kernel's own.
  bool chosen = false;                  ///< On the command line, in place of the scenario's own.
  std::optional<std::string> skip;      ///< Why the scenario cannot be run under it.
};

/// A scenario's definitions together with what the command line chooses. A choice that names one
/// of them only says where its program is, unless it has no path; any other, and the kernel's own,
/// is run under in place of the scenario's own.
class Schedulers {
 public:
  Schedulers(const ir::Scenario& scenario, const std::vector<SchedulerChoice>& choices);

  /// In the order of the choices or the gauntlet; at least one.
  [[nodiscard]] std::vector<Variant> variants(bool gauntlet, Reporter& reporter) const;
  [[nodiscard]] const ir::Scheduler* find(std::string_view name) const;
  /// The machine that the scheduler would have; null when it does not say.
  [[nodiscard]] const ir::TopologySpec* topology_for(const Variant& variant) const;
  /// Its place among the scenario's definitions; nullopt for one of the command line.
  [[nodiscard]] std::optional<std::uint32_t> place_of(std::string_view name) const;
  [[nodiscard]] const ir::Scenario& scenario() const { return scenario_; }
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  [[nodiscard]] std::optional<ir::SchedulerUse> use_of(const std::string& name) const;
  [[nodiscard]] std::vector<Variant> profiles(const Variant& variant, Reporter& reporter) const;

  const ir::Scenario& scenario_;
  std::vector<ir::Scheduler> all_;  ///< The scenario's in its order, then those of the choices.
  std::vector<std::string> under_;  ///< Chosen to be run under.
};

/// The schedulers that one case uses, gathered while its program is resolved.
class Cast {
 public:
  Cast(const Schedulers& schedulers, Reporter& reporter)
      : schedulers_(schedulers), reporter_(reporter) {}

  /// Everything that the program is called with; reports names and flags that do not exist.
  ir::SchedulerUse resolve(const ir::SchedulerUse& use, const std::string& path);
  /// Puts what was gathered into the case.
  void fill(ir::Case& out) const;

 private:
  void add(const ir::Scheduler& scheduler);

  const Schedulers& schedulers_;
  Reporter& reporter_;
  std::vector<const ir::Scheduler*> used_{};
  std::vector<std::string> notes_{};
};

}  // namespace ktstr::expand
