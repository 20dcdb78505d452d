// SPDX-License-Identifier: GPL-2.0-only
// A made-up machine and a made-up guest, for sessions without a kernel.
#pragma once

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <mutex>
#include <thread>

#include <sys/eventfd.h>

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/sound.h"
#include "schema/fingerprint.h"
#include "wire/channel.h"

namespace ktstr::run {

struct NoMemory final : GuestView {
  [[nodiscard]] std::vector<GuestRange> ranges() const override { return {}; }
  Status read(GuestPhys, ByteSpan) const override { return fail("no memory"); }
  Result<VcpuRegisters> registers(GuestCpu) const override { return fail("no registers"); }
};

/// What the test and the machine share.
struct Stage {
  std::mutex mutex;
  vmm::State state;
  std::optional<Fd> connection;
  vmm::Console console;
  std::vector<vmm::Statistic> statistics;
  std::string late_words;  ///< What the guest says only when it may go on.
  Fd events{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::atomic<bool> stopped = false;

  void signal() const {
    const std::uint64_t one = 1;
    REQUIRE(::write(events.get(), &one, sizeof one) == sizeof one);
  }
  void become(vmm::Condition condition) {
    const std::lock_guard lock(mutex);
    state = {.condition = condition, .detail = "killed by a test"};
    signal();
  }
};

class FakeMachine final : public vmm::Machine {
 public:
  explicit FakeMachine(Stage& stage) : stage_(stage) {}

  Status start() override {
    const std::lock_guard lock(stage_.mutex);
    if (stage_.state.condition == vmm::Condition::created)
      stage_.state.condition = vmm::Condition::running;
    return {};
  }
  Status pause() override { return {}; }
  Status resume() override {
    stage_.console.append(as_bytes(stage_.late_words));
    return {};
  }
  void stop() override { stage_.stopped = true; }
  [[nodiscard]] vmm::State state() const override {
    const std::lock_guard lock(stage_.mutex);
    return stage_.state;
  }
  std::optional<vmm::VsockConnection> accept() override {
    const std::lock_guard lock(stage_.mutex);
    if (!stage_.connection) return std::nullopt;
    vmm::VsockConnection out{wire::port, *std::move(stage_.connection)};
    stage_.connection.reset();
    return out;
  }
  [[nodiscard]] const Fd& events() const override { return stage_.events; }
  void clear_events() override {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(stage_.events.get(), &count, sizeof count);
  }
  [[nodiscard]] const GuestView& memory() const override { return memory_; }
  [[nodiscard]] const vmm::Console& console() const override { return stage_.console; }
  [[nodiscard]] std::vector<pid_t> vcpu_threads() const override { return {}; }
  [[nodiscard]] pid_t process() const override { return ::getpid(); }
  [[nodiscard]] std::vector<vmm::Statistic> statistics() const override {
    return stage_.statistics;
  }
  [[nodiscard]] std::vector<std::string> notes() const override { return {"no huge pages"}; }

 private:
  Stage& stage_;
  NoMemory memory_;
};

class FakeMonitor final : public vmm::Monitor {
 public:
  explicit FakeMonitor(Stage& stage) : stage_(stage) {}
  [[nodiscard]] const vmm::MonitorFacts& facts() const override { return facts_; }
  [[nodiscard]] std::optional<std::string> obstacle(const vmm::MachineConfig&) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<vmm::Machine>> create(const vmm::MachineConfig&) override {
    if (refuse) return fail("create a machine", "there is none");
    return std::make_unique<FakeMachine>(stage_);
  }

  bool refuse = false;

 private:
  Stage& stage_;
  vmm::MonitorFacts facts_{.emulated = true};
};

/// The other side: a guest that says what a test tells it to.
class Guest {
 public:
  explicit Guest(Stage& stage) {
    std::pair<Fd, Fd> pair = stream_pair().value();
    raw_ = pair.second.get();
    channel_.emplace(wire::Channel::over(std::move(pair.second)).value());
    const std::lock_guard lock(stage.mutex);
    stage.connection = std::move(pair.first);
    stage.signal();
  }
  void say(const wire::Message& message) {
    [[maybe_unused]] const Status s = channel_->send(message);
  }
  /// Says it at once, however much the host has to read; false when it has hung up.
  bool gets_rid_of(const wire::Log& line) {
    if (!channel_->send(line)) return false;
    while (channel_->wants_write())
      if (!channel_->flush()) return false;
    return true;
  }
  void babble(const std::string& bytes) const {
    [[maybe_unused]] const ssize_t n = ::write(raw_, bytes.data(), bytes.size());
  }
  void hang_up() { channel_.reset(); }
  /// Waits for a message of a kind; pings and others are passed over.
  template <class Kind>
  bool hears() {
    const Deadline deadline(2s);
    while (!deadline.passed()) {
      const auto message = channel_->receive();
      if (!message) return false;
      if (*message && std::holds_alternative<Kind>(**message)) return true;
      if (!*message) std::this_thread::sleep_for(1ms);
    }
    return false;
  }

 private:
  int raw_ = -1;
  std::optional<wire::Channel> channel_;
};

struct Scene {
  Stage stage;
  FakeMonitor monitor{stage};
  plan::Launch launch{.boot_limit = 5s, .silence_limit = 5s, .run_limit = 5s};
  ir::Program program;
  Interrupt interrupt = Interrupt::create().value();

  Scene() { program.topology = with_memory(topology::Topology{}, {}); }

  wire::Hello hello() const {
    return {.fingerprint = schema::fingerprint(schema::type_of<wire::Message>()),
            .kernel = "7.3.4-test",
            .machine = expected_view(program.topology)};
  }
  /// Runs the session while `script` plays the world.
  template <class Script>
  Attempt play(Script script) {
    std::jthread actor(script);
    return run_session(monitor, launch, program, interrupt, [](const Progress&) {});
  }
};

inline void check_only(const Attempt& attempt, ir::Outcome outcome, const std::string& kind,
                       const std::string& label) {
  REQUIRE(attempt.trouble.size() == 1);
  CHECK(attempt.trouble[0].outcome == outcome);
  CHECK(attempt.trouble[0].kind == kind);
  INFO(attempt.trouble[0].label);
  CHECK(attempt.trouble[0].label.find(label) != std::string::npos);
}

}  // namespace ktstr::run
