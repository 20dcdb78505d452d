// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scheduler.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <sys/timerfd.h>

#include <unistd.h>

#include "base/clock.h"

namespace ktstr::guest {
namespace {

using ir::SchedulerChange;

constexpr Nanos look_every = 100ms;
constexpr Nanos attach_look_every = 10ms;
/// How much longer than its own time a scheduler may take while the kernel is enabling it.
constexpr int enabling_factor = 4;
constexpr Nanos ask_every = 1s;
/// For each of the signals that ask a scheduler to go.
constexpr Nanos signal_patience = 2s;
/// How long the kernel may take to put its own in charge once the process is gone.
constexpr Nanos kernel_patience = 3s;
/// For one that was lost: its process notices within a second and tells why.
constexpr Nanos last_words = 1500ms;

/// Where schedulers of the scx project put their socket; they do not all make the directory.
void make_socket_directory() {
  for (const char* each : {"/var", "/var/run", "/var/run/scx", "/var/run/scx/root"})
    ::mkdir(each, 0755);
}

}  // namespace

Scheduler::Scheduler(Loop& loop, Session& session, ControlFiles& files, Settings settings)
    : loop_(loop),
      session_(session),
      files_(files),
      settings_(std::move(settings)),
      knobs_(files),
      stats_(loop) {}

Scheduler::~Scheduler() {
  if (timer_) loop_.unwatch(timer_.get());
}

const ir::GuestScheduler* Scheduler::find(const std::string& name) const {
  const auto found = std::ranges::find(settings_.known, name, &ir::GuestScheduler::name);
  return found == settings_.known.end() ? nullptr : &*found;
}

void Scheduler::tell(SchedulerChange change, std::string error, const Program::End* end) {
  ir::SchedulerState out;
  out.start = starts_ - 1;
  out.change = change;
  out.scheduler = name_of(*use_);
  out.ops = seen_.ops;
  out.enable_seq = seen_.seq;
  out.switched_all = seen_.takes_all;
  out.at = monotonic_now();
  out.step = step_;
  out.error = std::move(error);
  if (end != nullptr) {
    out.exit_code = end->code;
    out.exit_signal = end->signal;
  }
  session_.send(std::move(out));
}

void Scheduler::give_up(const std::string& why) {
  if (!settings_.may_be_lost) session_.abandon({why, 0, {}});
}

Status Scheduler::launch(const ir::Argv& argv) {
  lines_.emplace([this, number = starts_ - 1](std::string line) {
    session_.send(ir::SchedulerLine{number, std::move(line)});
  });
  program_ = std::make_unique<Program>(
      loop_, [this](Program::Stream, std::string_view text) { lines_->take(text); });
  return program_->start({.argv = argv, .one_stream = true});
}

Status Scheduler::run(const std::vector<ir::Argv>& commands) {
  for (const ir::Argv& argv : commands) {
    if (argv[0] == "sysctl") {
      const std::string path = TRY(sysctl_path(argv.at(1)));
      TRY(files_.write(path, argv.at(2)));
    } else if (argv[0] == "write") {
      TRY(files_.write(argv.at(1), argv.at(2)));
    } else {
      TRY(launch(argv));
      loop_.run(monotonic_now() + it_->attach_timeout, [this] { return ended(); });
      const std::optional<Program::End> end = program_->end();
      program_.reset();
      if (!end) return fail(argv[0] + " does not end");
      if (end->code != 0 || end->signal != 0) return fail(argv[0] + " ended with " + to_text(*end));
    }
  }
  return {};
}

Status Scheduler::start(const ir::GuestScheduler& it) {
  std::vector<std::string> argv{it.program};
  if (!it.config.empty()) argv.insert(argv.end(), {"--config", it.config});
  argv.insert(argv.end(), use_->args.begin(), use_->args.end());
  make_socket_directory();
  return launch(argv);
}

std::string Scheduler::wait_for_attachment(const ir::GuestScheduler& it, std::uint64_t seq_before) {
  const Deadline deadline(it.attach_timeout), in_kernel(enabling_factor * it.attach_timeout);
  while (true) {
    const std::string name = seen_.ops;
    seen_ = read_sched_ext(settings_.directory);
    if (seen_.ops.empty()) seen_.ops = name;
    // One that came and went between two looks was in charge, too.
    if (seen_.seq > seq_before && (seen_.in_charge() || seen_.state == "disabled")) return {};
    if (!seen_.present) return "this kernel has no sched_ext";
    if (const auto& end = program_->end())
      return "its process ended with " + to_text(*end) + " before it was in charge";
    // While the kernel switches over, the scheduler has done its part.
    if (seen_.state == "enabling" ? in_kernel.passed() : deadline.passed())
      return "it is not in charge after " + std::to_string(it.attach_timeout / 1ms) +
             " ms, the state of sched_ext is `" + seen_.state + "`";
    if (!session_.check()) return "the run was ended";
    loop_.run(monotonic_now() + attach_look_every, [this] { return ended(); });
  }
}

Status Scheduler::attach(const ir::SchedulerUse& use) {
  await_return();
  if (state_ == State::attached)
    return fail("attach `" + use.use + "`: `" + use_->use + "` is in charge",
                "replace_scheduler puts one in the place of another");
  const ir::GuestScheduler* it = find(use.use);
  if (it == nullptr) return fail("there is no scheduler `" + use.use + "`");
  if (state_ == State::lost) TRY(detach());
  const SchedExt before = read_sched_ext(settings_.directory);
  if (before.in_charge() && !it->builtin)
    return fail("attach `" + use.use + "`: another scheduler, " + before.ops + ", is in charge");
  for (const auto& [name, value] : it->sysctls) {
    const std::string path = TRY(sysctl_path(name));
    TRY(knobs_.set(path, text_of(value)));
  }
  use_ = use;
  it_ = it;
  state_ = State::starting;
  end_told_ = false;
  ++starts_;
  seen_ = {};
  tell(SchedulerChange::started);
  if (const std::string why = enable(before.seq); !why.empty()) {
    refuse(why);
    return {};
  }
  state_ = State::attached;
  tell(SchedulerChange::attached);
  changed_();
  TRY(watch());
  look();
  return {};
}

std::string Scheduler::enable(std::uint64_t seq_before) {
  if (it_->builtin) {
    const Status enabled = run(it_->builtin->enable);
    seen_ = read_sched_ext(settings_.directory);
    return enabled ? "" : describe(enabled.error());
  }
  if (const Status started = start(*it_); !started) return describe(started.error());
  return wait_for_attachment(*it_, seq_before);
}

void Scheduler::refuse(const std::string& why) {
  stop(false);  // What it said last is told before that it was refused.
  tell(SchedulerChange::refused, why);
  tell_end();
  program_.reset();
  state_ = State::none;
  static_cast<void>(knobs_.restore());
  give_up("the scheduler `" + name_of(*use_) + "` did not attach: " + why);
}

Status Scheduler::watch() {
  if (timer_) return {};
  timer_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer_) return fail_errno("timerfd_create");
  const timespec every{0, look_every.count()};
  const itimerspec times{every, every};
  if (::timerfd_settime(timer_.get(), 0, &times, nullptr) != 0)
    return fail_errno("timerfd_settime");
  return loop_.watch(timer_.get(), [this] {
    std::uint64_t expired = 0;
    if (::read(timer_.get(), &expired, sizeof expired) == sizeof expired) look();
  });
}

