// SPDX-License-Identifier: GPL-2.0-only
// Sessions that go wrong: every row of the fault table that needs no kernel, and the ways a guest
// can lie.
#include <catch2/catch_test_macros.hpp>

#include "run_scene.h"

using namespace ktstr;
using namespace ktstr::run;

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
