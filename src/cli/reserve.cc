// SPDX-License-Identifier: GPL-2.0-only
#include "cli/reserve.h"

#include <optional>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "vmm/performance.h"

namespace ktstr::cli {
namespace {

constexpr int look_again_milliseconds = 200;

}  // namespace

std::variant<Reserved, plan::Skip> reserve(const ir::Case& planned, const Prepared& prepared,
                                           plan::Options options, const run::Interrupt& interrupt,
                                           const std::function<void(const std::string&)>& waiting) {
  std::optional<host::Holding> queue;
  // The kernel takes 10 to 15 ms to list locks (a grace period of RCU). Where there is one LLC
  // only, there is nothing to choose, so that it is enough to look when somebody is in the way.
  bool looks = prepared.host.llcs.size() > 1;
  while (true) {
    std::vector<host::LockHolder> holders;
    if (prepared.locks && looks) holders = prepared.locks->holders();
    options.held = host::taken(holders);
    std::variant<plan::Launch, plan::Skip> decided =
        plan::decide(planned, prepared.host, prepared.kernel, options);
    if (auto* skip = std::get_if<plan::Skip>(&decided)) return std::move(*skip);
    auto& launch = std::get<plan::Launch>(decided);
    if (!prepared.locks) {
      if (launch.machine.performance) launch.notes.push_back(prepared.no_locks);
      return Reserved{std::move(launch), {}};
    }
    Result<std::optional<host::Holding>> held = prepared.locks->try_take(launch.reservation);
    if (!held) {
      launch.notes.push_back("nothing is reserved: " + describe(held.error()));
      return Reserved{std::move(launch), {}};
    }
    if (*held) return Reserved{std::move(launch), **std::move(held)};
    if (!std::exchange(looks, true)) continue;
    const std::string who =
        host::in_the_way(launch.reservation, holders).value_or("somebody who takes CPUs just now");
    if (prepared.skips_when_busy) return plan::Skip{"others hold CPUs it needs: " + who};
    if (interrupt.raised()) return plan::Skip{"the run was interrupted"};
    if (!queue) queue = prepared.locks->queue_for(launch.reservation);
    waiting(who);
    pollfd watch{interrupt.fd(), POLLIN, 0};
    ::poll(&watch, 1, look_again_milliseconds);
  }
}

Confined::Confined(const vmm::MachineConfig& machine, const ir::HostFacts& host)
    : before_(machine.performance || !machine.cpus.empty() ? host.allowed : topology::CpuSet{}) {
  // A CPU may have gone meanwhile; the machine says so when it is placed itself.
  [[maybe_unused]] const Status placed = vmm::place_service(machine, ::gettid());
}

Confined::~Confined() {
  if (!before_.empty()) [[maybe_unused]]
    const Status placed = vmm::pin_thread(::gettid(), before_);
}

}  // namespace ktstr::cli
