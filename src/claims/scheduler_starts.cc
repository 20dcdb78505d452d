// SPDX-License-Identifier: GPL-2.0-only
#include "claims/scheduler_starts.h"

#include <map>

namespace ktstr::claims {

using ir::SchedulerChange;
using ir::SchedulerState;

std::vector<SchedulerStart> starts_of(const ir::Telemetry& telemetry) {
  constexpr std::size_t most_starts = 10'000;
  std::vector<SchedulerStart> out;
  const auto start = [&](std::uint32_t number) -> SchedulerStart* {
    if (number >= most_starts) return nullptr;
    if (number >= out.size()) out.resize(number + 1);
    return &out[number];
  };
  for (const SchedulerState& state : telemetry.schedulers) {
    SchedulerStart* each = start(state.start);
    if (each == nullptr) continue;
    switch (state.change) {
      case SchedulerChange::started:
        each->started = &state;
        break;
      case SchedulerChange::attached:
        each->attached = &state;
        ++each->tenures;
        break;
      case SchedulerChange::refused:
        each->refused = &state;
        break;
      case SchedulerChange::left:
        each->left = &state;
        break;
      case SchedulerChange::lost:
        each->lost = &state;
        break;
      case SchedulerChange::detached:
        each->detached = &state;
        break;
      case SchedulerChange::ended:
        each->ended = &state;
        break;
      case SchedulerChange::reattached:
        ++each->tenures;
        // It may have come and gone between two looks.
        each->absences.push_back({each->left != nullptr ? each->left->at : state.at, state.at});
        each->left = nullptr;
        break;
    }
  }
  // The kernel says one goodbye for each time that a scheduler was in charge.
  std::map<std::string, std::size_t> goodbyes;
  std::size_t all = 0;
  for (SchedulerStart& each : out) {
    if (each.attached == nullptr) continue;
    std::size_t& of_name = goodbyes[each.attached->ops];
    each.earlier = (each.attached->ops.empty() ? all : of_name) + each.tenures - 1;
    of_name += each.tenures;
    all += each.tenures;
  }
  for (const ir::SchedulerLine& line : telemetry.scheduler_log)
    if (SchedulerStart* each = start(line.start)) each->output.push_back(line.text);
  std::erase_if(out, [](const SchedulerStart& each) { return each.started == nullptr; });
  return out;
}

}  // namespace ktstr::claims
