// SPDX-License-Identifier: GPL-2.0-only
// Sessions against a made-up machine and a made-up guest: every row of the fault table that needs
// no kernel, and the ways a guest can lie.
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

using namespace ktstr;
using namespace ktstr::run;

namespace {

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

void check_only(const Attempt& attempt, ir::Outcome outcome, const std::string& kind,
                const std::string& label) {
  REQUIRE(attempt.trouble.size() == 1);
  CHECK(attempt.trouble[0].outcome == outcome);
  CHECK(attempt.trouble[0].kind == kind);
  INFO(attempt.trouble[0].label);
  CHECK(attempt.trouble[0].label.find(label) != std::string::npos);
}

}  // namespace

TEST_CASE("a guest that does its work leaves telemetry and no trouble") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    REQUIRE(guest.hears<wire::Run>());
    guest.say(wire::PhaseChange{{.index = 1, .name = "load", .begin = 1s}});
    guest.say(ir::Sample{.at = 2s, .phase = 1});
    guest.say(wire::Log{wire::LogStream::kernel, "[    1.0] hello"});
    guest.say(wire::PhaseChange{{.index = 1, .name = "load", .begin = 1s, .end = 3s}});
    guest.say(wire::Done{});
    CHECK(guest.hears<wire::DoneSeen>());
  });
  CHECK(attempt.trouble.empty());
  CHECK(attempt.notes == std::vector<std::string>{"no huge pages"});
  CHECK(attempt.greeted);
  CHECK(attempt.measured);
  CHECK(attempt.kernel == "7.3.4-test");
  REQUIRE(attempt.telemetry.phases.size() == 1);
  CHECK(attempt.telemetry.phases[0].end == 3s);
  CHECK(attempt.telemetry.samples.size() == 1);
  CHECK(attempt.telemetry.kernel_log.size() == 1);
  CHECK(scene.stage.stopped);
}

TEST_CASE("a worker's report that comes in parts is one worker with all its slices") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    REQUIRE(guest.hears<wire::Run>());
    guest.say(ir::WorkerReport{.info = {.id = 7}, .slices = {{.worker = 7, .phase = 1}}});
    guest.say(ir::WorkerReport{.info = {.id = 8}, .slices = {{.worker = 8, .phase = 1}}});
    guest.say(ir::WorkerReport{.info = {.id = 7}, .slices = {{.worker = 7, .phase = 2}}});
    guest.say(wire::Done{});
    CHECK(guest.hears<wire::DoneSeen>());
  });
  CHECK(attempt.trouble.empty());
  REQUIRE(attempt.telemetry.workers.size() == 2);
  const std::vector<ir::Slice>& slices = attempt.telemetry.workers[0].slices;
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].phase == 1);
  CHECK(slices[1].phase == 2);
  CHECK(attempt.telemetry.workers[1].slices.size() == 1);
}

TEST_CASE("what the monitor counted outlives the machine, also one that never came up") {
  Scene scene;
  scene.launch.boot_limit = 100ms;
  scene.stage.statistics = {{"userspace_exit.io", 6}, {"kvm.exits", 90}, {"kvm.nested_run", 0}};
  CHECK(scene.play([] {}).statistics ==
        ir::MachineStatistics{{"kvm.exits", 90}, {"userspace_exit.io", 6}});
  scene.stage.statistics.clear();
  CHECK(scene.play([] {}).statistics.empty());
}

TEST_CASE("a machine that cannot be made is an error with its reason") {
  Scene scene;
  scene.monitor.refuse = true;
  const Attempt attempt = scene.play([] {});
  check_only(attempt, ir::Outcome::error, "machine", "did not start");
  CHECK(attempt.trouble[0].evidence[0].find("there is none") != std::string::npos);
}

TEST_CASE("a guest that never comes up is an error that shows the console") {
  Scene scene;
  scene.launch.boot_limit = 200ms;
  scene.stage.console.append(as_bytes("one\nUnable to mount root fs\n"));
  const Attempt attempt = scene.play([] {});
  check_only(attempt, ir::Outcome::error, "machine", "did not come up");
  CHECK(attempt.trouble[0].evidence.back() == "console: Unable to mount root fs");
}

TEST_CASE("a guest that falls silent is a failure") {
  Scene scene;
  scene.launch.silence_limit = 300ms;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    std::this_thread::sleep_for(1s);
  });
  check_only(attempt, ir::Outcome::fail, "silent", "said nothing");
}

TEST_CASE("a run beyond its timeout is an error although the guest talks") {
  Scene scene;
  scene.launch.run_limit = 300ms;
  std::atomic<bool> over = false;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    while (!scene.stage.stopped && !over) {
      guest.say(wire::Log{wire::LogStream::init, "still here"});
      std::this_thread::sleep_for(10ms);
    }
  });
  over = true;
  check_only(attempt, ir::Outcome::error, "timeout", "not over");
}

