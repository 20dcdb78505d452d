// SPDX-License-Identifier: GPL-2.0-only
// The one event loop of all virtio devices: a thread that lets a device work on its queues, polls
// them for a moment more, and then sleeps until the driver, the device's own descriptor, its
// deadline or the transport has something to do. It knows queues only through a Transport.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "vmm/virtio/device.h"

struct pollfd;

namespace ktstr::vmm::virtio {

/// Where a device's queues come from. Called on the loop's thread.
class Transport {
 public:
  virtual ~Transport() = default;

  /// As many as the device has, all null while the driver does not run the device.
  [[nodiscard]] virtual Queues queues() = 0;
  /// Readable when the driver has made buffers available; null for a queue that is not set up.
  [[nodiscard]] virtual const Fd* kick(std::size_t queue) const = 0;
  virtual void interrupt(std::size_t queue) = 0;
  /// The driver broke a queue. A failure ends the loop with that reason.
  virtual Status broke(std::size_t queue, std::string_view why) = 0;
  /// Readable when `obey` has something to do; null when that never happens.
  [[nodiscard]] virtual const Fd* control() const { return nullptr; }
  /// False ends the loop without a failure.
  virtual Result<bool> obey() { return true; }
  /// The loop has ended; the device is reset.
  virtual void ended() {}
};

struct Turn {
  bool more = false;      ///< There is more to do at once.
  bool progress = false;  ///< Buffers were used.
};

/// What the loop does between two looks at its descriptors; here for those who have no thread.
Result<Turn> take_turn(Device& device, Transport& transport, Nanos now);

class Loop {
 public:
  /// `device` and `transport` must outlive the loop. `spin`: how long to look for more work before
  /// sleeping; shorter costs kicks and interrupts, longer takes a host CPU from the guest's.
  static Result<std::unique_ptr<Loop>> start(Device& device, Transport& transport, Nanos spin);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();  ///< Stops the thread, held or not, and joins it.

  /// Runs `act` on the loop's thread and waits for it: a turn's length at most. False when the loop
  /// has ended. Any thread but the loop's own.
  bool call(const std::function<void()>& act);
  /// Lets the device rest: from the return on, a turn's length at most, the thread does nothing but
  /// calls until `release`. Again changes nothing. Any thread but the loop's own.
  void hold();
  void release();
  /// Readable once the loop has ended.
  [[nodiscard]] const Fd& ended() const { return ended_; }
  /// Why, unless the transport ended it. Any thread.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  Loop(Device& device, Transport& transport, Nanos spin, Fd wake, Fd ended);

  void run();
  Status work();
  int timeout();
  Result<bool> wait();
  void rest();
  void serve_calls();

  Device& device_;
  Transport& transport_;
  Nanos spin_;
  Fd wake_;
  Fd ended_;
  Nanos last_progress_{};
  bool more_ = false;
  std::vector<pollfd> polled_;
  std::atomic<bool> stopping_ = false;

  struct Call {
    const std::function<void()>* act;
    bool done = false;
    bool refused = false;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // For all who wait for what follows.
  std::vector<Call*> calls_;         // Under the mutex, as the rest.
  bool held_ = false;
  bool resting_ = false;
  std::optional<Error> failure_;
  bool over_ = false;

  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace ktstr::vmm::virtio
