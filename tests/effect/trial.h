// SPDX-License-Identifier: GPL-2.0-only
// A trial: real workers of one type, run for a while on one CPU, and what the kernel counted for
// them meanwhile. Bounds are per second of CPU time, or leave out the time that a worker waited for
// its CPU, so that a busy machine does not change the verdict.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <climits>
#include <sstream>
#include <utility>

#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "guest/arena.h"
#include "guest/futex.h"
#include "guest/launch.h"
#include "guest/meter.h"

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
  Trial(const ktstr::ir::Work& work, std::size_t workers, int cpu,
        ktstr::guest::Surroundings surroundings = {}) {
    using namespace ktstr::guest;
    for (std::size_t i = 0; i < workers; ++i) slabs_.push_back(arena_.take());
    std::vector<PipeEnds> pipes;
    for (std::size_t i = 0; workers > 1 && i < workers; ++i) {
      int ends[2];
      REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
      pipes.push_back({ends[0], ends[1]});
    }
    for (std::size_t i = 0; i < workers; ++i) {
      surroundings.id = static_cast<std::uint32_t>(i);
      if (surroundings.words.empty()) surroundings.words = arena_.words();
      pids_.push_back(launch({work, slabs_, i, pipes, arena_.gate(), 1, surroundings}).value());
      meters_.push_back(Meter::of(pids_.back()).value());
      cpu_set_t mask;
      CPU_ZERO(&mask);
      CPU_SET(cpu, &mask);
      REQUIRE(::sched_setaffinity(pids_.back(), sizeof mask, &mask) == 0);
    }
    for (const PipeEnds& pipe : pipes) {
      ::close(pipe.read);
      ::close(pipe.write);
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

  [[nodiscard]] pid_t pid(std::size_t worker) const { return pids_[worker]; }
  [[nodiscard]] const ktstr::guest::Slab& slab(std::size_t worker) const { return *slabs_[worker]; }
  /// How many values of a distribution the worker has recorded so far.
  [[nodiscard]] double recorded(std::size_t worker, std::size_t distribution) const {
    return static_cast<double>(slabs_[worker]->histograms[distribution].count);
  }
  /// The number behind a key in one of the worker's files below /proc; 0 without it.
  [[nodiscard]] double of_proc(std::size_t worker, const char* file, const char* key) const {
    return number_in("/proc/" + std::to_string(pids_[worker]) + "/" + file, key);
  }
  [[nodiscard]] std::span<ktstr::guest::SharedWord> words() const { return arena_.words(); }

  /// The number behind a key in a file of the kernel's; 0 without it.
  static double number_in(const std::string& path, const std::string& key) {
    const std::string text = "\n" + ktstr::read_text(path).value();
    const std::size_t at = text.find("\n" + key);
    return at == std::string::npos ? 0 : std::stod(text.substr(at + 1 + key.size()));
  }

  static void pass(long nanoseconds) {
    const timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    ::nanosleep(&time, nullptr);
  }

 private:
  static double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

  /// Field `number` of /proc/PID/stat, counted as in proc(5).
  static double stat_field(pid_t pid, int number) {
    const std::string text = ktstr::read_text("/proc/" + std::to_string(pid) + "/stat").value();
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string field;
    for (int i = 3; i <= number; ++i) fields >> field;
    return std::stod(field);
  }

  std::vector<Change> read() {
    using ktstr::ir::metric;
    std::vector<Change> out;
    for (std::size_t i = 0; i < pids_.size(); ++i) {
      ktstr::guest::Values values;
      meters_[i].read(values, ktstr::guest::Depth::full);
      const auto counter = [&](ktstr::ir::MetricId id) {
        for (std::size_t slot = 0; slot < ktstr::guest::counter_rows.size(); ++slot)
          if (ktstr::guest::counter_rows[slot] == id)
            return static_cast<double>(slabs_[i]->counters[slot].load());
        return 0.0;
      };
      out.push_back({.seconds = seconds(ktstr::monotonic_now().count()),
                     .cpu_seconds = seconds(values[metric("cpu_time")]),
                     .waited_seconds = seconds(values[metric("run_delay")]),
                     .voluntary = static_cast<double>(values[metric("voluntary_switches")]),
                     .involuntary = static_cast<double>(values[metric("involuntary_switches")]),
                     .iterations = counter(metric("iterations")),
                     .units = counter(metric("work_units")),
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