TEST_CASE("a panic is a failure after Hello and an error before") {
  Scene scene;
  Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    REQUIRE(guest.hears<wire::Run>());
    scene.stage.console.append(as_bytes("Kernel panic - not syncing: test\n"));
    scene.stage.become(vmm::Condition::panicked);
    std::this_thread::sleep_for(500ms);
  });
  check_only(attempt, ir::Outcome::fail, "panic", "panicked");
  CHECK(attempt.trouble[0].evidence[0].find("not syncing") != std::string::npos);

  Scene early;
  attempt = early.play([&] { early.stage.become(vmm::Condition::panicked); });
  check_only(attempt, ir::Outcome::error, "panic", "panicked");
  CHECK_FALSE(attempt.greeted);
}

TEST_CASE("a kernel that tells of its panic before it could write why may go on to do so") {
  Scene scene;
  scene.stage.late_words = "Kernel panic - not syncing: late\n";
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    REQUIRE(guest.hears<wire::Run>());
    scene.stage.become(vmm::Condition::panicked);
    std::this_thread::sleep_for(500ms);
  });
  check_only(attempt, ir::Outcome::fail, "panic", "panicked");
  CHECK(attempt.trouble[0].evidence[0].find("late") != std::string::npos);
}

TEST_CASE("an emulator that dies is an error with its last words, within two seconds") {
  Scene scene;
  const Nanos start = monotonic_now();
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    scene.stage.become(vmm::Condition::died);
    guest.hang_up();
  });
  check_only(attempt, ir::Outcome::error, "machine", "died");
  CHECK(attempt.trouble[0].evidence[0] == "killed by a test");
  CHECK(monotonic_now() - start < 2s);
}

TEST_CASE("a connection closed without a word is an error") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    REQUIRE(guest.hears<wire::Run>());
    guest.hang_up();
  });
  check_only(attempt, ir::Outcome::error, "guest", "closed the connection");
}

TEST_CASE("an oops in the log ends the run early and is named") {
  Scene scene;
  scene.launch.run_limit = 60s;
  scene.launch.silence_limit = 60s;
  const Nanos start = monotonic_now();
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    guest.say(wire::Log{wire::LogStream::kernel,
                        "[   12.5] Oops: general protection fault, probably for non-canonical"});
    std::this_thread::sleep_for(2s);
  });
  CHECK(monotonic_now() - start < 3s);
  CHECK(attempt.telemetry.kernel_log.size() == 1);
  check_only(attempt, ir::Outcome::fail, "oops", "ended the run");
}

TEST_CASE("malformed frames and unexpected messages are errors") {
  Scene scene;
  Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    guest.babble(std::string(100, 'x'));
    std::this_thread::sleep_for(300ms);
  });
  check_only(attempt, ir::Outcome::error, "guest", "cannot be trusted");

  Scene second;
  attempt = second.play([&] {
    Guest guest(second.stage);
    guest.say(second.hello());
    guest.say(second.hello());
    std::this_thread::sleep_for(100ms);
  });
  check_only(attempt, ir::Outcome::error, "guest", "second Hello");
}

TEST_CASE("a stale guest is one clean error") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    wire::Hello stale = scene.hello();
    stale.fingerprint ^= 1;
    guest.say(stale);
    std::this_thread::sleep_for(100ms);
  });
  check_only(attempt, ir::Outcome::error, "guest", "another version");
}

TEST_CASE("a machine that is not as asked is an error that names the differences") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    wire::Hello wrong = scene.hello();
    wrong.machine.cpus[1].llc = {1};
    guest.say(wrong);
    std::this_thread::sleep_for(100ms);
  });
  check_only(attempt, ir::Outcome::error, "topology", "not the one");
  CHECK(attempt.trouble[0].evidence[0].starts_with("LLC of CPU 1"));
  CHECK_FALSE(attempt.measured);
}

TEST_CASE("a console flood is an error") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    const Buffer block(1 << 20, std::byte{'x'});
    for (int i = 0; i < 70; ++i) scene.stage.console.append(block);
  });
  check_only(attempt, ir::Outcome::error, "guest", "floods");
}

TEST_CASE("a flood of messages is an error") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    while (guest.gets_rid_of({wire::LogStream::kernel, std::string(60'000, 'x')})) {
    }
  });
  check_only(attempt, ir::Outcome::error, "guest", "cannot be trusted");
  CHECK(attempt.trouble[0].evidence[0].find("MiB in all") != std::string::npos);
}

