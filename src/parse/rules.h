// SPDX-License-Identifier: GPL-2.0-only
// What a scenario must obey beyond the shape of its values, as far as it can be known without a
// topology. Each rule looks at the IR and says its mistakes at the places of the file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/result.h"
#include "ir/scenario.h"
#include "ir/source_map.h"

namespace ktstr::parse {

struct Ruled {
  const ir::Scenario& scenario;
  const ir::SourceMap& map;
  /// Nothing was left out of the scenario: what is not in it is not in the file.
  bool complete;
};

void check_rules(const Ruled& ruled, Diagnostics& diagnostics);

/// Why a scenario cannot be called so: its name is a part of its cases' ids and of file names.
std::optional<Error> flaw_of_name(const std::string& name);

// The groups of rules that have a file each.

/// Names of cgroups, and whether ops act on cgroups that exist (rules_cgroups.cc).
void check_cgroups(const Ruled& ruled, Diagnostics& diagnostics);
/// Work that a scenario writes itself (rules_program.cc).
void check_programs(const Ruled& ruled, Diagnostics& diagnostics);
/// What the guest is prepared with: tags, files, sysctls, the command line (rules_guest.cc).
void check_guest(const Ruled& ruled, Diagnostics& diagnostics);
/// Definitions of schedulers (rules_schedulers.cc).
void check_schedulers(const Ruled& ruled, Diagnostics& diagnostics);
/// Definitions of payloads, and whether what is run, awaited and ended is there
/// (rules_payloads.cc).
void check_payloads(const Ruled& ruled, Diagnostics& diagnostics);
/// Names in expressions and `vars` (rules_expressions.cc).
void check_expressions(const Ruled& ruled, Diagnostics& diagnostics);
/// Holds and the names of steps (rules_time.cc).
void check_steps(const Ruled& ruled, Diagnostics& diagnostics);

// What is said at two places of a scenario is judged by one rule.

/// Reports at `path` the keys that name no kernel parameter (rules_guest.cc).
void check_sysctls(const std::map<std::string, ir::SysctlValue>& sysctls, const Ruled& ruled,
                   const std::string& path, Diagnostics& diagnostics);
/// Reports at `path` what is no word of a command line, or would change ours (rules_guest.cc).
void check_kargs(const std::vector<std::string>& kargs, const Ruled& ruled, const std::string& path,
                 Diagnostics& diagnostics);
/// Whether it can be a part of ids and of selectors in claims: letters, digits, `_`, `-` and `.`,
/// not too many of them (rules_schedulers.cc).
bool is_plain_name(std::string_view name);
/// Why a cgroup cannot be called so; empty when it can (rules_cgroups.cc).
std::string flaw_of_cgroup_name(const std::string& name);

/// Whether a cgroup may begin with workers; `fallback` is the scenario's number of them (rules.cc).
bool has_workers(const ir::Cgroup& cgroup, const ir::Count& fallback);

/// `list[index]`, as paths of the SourceMap have it.
std::string item_path(const std::string& list, std::size_t index);

}  // namespace ktstr::parse
