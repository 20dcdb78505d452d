// SPDX-License-Identifier: GPL-2.0-only
// The threads of a machine's vCPUs: one each, all running, all standing or all gone. Which
// hypervisor runs them is a Runner's business. A thread inside the guest is fetched out by a flag
// that makes its next turn end at once and a real-time signal that ends the present one.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "base/guest_view.h"

namespace ktstr::vmm::kvm {

/// A vCPU. Called on its own thread unless it says otherwise.
class Runner {
 public:
  virtual ~Runner() = default;

  /// Lets the guest run until something happens, and deals with it. True when it was interrupted,
  /// which it must soon be while `interrupt(true)` is the last word and a signal came.
  virtual bool turn() = 0;
  virtual void interrupt(bool wanted) = 0;  ///< Any thread.
  virtual Result<VcpuRegisters> registers() = 0;
};

/// Functions may be called from any thread but, `halt` excepted, not from a Runner.
class Crew {
 public:
  explicit Crew(std::vector<std::unique_ptr<Runner>> runners);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() { dismiss(); }

  /// Starts the threads, standing. Once.
  Status start();
  /// Lets all stand; returns when they do. Fails when some do not within `limit`: those still will.
  Status stand(Nanos limit);
  /// Lets all run, unless they were halted.
  void go();
  /// Lets all stand until `forgive`, without waiting for it.
  void halt();
  /// After this, `go` works again. Nothing happens by itself.
  void forgive();
  /// Ends the threads; returns when they are gone.
  void dismiss();

  /// Of a running vCPU those of a moment ago: it is fetched out of the guest to tell. Fails when it
  /// does not answer within `limit`.
  Result<VcpuRegisters> registers(GuestCpu cpu, Nanos limit);
  /// By vCPU; empty before `start`.
  [[nodiscard]] std::vector<pid_t> threads() const;

 private:
  enum class Want { stand, run, leave };

  struct Member {
    std::unique_ptr<Runner> runner;
    std::thread thread{};
    pid_t id = 0;  // Of the thread; 0 until it runs. Under the mutex, as what follows.
    bool standing = false;
    bool asked = false;
    Result<VcpuRegisters> answer = VcpuRegisters{};
  };

  void serve(Member& member, std::size_t index);
  void fetch(Member& member);
  void fetch_all();

  std::vector<Member> members_;

  mutable std::mutex mutex_;
  std::condition_variable commands_;  // For the threads: something is wanted.
  std::condition_variable reports_;   // For the others: a thread did something.
  Want want_ = Want::stand;
  bool halted_ = false;

  std::mutex turn_;  // Held while threads are started or joined.
};

}  // namespace ktstr::vmm::kvm
