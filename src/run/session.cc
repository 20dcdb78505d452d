// SPDX-License-Identifier: GPL-2.0-only
#include "run/session.h"

#include <algorithm>

#include <poll.h>

#include "base/clock.h"
#include "base/overload.h"
#include "claims/kernel_log.h"
#include "run/host_load.h"
#include "run/noise.h"
#include "run/recorder.h"
#include "schema/fingerprint.h"
#include "wire/channel.h"

namespace ktstr::run {
namespace {

constexpr int tick_milliseconds = 100;
constexpr Nanos ping_every = 1s;
/// How long a guest that is lost for certain may go on to say why.
constexpr Nanos last_words = 1s;
constexpr std::uint64_t console_flood = std::uint64_t{64} << 20;
constexpr std::size_t shown_console_lines = 20;

/// Whether the kernel is of no more use after a report of this kind.
bool is_fatal(std::string_view kind) {
  return kind == "oops" || kind == "panic" || kind == "bug";
}

class Session {
 public:
  Session(vmm::Monitor& monitor, const plan::Launch& launch, const ir::Program& program,
          const Interrupt& interrupt, const std::function<void(const Progress&)>& progress)
      : monitor_(monitor),
        launch_(launch),
        program_(program),
        interrupt_(interrupt),
        progress_(progress) {}

  Attempt run() {
    if (const Status started = start(); !started)
      trouble(ir::Outcome::error, "machine", "the machine did not start",
              describe(started.error()));
    while (machine_ && !over_) step();
    if (machine_) finish();
    return std::move(out_);
  }

 private:
  Status start() {
    machine_ = TRY(monitor_.create(launch_.machine));
    out_.notes = machine_->notes();
    started_ = monotonic_now();
    stage_since_ = started_;
    last_word_ = started_;
    return machine_->start();
  }

  /// One round: wait for something to happen, at most a tick, and deal with all of it.
  void step() {
    pollfd watch[3] = {{interrupt_.fd(), POLLIN, 0}, {machine_->events().get(), POLLIN, 0}, {}};
    watch[2] = {channel_ ? channel_->fd() : -1,
                static_cast<short>(channel_ && channel_->wants_write() ? POLLIN | POLLOUT : POLLIN),
                0};
    ::poll(watch, 3, tick_milliseconds);
    if (watch[0].revents != 0) {
      out_.interrupted = true;
      over_ = true;
      return;
    }
    if (watch[1].revents != 0) machine_->clear_events();
    take_connection();
    if (channel_) talk();
    check_state();
    check_limits();
    each_second();
    progress_({stage_, monotonic_now() - stage_since_});
  }

  void take_connection() {
    while (std::optional<vmm::VsockConnection> connection = machine_->accept()) {
      if (channel_) continue;  // One guest, one connection; a second one is closed.
      if (Result<wire::Channel> channel = wire::Channel::over(std::move(connection->stream)))
        channel_.emplace(std::move(*channel));
    }
  }

  void talk() {
    if (const Status flushed = channel_->flush(); !flushed) return lose(flushed.error());
    for (int burst = 0; burst < 1000 && !over_; ++burst) {
      Result<std::optional<wire::Message>> message = channel_->receive();
      if (!message) return lose(message.error());
      if (!*message) return;
      last_word_ = monotonic_now();
      std::visit([&](auto& content) { receive(content); }, **message);
    }
  }

  /// The connection is gone or talks nonsense.
  void lose(const Error& error) {
    if (dying_ || machine_->state().final()) {
      channel_.reset();
      return;
    }
    if (channel_->ended())
      trouble(ir::Outcome::error, "guest", "the guest closed the connection", describe(error));
    else
      trouble(ir::Outcome::error, "guest", "the guest's messages cannot be trusted",
              describe(error));
    linger();
    channel_.reset();
  }

  void receive(wire::Hello& hello) {
    if (out_.greeted) return unexpected("a second Hello");
    if (hello.fingerprint != schema::fingerprint(schema::type_of<wire::Message>())) {
      trouble(ir::Outcome::error, "guest", "the guest speaks another version of the protocol",
              "its init does not belong to this build; clear the initramfs cache");
      over_ = true;
      return;
    }
    out_.greeted = true;
    out_.boot = monotonic_now() - started_;
    out_.kernel = hello.kernel;
    out_.telemetry.kernel = hello.kernel;
    const std::vector<std::string> differ =
        topology::differences(expected_view(program_.topology), hello.machine);
    if (!differ.empty()) {
      trouble(ir::Outcome::error, "topology", "the machine is not the one that was asked for");
      out_.trouble.back().evidence = differ;
      over_ = true;
      return;
    }
    out_.measured = true;
    greeted_at_ = monotonic_now();
    noise_.emplace(machine_->process(), machine_->vcpu_threads());
    enter("starting");
    const Status sent = channel_->send(wire::Run{program_});
    if (sent) return;
    if (sent.error().code != 0) return lose(sent.error());  // The peer, not the program.
    trouble(ir::Outcome::error, "guest", "the program could not be sent", describe(sent.error()));
    over_ = true;
  }

