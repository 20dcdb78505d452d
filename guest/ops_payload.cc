// SPDX-License-Identifier: GPL-2.0-only
// What each op that is about payloads does.
#include "guest/executor.h"

namespace ktstr::guest {

template <>
Status Executor::perform(const ir::RunPayload& op) {
  TRY(cgroups_.expect(op.cgroup));
  return payloads_.start(op.payload, op.cgroup, step_);
}

template <>
Status Executor::perform(const ir::WaitPayload& op) {
  TRY(release());  // To wait makes sense only for what runs.
  return payloads_.wait(op.payload, op.timeout);
}

template <>
Status Executor::perform(const ir::KillPayload& op) {
  const auto is_meant = [&](const ir::PayloadRun& run) { return run.payload == op.payload; };
  if (!payloads_.any(is_meant)) return fail("the payload `" + op.payload + "` does not run");
  payloads_.stop(is_meant);
  return {};
}

}  // namespace ktstr::guest
