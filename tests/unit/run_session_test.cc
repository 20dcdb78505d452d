// SPDX-License-Identifier: GPL-2.0-only
// Sessions against a made-up machine and a made-up guest: what is kept of a run, and which runs are
// made again.
#include <atomic>
#include <catch2/catch_test_macros.hpp>

#include "run_scene.h"

using namespace ktstr;
using namespace ktstr::run;

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
