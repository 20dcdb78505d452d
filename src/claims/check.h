// SPDX-License-Identifier: GPL-2.0-only
// Claims checked when a file is read: names, dimensions, kinds of value, patterns. A claim that
// passes here can be evaluated on every topology that its scenario can be expanded to.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "ir/case.h"
#include "ir/scenario.h"

namespace ktstr::claims {

/// The names that claims may use: of a scenario on any topology, or of one of its cases.
struct ClaimScope {
  std::vector<std::string> cgroups;  ///< `{i}` stands for any number (`for_each`).
  std::vector<std::string> steps;
  std::vector<std::string> vars;
  std::vector<ir::Payload> payloads{};           ///< Those that are run.
  const topology::Topology* topology = nullptr;  ///< Of a case.
};

/// A scenario's names, from its cgroups, backdrop, steps and ops. Steps without a name are called
/// step_1, ….
ClaimScope scope_of(const ir::Scenario& scenario);
/// Those it has on the case's topology, which outlives the scope.
ClaimScope scope_of(const ir::Case& planned);

/// Whether claims that hold good for the scenario may name what it does not have on some topology.
bool varies(const ClaimScope& scope, const std::vector<ir::Claim>& claims);

/// E016 for later features, E020, E029 and E031 for unknown names, E032, E033, E034, E035; of a
/// case E041 for a part that its machine does not have.
void check_claim(const ir::Claim& claim, const ClaimScope& scope, const Place& place,
                 Diagnostics& diagnostics);
/// The regular expression of its output, if it has one, must be one with named groups (E035).
void check_output(const ir::Payload& payload, const Place& place, Diagnostics& diagnostics);
/// `matching` must be a pattern between slashes (E035); `claim` must be one of the claims (E018);
/// `fail` must name a cause (E011), `pass` none (E019).
void check_expect(const ir::Expect& expect, const std::vector<ir::Claim>& claims,
                  const Place& place, Diagnostics& diagnostics);

}  // namespace ktstr::claims
