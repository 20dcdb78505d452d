// SPDX-License-Identifier: GPL-2.0-only
// The scheduler under test: started, confirmed to be in charge, watched, stopped in order. What
// becomes of it is told to the host as it happens; the host finds out why.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "guest/knobs.h"
#include "guest/lines.h"
#include "guest/program.h"
#include "guest/sched_ext.h"
#include "guest/scx_stats.h"
#include "guest/session.h"

namespace ktstr::guest {

inline constexpr const char* sched_ext_directory = "/sys/kernel/sched_ext";

class Scheduler {
 public:
  struct Settings {
    std::vector<ir::GuestScheduler> known;
    std::string directory = sched_ext_directory;
    bool may_be_lost = false;  ///< Else the session is abandoned when it is, or never attaches.
  };

  Scheduler(Loop& loop, Session& session, ControlFiles& files, Settings settings);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

  /// Called whenever who schedules may have changed.
  void on_change(std::function<void()> handler) { changed_ = std::move(handler); }
  /// The step that what happens from here on belongs to.
  void in_step(std::uint32_t step) { step_ = step; }

  /// Starts it and waits until it is in charge. One that does not come to be is told of and no
  /// failure of the op.
  Status attach(const ir::SchedulerUse& use);
  /// Stops it and waits until the kernel's own is in charge; fails when there is none to stop.
  Status detach();
  /// As it was started last.
  Status restart();
  Status replace(const ir::SchedulerUse& use);

  /// Tells the counters of the scheduler in charge.
  void sample(std::uint32_t phase);
  /// A child of init that is no worker ended.
  void reaped(const siginfo_t& info);
  /// The end of the run: whatever is there is stopped. One that was lost gets the time to say why.
  void finish();

 private:
  /// `away`: it left, and its process may yet bring it back.
  enum class State { none, starting, attached, away, lost, stopping };

  /// Empty when it came to be in charge, else why not.
  std::string enable(std::uint64_t seq_before);
  void refuse(const std::string& why);
  Status watch();
  void look();
  /// Seen not to be in charge: it is lost once its process has ended, or had its attach_timeout.
  void miss();
  /// Whether one that is away comes back is known before anything else becomes of it.
  void await_return();
  void tell(ir::SchedulerChange change, std::string error = {}, const Program::End* end = nullptr);
  void tell_end();
  void give_up(const std::string& why);
  Status launch(const ir::Argv& argv);
  Status start(const ir::GuestScheduler& it);
  Status run(const std::vector<ir::Argv>& commands);
  std::string wait_for_attachment(const ir::GuestScheduler& it, std::uint64_t seq_before);
  /// Ends the process by ever stronger signals, and gives whether the kernel's own is in charge.
  bool stop(bool gently);
  [[nodiscard]] const ir::GuestScheduler* find(const std::string& name) const;
  [[nodiscard]] bool ended() const { return !program_ || !program_->runs(); }

  Loop& loop_;
  Session& session_;
  ControlFiles& files_;
  Settings settings_;
  Knobs knobs_;
  ScxStats stats_;
  std::function<void()> changed_ = [] {};
  Fd timer_;  ///< For looking at it.

  State state_ = State::none;
  std::uint32_t starts_ = 0;  ///< The number of the one that is there is one less.
  std::uint32_t step_ = 0;
  std::optional<ir::SchedulerUse> use_;
  const ir::GuestScheduler* it_ = nullptr;
  std::unique_ptr<Program> program_;
  std::optional<Lines> lines_;  ///< What it says.
  bool end_told_ = false;
  SchedExt seen_;
  Nanos left_at_{0};  ///< When it was first seen not to be in charge.
  Nanos asked_at_{0};
};

}  // namespace ktstr::guest
