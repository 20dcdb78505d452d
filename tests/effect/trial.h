// SPDX-License-Identifier: GPL-2.0-only
// A trial: real workers of one type, run for a while on one CPU or several, and what the kernel
// counted for them meanwhile. Bounds are per second of CPU time, or leave out the time that a
// worker waited for its CPU, so that a busy machine does not change the verdict.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <climits>
#include <set>
#include <sstream>
#include <utility>

#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "guest/affinity.h"
#include "guest/arena.h"
#include "guest/futex.h"
#include "guest/launch.h"
#include "guest/meter.h"
#include "guest/policy.h"

inline constexpr ktstr::Nanos long_enough = std::chrono::milliseconds(600);

/// The number after the key, as /proc has it; 0 if there is none.
inline std::uint64_t value_in(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + key.size()));
}

/// Processes that were ever made on this machine.
inline double processes_made() {
  return static_cast<double>(value_in(ktstr::read_text("/proc/stat").value(), "\nprocesses "));
}

inline std::string proc_text(pid_t pid, const std::string& file) {
  return ktstr::read_text("/proc/" + std::to_string(pid) + "/" + file).value();
}

class Trial {
 public:
  /// What happened to one worker between two moments.
  struct Change {
    double seconds = 0;
    double cpu_seconds = 0;
    double waited_seconds = 0;  ///< Runnable, but not on its CPU.
    double voluntary = 0;
    double involuntary = 0;
    double iterations = 0;
    double units = 0;
    double faults = 0;           ///< Page faults.
    double children_faults = 0;  ///< Those of children that it has waited for.
  };