TEST_CASE("a worker that was ended by a signal explains why the guest gave up") {
  Scene scene;
  const Attempt attempt = scene.play([&] {
    Guest guest(scene.stage);
    guest.say(scene.hello());
    guest.say(ir::WorkerReport{
        .info = {.id = 1, .cgroup = "a"}, .end = ir::WorkerEnd::signalled, .status = 9});
    guest.say(wire::Done{"worker 1 was ended by signal 9", 0});
    guest.hears<wire::DoneSeen>();
  });
  CHECK(attempt.trouble.empty());
}

TEST_CASE("a run that the emulator spoiled is made again, at most twice") {
  Scene scene;
  int runs = 0;
  // A guest that dies of int3 as often as it is told to, and then does its work.
  const auto attempt_after = [&](int spoiled) {
    runs = 0;
    const std::function<void(const Progress&)> on_progress = [](const Progress&) {};
    std::jthread actor([&](const std::stop_token& stop) {
      for (; !stop.stop_requested(); ++runs) {
        Guest guest(scene.stage);
        guest.say(scene.hello());
        if (!guest.hears<wire::Run>()) return;
        if (runs < spoiled)
          guest.say(
              wire::Log{wire::LogStream::kernel, "[    5.0] Oops: int3: 0000 [#1] SMP NOPTI"});
        else
          guest.say(wire::Done{});
        const Deadline deadline(3s);
        while (!scene.stage.stopped && !stop.stop_requested() && !deadline.passed())
          std::this_thread::sleep_for(1ms);
        scene.stage.stopped = false;
      }
    });
    return run_soundly(scene.monitor, scene.launch, scene.program, scene.interrupt, on_progress);
  };
  const Attempt mended = attempt_after(1);
  CHECK(mended.trouble.empty());
  CHECK(mended.spoiled == 1);

  const Attempt hopeless = attempt_after(9);
  CHECK(hopeless.spoiled == 3);
  REQUIRE(hopeless.trouble.size() == 2);
  CHECK(hopeless.trouble[0].kind == "oops");
  CHECK(hopeless.trouble[0].outcome == ir::Outcome::error);
  CHECK(hopeless.trouble[1].kind == "emulator");
  CHECK_FALSE(hopeless.measured);
}

TEST_CASE("only an emulator is blamed, and only for flaws that it is known to have") {
  Attempt attempt;
  attempt.trouble.push_back({.outcome = ir::Outcome::error, .kind = "panic"});
  const vmm::MonitorFacts tcg{.accelerator = vmm::Accelerator::tcg, .emulated = true};
  const vmm::MonitorFacts kvm{.accelerator = vmm::Accelerator::kvm};
  const vmm::MonitorFacts kvm_in_tcg{.accelerator = vmm::Accelerator::kvm, .emulated = true};
  CHECK_FALSE(emulator_flaw(tcg, attempt));
  attempt.console = "[    4.9] Oops: general protection fault\n";
  CHECK_FALSE(emulator_flaw(tcg, attempt));
  attempt.console = "[    4.9] Oops: int3: 0000 [#1] SMP\n";
  CHECK(emulator_flaw(tcg, attempt));
  CHECK_FALSE(emulator_flaw(kvm, attempt));
  attempt.trouble.clear();
  CHECK_FALSE(emulator_flaw(tcg, attempt));

  attempt = {};
  ir::Finding death{.outcome = ir::Outcome::error, .kind = "machine"};
  death.evidence = {"qemu-system-x86_64, signal 9 (Killed)"};
  attempt.trouble = {death};
  CHECK_FALSE(emulator_flaw(tcg, attempt));
  attempt.trouble[0].evidence = {
      "qemu-system-x86_64, signal 6 (Aborted): qemu-system-x86_64: system/physmem.c:2678: "
      "iotlb_to_section: Assertion `section_index < d->map.sections_nb' failed."};
  CHECK(emulator_flaw(tcg, attempt));
  CHECK_FALSE(emulator_flaw(kvm, attempt));
  attempt.trouble[0].kind = "guest";
  CHECK_FALSE(emulator_flaw(tcg, attempt));

  attempt.trouble[0] = {.outcome = ir::Outcome::error, .kind = "machine"};
  attempt.trouble[0].label = "the machine ended: reset";
  CHECK(emulator_flaw(kvm_in_tcg, attempt));
  CHECK_FALSE(emulator_flaw(kvm, attempt));
  attempt.greeted = true;
  CHECK_FALSE(emulator_flaw(kvm_in_tcg, attempt));
}

TEST_CASE("an interrupt ends a session at once") {
  Scene scene;
  const Nanos start = monotonic_now();
  const Attempt attempt = scene.play([&] {
    std::this_thread::sleep_for(50ms);
    scene.interrupt.raise();
  });
  CHECK(attempt.interrupted);
  CHECK(scene.stage.stopped);
  CHECK(monotonic_now() - start < 1s);
}
