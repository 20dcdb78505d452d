// SPDX-License-Identifier: GPL-2.0-only
#include "claims/notes.h"

namespace ktstr::claims {

std::vector<std::string> notes(const ir::Telemetry& telemetry) {
  std::vector<std::string> out;
  if (telemetry.noise.spawned > 0)
    out.push_back("the scenario kept the host busy with up to " +
                  std::to_string(telemetry.noise.spawned) + " processes (spawn_host)");
  for (const ir::Phase& phase : telemetry.phases)
    if (phase.overruns > 0)
      out.push_back("in step `" + phase.name + "`, " + std::to_string(phase.overruns) + " of " +
                    std::to_string(phase.rounds) + " rounds took longer than `every`");
  if (telemetry.samples_lost > 0)
    out.push_back("the guest could not send " + std::to_string(telemetry.samples_lost) +
                  " of its samples");
  return out;
}

}  // namespace ktstr::claims
