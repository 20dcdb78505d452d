// SPDX-License-Identifier: GPL-2.0-only
// The host's side of a conversation with an executor that runs in a forked process of this machine,
// and everything the executor said.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>
#include <optional>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "fake_cgroupfs.h"
#include "guest/boot.h"
#include "guest/control_helper.h"
#include "guest/executor.h"

struct Heard {
  std::vector<ktstr::wire::Hello> hellos;
  std::vector<ktstr::ir::Phase> begun, phases;
  std::vector<ktstr::ir::Sample> samples;
  std::vector<ktstr::ir::WorkerReport> reports;
  std::vector<ktstr::ir::OpDone> ops;
  std::vector<ktstr::ir::CpusetInForce> cpusets;
  std::vector<ktstr::ir::Move> moves;
  std::vector<ktstr::ir::SchedulerState> schedulers;
  std::vector<std::string> scheduler_lines;
  std::vector<ktstr::ir::PayloadRun> payloads;  ///< As they ended, with what they wrote.
  std::map<std::uint32_t, ktstr::ir::PayloadRun> running;
  std::vector<ktstr::wire::Pong> pongs;
  std::optional<ktstr::wire::Done> done;
};

class GuestRun {
 public:
  /// Exit status of a process that could not set itself up.
  static constexpr int cannot = 77;
  using Body = std::function<void(ktstr::Fd)>;

  /// With cgroups that are played, below `/fake`.
  static void with_fake_cgroups(ktstr::Fd socket) {
    using namespace ktstr;
    using namespace ktstr::guest;
    raise_descriptor_limit();
    Loop loop = Loop::make().value();
    Session session(loop, wire::Channel::over(std::move(socket)).value());
    FakeCgroupfs files("/fake");
    if (!session.begin()) ::_exit(cannot);
    static_cast<void>(converse(loop, session, {files, "/fake", {0, 1}}, wire::Hello{}, 10s));
    ::_exit(files.directories().empty() ? 0 : 1);
  }

  explicit GuestRun(const Body& body = &GuestRun::with_fake_cgroups) {
    auto ends = ktstr::stream_pair().value();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ends.first.reset();
      body(std::move(ends.second));
      ::_exit(0);
    }
    channel_ = ktstr::wire::Channel::over(std::move(ends.first)).value();
  }
  GuestRun(const GuestRun&) = delete;
  GuestRun& operator=(const GuestRun&) = delete;
  ~GuestRun() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(const ktstr::wire::Message& message) { REQUIRE(channel_->send(message)); }
  void hang_up() { channel_.reset(); }
  int raw() { return channel_->fd(); }

  /// Listens until `enough` says so, everything is said, or the time is over; false for the last.
  bool listen(ktstr::Nanos patience, const std::function<bool(const Heard&)>& enough) {
    const ktstr::Deadline deadline(patience);
    while (!enough(heard)) {
      pollfd watch{channel_->fd(), POLLIN, 0};
      if (::poll(&watch, 1, deadline.poll_timeout()) == 0) return false;
      while (true) {
        auto message = channel_->receive();
        if (!message) return enough(heard);
        if (!*message) break;
        take(std::move(**message));
      }
    }
    return true;
  }

  /// Runs a program to its end; fails the test unless Done comes in time and the process leaves
  /// cleanly after it.
  Heard& run(const ktstr::ir::Program& program,
             ktstr::Nanos patience = ktstr::Nanos(20'000'000'000)) {
    send(ktstr::wire::Run{program});
    finish(patience);
    return heard;
  }

  void finish(ktstr::Nanos patience) {
    REQUIRE(listen(patience, [](const Heard& all) { return all.done.has_value(); }));
    send(ktstr::wire::DoneSeen{});
    REQUIRE(wait() == 0);
  }

  /// The exit status; -1 for a signal. Kills it after 10 s.
  int wait() {
    for (int i = 0; i < 1000; ++i) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      ::usleep(10'000);
    }
    return -1;
  }

  Heard heard;

 private:
  void take(ktstr::wire::Message message) {
    using namespace ktstr;
    if (auto* hello = std::get_if<wire::Hello>(&message)) heard.hellos.push_back(*hello);
    if (auto* pong = std::get_if<wire::Pong>(&message)) heard.pongs.push_back(*pong);
    if (auto* change = std::get_if<wire::PhaseChange>(&message))
      (change->phase.end == Nanos(0) ? heard.begun : heard.phases).push_back(change->phase);
    if (auto* sample = std::get_if<ir::Sample>(&message)) heard.samples.push_back(*sample);
    if (auto* report = std::get_if<ir::WorkerReport>(&message)) heard.reports.push_back(*report);
    if (auto* op = std::get_if<ir::OpDone>(&message)) heard.ops.push_back(*op);
    if (auto* cpus = std::get_if<ir::CpusetInForce>(&message)) heard.cpusets.push_back(*cpus);
    if (auto* move = std::get_if<ir::Move>(&message)) heard.moves.push_back(*move);
    if (auto* state = std::get_if<ir::SchedulerState>(&message)) heard.schedulers.push_back(*state);
    if (auto* line = std::get_if<ir::SchedulerLine>(&message))
      heard.scheduler_lines.push_back(line->text);
    if (auto* run = std::get_if<ir::PayloadRun>(&message)) {
      ir::PayloadRun& known = heard.running[run->run];
      run->out = known.out;
      run->err = known.err;
      known = *run;
      if (run->end != ir::PayloadEnd::running) heard.payloads.push_back(*run);
    }
    if (auto* output = std::get_if<ir::PayloadOutput>(&message)) {
      ir::PayloadRun& known = heard.running[output->run];
      (output->is_error ? known.err : known.out) += output->text;
    }
    if (auto* done = std::get_if<wire::Done>(&message)) heard.done = *done;
  }

  pid_t pid_ = -1;
  std::optional<ktstr::wire::Channel> channel_;
};

/// The value of a metric in a list of values; -1 when it is not there.
inline std::int64_t value_of(const std::vector<ktstr::ir::MetricValue>& values,
                             ktstr::ir::MetricId id) {
  for (const ktstr::ir::MetricValue& value : values)
    if (value.metric == id.row) return value.value;
  return -1;
}