  void receive(wire::Pong& pong) { clocks_.add(pong, monotonic_now()); }

  void receive(wire::Log& log) {
    if (log.stream != wire::LogStream::kernel) log.text = "init: " + log.text;
    recorder_.take_line(log.text);
    // What ends a kernel ends the run, soon; what it says last still counts.
    if (log.stream != wire::LogStream::kernel || fatal_) return;
    if (const std::string_view kind = claims::trouble_in(log.text); is_fatal(kind)) {
      fatal_ = {std::string(kind), log.text};
      linger();
    }
  }

  void receive(wire::PhaseChange& change) {
    recorder_.take(change.phase);
    if (change.phase.end == Nanos(0))
      enter(change.phase.name);
    else
      load_.end(change.phase.index);
  }

  /// What is telemetry and nothing else.
  void receive(auto& told) { recorder_.take(std::move(told)); }

  void receive(ir::OpDone& done) {
    if (const ir::SpawnHost* op = done.error.empty() ? host_op(done) : nullptr)
      load({done.step, done.op}, *op);
    recorder_.take(std::move(done));
  }

  /// The op of ours that the guest says is due, if it is one for the host.
  [[nodiscard]] const ir::SpawnHost* host_op(const ir::OpDone& done) const {
    const bool in_step = done.step < program_.steps.size();
    if (!in_step && done.step != ir::backdrop_step) return nullptr;
    const std::vector<ir::Op>& ops =
        in_step ? program_.steps[done.step].ops : program_.backdrop.ops;
    return done.op < ops.size() ? std::get_if<ir::SpawnHost>(&ops[done.op]) : nullptr;
  }

  void load(HostLoad::Origin origin, const ir::SpawnHost& op) {
    if (const Status started = load_.start(origin, op.workers, op.load); !started) {
      trouble(ir::Outcome::error, "host", "the host could not be loaded",
              describe(started.error()));
      over_ = true;
    }
    loaded_ = std::max(loaded_, load_.running());
  }

  void receive(wire::Done& done) {
    out_.telemetry.samples_lost = done.samples_lost;
    if (!done.error.empty() && !recorder_.explains_end())
      trouble(ir::Outcome::error, "guest", "the guest could not execute the scenario", done.error);
    done_ = true;
    over_ = true;
    if (channel_->send(wire::DoneSeen{})) [[maybe_unused]]
      const Status flushed = channel_->flush();
  }

  void receive(wire::Run&) { unexpected("Run"); }
  void receive(wire::Stop&) { unexpected("Stop"); }
  void receive(wire::Ping&) { unexpected("Ping"); }
  void receive(wire::DoneSeen&) { unexpected("DoneSeen"); }

  void unexpected(const char* what) {
    trouble(ir::Outcome::error, "guest", std::string("the guest sent ") + what);
    over_ = true;
  }

  [[nodiscard]] bool has_panic_text() const {
    return machine_->console().text().find("Kernel panic") != std::string::npos;
  }

  void check_state() {
    const vmm::State state = machine_->state();
    if (!state.final() || over_) return;
    if (!dying_) {
      // Whatever it said before it ended may still be on its way. A kernel that panics while
      // another CPU has the console tells of the panic first and writes why after it: it may go on
      // for that.
      if (state.condition == vmm::Condition::panicked && !has_panic_text())
        (void)machine_->resume();
      dying_ = monotonic_now() + last_words / 4;
      return;
    }
    if (monotonic_now() < *dying_) return;
    over_ = true;
    if (state.condition == vmm::Condition::died)
      return trouble(ir::Outcome::error, "machine", "what ran the machine died", state.detail);
    // A kernel that panics before its pvpanic driver is there resets the machine.
    const bool panicked = state.condition == vmm::Condition::panicked ||
                          (state.condition == vmm::Condition::reset && has_panic_text());
    trouble(panicked && out_.greeted ? ir::Outcome::fail : ir::Outcome::error,
            panicked ? "panic" : "machine",
            panicked ? "the guest's kernel panicked"
                     : "the machine ended: " + std::string(describe(state.condition)));
    show_console();
  }

