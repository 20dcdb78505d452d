// SPDX-License-Identifier: GPL-2.0-only
// A client of QEMU's machine protocol (QMP) over a connected socket: commands with a deadline from
// any thread, events and replies read by one. The peer is not trusted to keep to the protocol: what
// it sends is bounded, and the first breach ends the connection.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"

namespace ktstr::vmm::qemu {

struct Event {
  std::string name;    ///< `SHUTDOWN`, `GUEST_PANICKED`, …
  std::string reason;  ///< `guest-reset`, …; empty where the event has none.

  bool operator==(const Event&) const = default;
};

class Qmp {
 public:
  static constexpr Bytes longest_message = 1_MiB;

  /// `on_event` is called from within `receive`.
  Qmp(Fd socket, std::function<void(const Event&)> on_event);

  /// To be polled by the thread that calls `receive`.
  [[nodiscard]] const Fd& socket() const { return socket_; }
  /// Takes in what has arrived, without blocking. False when the connection is over: every call
  /// below that waits or comes later fails.
  bool receive();

  /// Waits for the greeting and enters command mode.
  Status handshake(Nanos timeout);
  Status halt(Nanos timeout);
  Status proceed(Nanos timeout);
  /// The host thread of every vCPU, by its index.
  Result<std::vector<pid_t>> vcpu_threads(Nanos timeout);

 private:
  struct Reply {
    bool done = false;
    std::string error;
    std::string value;  // JSON.
  };

  Result<std::string> execute(const std::string& command, Nanos timeout);
  Status wait(std::unique_lock<std::mutex>& lock, Nanos timeout, const std::string& what,
              const std::function<bool()>& arrived);
  bool handle(const std::string& line);
  bool end(std::string why);

  const Fd socket_;
  const std::function<void(const Event&)> on_event_;
  std::string unread_;  // The reader's: an incomplete line.

  std::mutex mutex_;
  std::condition_variable changed_;
  bool greeted_ = false;
  std::string ended_;  // Why the connection is over; empty while it is not.
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Reply> waiting_;  // One entry per call that waits.
};

}  // namespace ktstr::vmm::qemu
