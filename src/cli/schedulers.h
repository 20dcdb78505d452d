// SPDX-License-Identifier: GPL-2.0-only
// The programs of schedulers: what the command line says of them, where they are found, and how
// they get into the guest.
#pragma once

#include <string>
#include <vector>

#include "cli/load.h"

namespace ktstr::cli {

/// NAME or NAME=PATH, as often as it was written.
Result<std::vector<expand::SchedulerChoice>> scheduler_choices(
    const std::vector<std::string>& arguments);

/// What the command line says of where programs of schedulers are.
struct SchedulerSearch {
  std::vector<expand::SchedulerChoice> choices;
  std::vector<std::string> directories;
};

/// Finds the program and the configuration file of every scheduler of the cases, writes their paths
/// in the guest into the case and gives it what has to be in its guest. A case of which the
/// scenario defines a scheduler whose program is missing is skipped, and the reason says where was
/// looked; what the command line names must be there.
Status pack_schedulers(std::vector<PlannedCase>& cases, const SchedulerSearch& search);

}  // namespace ktstr::cli