  void check_limits() {
    if (over_) return;
    const Nanos now = monotonic_now();
    if (dying_ && now >= *dying_ && !machine_->state().final()) {
      over_ = true;
    } else if (!out_.greeted && now - started_ > launch_.boot_limit) {
      trouble(ir::Outcome::error, "machine",
              "the guest did not come up within " + seconds(launch_.boot_limit));
      show_console();
      over_ = true;
    } else if (out_.greeted && now - last_word_ > launch_.silence_limit) {
      trouble(ir::Outcome::fail, "silent",
              "the guest has said nothing for " + seconds(launch_.silence_limit));
      show_console();
      over_ = true;
    } else if (out_.greeted && now - greeted_at_ > launch_.run_limit) {
      trouble(ir::Outcome::error, "timeout",
              "the case is not over after its timeout of " + seconds(launch_.run_limit));
      over_ = true;
    } else if (machine_->console().total() > console_flood) {
      trouble(ir::Outcome::error, "guest", "the guest floods its console");
      over_ = true;
    }
  }

  void each_second() {
    if (!out_.greeted || over_ || monotonic_now() < next_ping_) return;
    next_ping_ = monotonic_now() + ping_every;
    noise_->tick();
    if (channel_)
      if (const Status sent = channel_->send(wire::Ping{monotonic_now()}); !sent)
        lose(sent.error());
  }

  void linger() {
    if (!dying_) dying_ = monotonic_now() + last_words;
  }

  void enter(std::string stage) {
    stage_ = std::move(stage);
    stage_since_ = monotonic_now();
  }

  void finish() {
    if (fatal_ && !done_)
      trouble(ir::Outcome::fail, fatal_->first, "it ended the run", fatal_->second);
    out_.console = machine_->console().text();
    out_.console_bytes = machine_->console().total();
    for (const vmm::Statistic& item : machine_->statistics())
      if (item.value != 0) out_.statistics.emplace(item.name, item.value);
    machine_->stop();
    if (noise_) out_.telemetry.noise = noise_->noise();
    out_.telemetry.noise.spawned = static_cast<std::uint32_t>(loaded_);
    out_.clock = clocks_.best();
    out_.wall = monotonic_now() - started_;
  }

  void trouble(ir::Outcome outcome, std::string kind, std::string label, std::string detail = {}) {
    out_.trouble.push_back(
        {.outcome = outcome, .kind = std::move(kind), .label = std::move(label)});
    if (!detail.empty()) out_.trouble.back().evidence.push_back(std::move(detail));
  }

  void show_console() {
    std::string lines = machine_->console().tail(shown_console_lines);
    if (lines.empty()) lines = "(the console stayed empty)";
    for (std::size_t start = 0; start < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', start), lines.size());
      out_.trouble.back().evidence.push_back("console: " + lines.substr(start, end - start));
      start = end + 1;
    }
  }

  static std::string seconds(Nanos time) { return schema::Scalar<Nanos>::print(time); }

  vmm::Monitor& monitor_;
  const plan::Launch& launch_;
  const ir::Program& program_;
  const Interrupt& interrupt_;
  const std::function<void(const Progress&)>& progress_;

  Attempt out_;
  Recorder recorder_{out_.telemetry};
  std::unique_ptr<vmm::Machine> machine_;
  std::optional<wire::Channel> channel_;
  std::optional<NoiseMeter> noise_;
  wire::ClockMap clocks_;
  HostLoad load_;           ///< What the scenario wants of it.
  std::size_t loaded_ = 0;  ///< The most of it at once.
  std::string stage_ = "booting";
  Nanos started_{0};
  Nanos stage_since_{0};
  Nanos greeted_at_{0};
  Nanos last_word_{0};
  Nanos next_ping_{0};
  std::optional<Nanos> dying_;  ///< Lost for certain; until then it may say why.
  /// The kind and line of the kernel's report that ends the run.
  std::optional<std::pair<std::string, std::string>> fatal_;
  bool done_ = false;
  bool over_ = false;
};

}  // namespace

Attempt run_session(vmm::Monitor& monitor, const plan::Launch& launch, const ir::Program& program,
                    const Interrupt& interrupt,
                    const std::function<void(const Progress&)>& progress) {
  return Session(monitor, launch, program, interrupt, progress).run();
}

}  // namespace ktstr::run
