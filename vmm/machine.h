// SPDX-License-Identifier: GPL-2.0-only
// Machine: a virtual machine as the rest of ktstr sees it, whatever runs it, and Monitor, which
// makes machines. Both are pure; vmm/qemu/ holds the one that emulates.
//
// Life: `create` makes the RAM, which can be read from then on; `start` lets it run; afterwards its
// state changes once, from running (or paused) to one of the final ones. Destruction kills and
// reaps everything at once and leaves nothing behind. Memory, console and state can be read until
// then.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/guest_view.h"
#include "base/result.h"
#include "vmm/config.h"
#include "vmm/console.h"

namespace ktstr::vmm {

enum class Condition {
  created,      ///< Not started yet.
  running,      ///< Running or paused.
  powered_off,  ///< The guest switched it off.
  reset,        ///< The guest reset itself: a reboot, or a panic nobody reported. Not restarted.
  panicked,     ///< The guest's kernel reported a panic; the machine stands until resumed.
  died,         ///< What ran it ended without being asked to.
  stopped,      ///< `stop` ended it.
};

/// `powered off`, …: for messages.
std::string_view describe(Condition condition);

struct State {
  Condition condition = Condition::created;
  std::string detail{};  ///< For `died`: how, and what it said last; for others what is known.

  bool operator==(const State&) const = default;
  [[nodiscard]] bool final() const {
    return condition != Condition::created && condition != Condition::running;
  }
};

/// A connection the guest made to one of the ports listened on.
struct VsockConnection {
  std::uint32_t port = 0;
  Fd stream;  ///< A connected stream; end of file when the guest closes its side.
};

/// A count of the monitor's, under its own name.
struct Statistic {
  std::string name;
  std::uint64_t value = 0;

  bool operator==(const Statistic&) const = default;
};

/// Functions may be called from any thread.
class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  /// Once. Fails when the machine cannot run as configured, saying why.
  virtual Status start() = 0;
  /// Halts all vCPUs and then the devices; returns when they stand.
  virtual Status pause() = 0;
  /// Also after a panic, which stays its state: the kernel then says the rest, until it ends the
  /// machine in another way or panics again.
  virtual Status resume() = 0;
  /// Ends the machine at once, without asking the guest; returns when it is gone.
  virtual void stop() = 0;

  [[nodiscard]] virtual State state() const = 0;
  /// The next connection nobody has taken yet.
  virtual std::optional<VsockConnection> accept() = 0;
  /// Readable since `state` changed or a connection arrived, until `clear_events`, which comes
  /// before looking at what happened.
  [[nodiscard]] virtual const Fd& events() const = 0;
  virtual void clear_events() = 0;

  [[nodiscard]] virtual const GuestView& memory() const = 0;
  [[nodiscard]] virtual const Console& console() const = 0;
  /// The host thread that runs each vCPU, by vCPU; several may share one. Empty before `start`.
  [[nodiscard]] virtual std::vector<pid_t> vcpu_threads() const = 0;
  /// The process those threads belong to: ours, or the emulator's.
  [[nodiscard]] virtual pid_t process() const = 0;
  /// What its configuration asks for and the host did not give it after all; sentences.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
  /// What the monitor counts, if it does: exits by reason and the like, of all vCPUs together.
  [[nodiscard]] virtual std::vector<Statistic> statistics() const { return {}; }
};

/// What a run says about the way its machines run.
struct MonitorFacts {
  Accelerator accelerator = Accelerator::tcg;
  std::string name{};    ///< `QEMU 10.0.2`
  bool parallel = true;  ///< Whether vCPUs run on threads of their own.
  std::string note{};    ///< Why not, or another limitation; empty when there is none.
  /// Whether idle and spinning vCPUs can keep their CPU (Performance::keep_running).
  bool keeps_running = false;
  bool emulated = false;  ///< What executes the guest's code is an emulator: here or below us.

  bool operator==(const MonitorFacts&) const = default;
};

class Monitor {
 public:
  Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  /// Outlives its machines.
  virtual ~Monitor() = default;

  [[nodiscard]] virtual const MonitorFacts& facts() const = 0;
  /// Why a machine of this configuration cannot be had here, as one sentence: a reason to skip.
  [[nodiscard]] virtual std::optional<std::string> obstacle(const MachineConfig& config) const = 0;
  /// Fails with the obstacle, or with what the host refused.
  virtual Result<std::unique_ptr<Machine>> create(const MachineConfig& config) = 0;
};

}  // namespace ktstr::vmm