void Scheduler::look() {
  if ((state_ != State::attached && state_ != State::away) || it_->builtin) return;
  const SchedExt now = read_sched_ext(settings_.directory);
  if (!now.in_charge()) return miss();
  if (now.seq == seen_.seq) return;  // The kernel counts it just after it says `enabled`.
  state_ = State::attached;
  seen_ = now;
  tell(SchedulerChange::reattached);
  changed_();
}

void Scheduler::miss() {
  if (state_ == State::attached) {
    state_ = State::away;
    left_at_ = monotonic_now();
    tell(SchedulerChange::left);
    changed_();
  }
  if (!ended() && monotonic_now() < left_at_ + it_->attach_timeout) return;
  state_ = State::lost;
  tell(SchedulerChange::lost);
  give_up("the scheduler `" + name_of(*use_) + "` is not in charge any more");
}

void Scheduler::await_return() {
  look();
  if (state_ != State::away) return;
  loop_.run(left_at_ + it_->attach_timeout,
            [this] { return state_ != State::away || !session_.check(); });
  look();
}

void Scheduler::reaped(const siginfo_t& info) {
  if (!program_ || !program_->reaped(info)) return;
  lines_->finish();
  look();
  if (state_ == State::attached || state_ == State::lost) tell_end();
}

void Scheduler::tell_end() {
  if (it_->builtin || !program_ || !program_->end() || end_told_) return;
  end_told_ = true;
  tell(SchedulerChange::ended, {}, &*program_->end());
}

