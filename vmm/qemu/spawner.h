// SPDX-License-Identifier: GPL-2.0-only
// Spawner: starts processes on behalf of threads that come and go. PDEATHSIG follows the thread
// that forked, so a child of a worker thread would die with the worker; the Spawner's thread lives
// as long as the Spawner.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/process.h"

namespace ktstr::vmm::qemu {

class Spawner {
 public:
  Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;
  ~Spawner();  ///< What it started and still runs dies.

  /// As Process::spawn; from any thread.
  Result<Process> spawn(const Command& command);

 private:
  struct Request {
    const Command* command;
    std::optional<Result<Process>> result{};
  };

  void run();

  std::mutex turn_;  // Held by the caller whose request is served.
  std::mutex mutex_;
  std::condition_variable changed_;
  Request* request_ = nullptr;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ktstr::vmm::qemu