  /// What `surroundings` does not say is as in a run with nothing around.
  Trial(const ktstr::ir::Work& work, std::size_t workers, std::uint32_t cpu,
        ktstr::guest::Surroundings surroundings = {})
      : Trial(work, workers, ktstr::topology::CpuSet{cpu}, std::move(surroundings)) {}
  Trial(const ktstr::ir::Work& work, std::size_t workers, const ktstr::topology::CpuSet& cpus,
        ktstr::guest::Surroundings surroundings = {}) {
    using namespace ktstr::guest;
    // Like init it is above those whom it watches, where that is permitted.
    const sched_param most{.sched_priority = ::sched_get_priority_max(SCHED_FIFO)};
    ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &most);
    for (std::size_t i = 0; i < workers; ++i) slabs_.push_back(arena_.take());
    const Group group = Group::make(work, slabs_).value();
    ktstr::ir::WorkGroup alike;
    alike.work = work;
    for (std::size_t i = 0; i < workers; ++i) {
      surroundings.id = static_cast<std::uint32_t>(i);
      if (surroundings.words.empty()) surroundings.words = arena_.words();
      const Seat seat{group, i, surroundings};
      pids_.push_back(launch({alike, {&seat, 1}, arena_.gate(), 1}).value());
      meters_.push_back(Meter::of({pids_.back(), pids_.back()}).value());
      REQUIRE(bind_thread(pids_.back(), cpus));
      if (const auto policy = ktstr::ir::policy_of(work, i))
        REQUIRE(apply_policy(pids_.back(), *policy));
    }
    arena_.gate() = 1;
    futex_wake(arena_.gate(), INT_MAX);
    pass(50'000'000);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    for (const pid_t pid : pids_) {
      ::kill(-pid, SIGKILL);
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  std::vector<Change> run(ktstr::Nanos time) {
    const std::vector<Change> before = read();
    pass(time.count());
    std::vector<Change> after = read();
    for (std::size_t i = 0; i < after.size(); ++i) {
      after[i].seconds -= before[i].seconds;
      after[i].cpu_seconds -= before[i].cpu_seconds;
      after[i].waited_seconds -= before[i].waited_seconds;
      after[i].voluntary -= before[i].voluntary;
      after[i].involuntary -= before[i].involuntary;
      after[i].iterations -= before[i].iterations;
      after[i].units -= before[i].units;
      after[i].faults -= before[i].faults;
      after[i].children_faults -= before[i].children_faults;
    }
    return after;
  }

  /// Halts all workers where they are and gives what happened to them since the beginning.
  std::vector<Change> halted() {
    if (!std::exchange(halted_, true)) {
      for (const pid_t pid : pids_) ::kill(pid, SIGSTOP);
      for (const pid_t pid : pids_) ::waitpid(pid, nullptr, WUNTRACED);
    }
    return read();
  }
  /// Halts all workers and gives their iterations since the beginning.
  std::vector<double> halt() {
    std::vector<double> out;
    for (const Change& each : halted()) out.push_back(each.iterations);
    return out;
  }
  void go_on() {
    for (const pid_t pid : pids_) ::kill(pid, SIGCONT);
    halted_ = false;
  }

  /// What `look` says of a worker at each of many moments.
  template <class Look>
  auto watch(std::size_t worker, ktstr::Nanos time, Look look) {
    std::set<decltype(look(pid_t{}))> seen;
    const ktstr::Nanos end = ktstr::monotonic_now() + time;
    while (ktstr::monotonic_now() < end) {
      seen.insert(look(pids_[worker]));
      pass(500'000);
    }
    return seen;
  }

  /// Asks all workers from `first` on to stop, as the crew does, and gives whether they did within
  /// the time.
  bool stop(ktstr::Nanos time, std::size_t first = 0) {
    const ktstr::Nanos end = ktstr::monotonic_now() + time;
    for (std::size_t i = first; i < pids_.size(); ++i) slabs_[i]->stop = 1;
    while (pids_.size() > first) {
      for (std::size_t i = first; i < pids_.size(); ++i)
        ::kill(pids_[i], ktstr::guest::stop_signal);
      pass(2'000'000);
      std::erase_if(pids_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid; });
      if (ktstr::monotonic_now() > end) return false;
    }
    return true;
  }

  [[nodiscard]] double counter(std::size_t worker, ktstr::ir::MetricId id) const {
    for (std::size_t slot = 0; slot < ktstr::guest::counter_rows.size(); ++slot)
      if (ktstr::guest::counter_rows[slot] == id)
        return static_cast<double>(slabs_[worker]->counters[slot].load());
    return 0;
  }
  /// What the worker has recorded since its beginning.
  [[nodiscard]] const ktstr_histogram& recorded(std::size_t worker, ktstr::ir::MetricId id) const {
    for (std::size_t slot = 0; slot < ktstr::guest::distribution_rows.size(); ++slot)
      if (ktstr::guest::distribution_rows[slot] == id) return slabs_[worker]->histograms[slot];
    static constexpr ktstr_histogram nothing{};
    return nothing;
  }

  [[nodiscard]] pid_t pid(std::size_t worker) const { return pids_[worker]; }
  [[nodiscard]] const ktstr::guest::Slab& slab(std::size_t worker) const { return *slabs_[worker]; }
  /// How many values of a distribution the worker has recorded so far.
  [[nodiscard]] double recordings(std::size_t worker, ktstr::ir::MetricId id) const {
    return static_cast<double>(recorded(worker, id).count);
  }
  /// The number behind a key in one of the worker's files below /proc; 0 without it.
  [[nodiscard]] double of_proc(std::size_t worker, const char* file, const char* key) const {
    return static_cast<double>(
        value_in("\n" + proc_text(pids_[worker], file), "\n" + std::string(key)));
  }
  [[nodiscard]] std::span<ktstr::guest::SharedWord> words() const { return arena_.words(); }

  /// Field `number` of /proc/PID/stat, counted as in proc(5).
  static double stat_field(pid_t pid, int number) {
    const std::string text = proc_text(pid, "stat");
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string field;
    for (int i = 3; i <= number; ++i) fields >> field;
    return std::stod(field);
  }

  /// The memory that the worker touches within the time, in KiB.
  std::uint64_t touched(std::size_t worker, ktstr::Nanos time) {
    const std::string path = "/proc/" + std::to_string(pids_[worker]) + "/clear_refs";
    const ktstr::Fd clear = ktstr::open_file(path, O_WRONLY).value();
    REQUIRE(ktstr::write_all(clear, ktstr::as_bytes("1"), "clear_refs"));
    run(time);
    return value_in(proc_text(pids_[worker], "smaps_rollup"), "Referenced:");
  }

  static void pass(long nanoseconds) {
    const timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    ::nanosleep(&time, nullptr);
  }

 private:
  static double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

  std::vector<Change> read() {
    using ktstr::ir::metric;
    std::vector<Change> out;
    for (std::size_t i = 0; i < pids_.size(); ++i) {
      ktstr::guest::Values values;
      meters_[i].read(values, ktstr::guest::Depth::full);
      out.push_back({.seconds = seconds(ktstr::monotonic_now().count()),
                     .cpu_seconds = seconds(values[metric("cpu_time")]),
                     .waited_seconds = seconds(values[metric("run_delay")]),
                     .voluntary = static_cast<double>(values[metric("voluntary_switches")]),
                     .involuntary = static_cast<double>(values[metric("involuntary_switches")]),
                     .iterations = counter(i, metric("iterations")),
                     .units = counter(i, metric("work_units")),
                     .faults = static_cast<double>(values[metric("page_faults")]),
                     .children_faults = stat_field(pids_[i], 11)});
    }
    return out;
  }

  ktstr::guest::Arena arena_ = ktstr::guest::Arena::make().value();
  std::vector<ktstr::guest::Slab*> slabs_;
  std::vector<pid_t> pids_;
  std::vector<ktstr::guest::Meter> meters_;
  bool halted_ = false;
};