bool Scheduler::stop(bool gently) {
  for (const int number : {SIGINT, SIGTERM, SIGKILL}) {
    if (!gently && number != SIGKILL) continue;
    if (ended()) break;
    if (number == SIGKILL)
      program_->signal_group(number);
    else
      program_->signal(number);
    loop_.run(monotonic_now() + signal_patience, [this] { return ended(); });
  }
  if (program_) {
    program_->drain();
    lines_->finish();
  }
  stats_.close();
  if (it_->builtin) return true;
  const Deadline deadline(kernel_patience);
  while (true) {
    const SchedExt now = read_sched_ext(settings_.directory);
    if (!now.present || now.state == "disabled") return ended();
    if (deadline.passed()) return false;
    loop_.run_until(monotonic_now() + attach_look_every);
  }
}

Status Scheduler::detach() {
  if (state_ == State::none) return fail("there is no scheduler to detach");
  await_return();
  const bool was_lost = state_ == State::lost;
  // It goes because it is told to: what is seen meanwhile is no loss.
  state_ = State::stopping;
  std::string why;
  if (it_->builtin)
    if (const Status disabled = run(it_->builtin->disable); !disabled)
      why = describe(disabled.error());
  if (!stop(true)) why = "it is still in charge after SIGINT, SIGTERM and SIGKILL";
  if (!was_lost) tell(SchedulerChange::detached, why);
  tell_end();
  program_.reset();
  state_ = State::none;
  changed_();
  return knobs_.restore();
}

Status Scheduler::restart() {
  if (!use_) return fail("there was no scheduler that could be started again");
  if (state_ != State::none) TRY(detach());
  return attach(ir::SchedulerUse(*use_));
}

Status Scheduler::replace(const ir::SchedulerUse& use) {
  if (state_ != State::none) TRY(detach());
  return attach(use);
}

void Scheduler::sample(std::uint32_t phase) {
  if (state_ != State::attached) return;
  ir::SchedulerSample out;
  out.start = starts_ - 1;
  out.at = monotonic_now();
  out.phase = phase;
  out.enable_seq = seen_.seq;
  if (auto events = read_events(settings_.directory)) {
    out.has_events = true;
    out.events = *std::move(events);
  }
  out.stats = stats_.take();
  if (program_ && out.at >= asked_at_ + ask_every) {
    asked_at_ = out.at;
    stats_.ask();
  }
  session_.send(std::move(out));
}

void Scheduler::finish() {
  if (state_ == State::none) return;
  if (state_ == State::lost) loop_.run(monotonic_now() + last_words, [this] { return ended(); });
  static_cast<void>(detach());
  if (timer_) loop_.unwatch(timer_.get());
  timer_.reset();
}

}  // namespace ktstr::guest
