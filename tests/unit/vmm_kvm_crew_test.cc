// SPDX-License-Identifier: GPL-2.0-only
// The rendezvous of vCPU threads, with runners that need no KVM.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <optional>

#include <unistd.h>

#include "base/clock.h"
#include "vmm/kvm/crew.h"

using namespace ktstr;
using namespace ktstr::vmm::kvm;

namespace {

/// Sleeps in its turns as a vCPU does in a guest that idles: only a signal ends them, unless it is
/// to be interrupted already.
class FakeRunner final : public Runner {
 public:
  explicit FakeRunner(std::uint64_t number) : number_(number) {}

  bool turn() override {
    ++turns;
    if (interrupted_) return true;
    if (busy_) return false;
    const Deadline deaf(300ms);
    while (deaf_ && !deaf.passed()) ::usleep(1000);
    // Not `pause`: the flag may have been set since; a poll cannot miss it for long.
    while (!interrupted_ && !busy_) ::usleep(1000);
    return interrupted_;
  }
  void interrupt(bool wanted) override { interrupted_ = wanted; }
  Result<VcpuRegisters> registers() override { return VcpuRegisters{number_, 2, 3}; }

  std::atomic<std::uint64_t> turns = 0;
  std::atomic<bool> busy_ = false;
  std::atomic<bool> deaf_ = false;

 private:
  std::uint64_t number_;
  std::atomic<bool> interrupted_ = false;
};

struct Rig {
  explicit Rig(std::size_t count) {
    std::vector<std::unique_ptr<Runner>> made;
    for (std::size_t i = 0; i < count; ++i) {
      auto runner = std::make_unique<FakeRunner>(i);
      runners.push_back(runner.get());
      made.push_back(std::move(runner));
    }
    crew.emplace(std::move(made));
  }
  std::uint64_t turns() const {
    std::uint64_t sum = 0;
    for (const FakeRunner* runner : runners) sum += runner->turns;
    return sum;
  }
  std::vector<FakeRunner*> runners;
  std::optional<Crew> crew;
};

}  // namespace

TEST_CASE("a crew stands until told to go, and again whenever told") {
  Rig rig(8);
  CHECK(rig.crew->threads().empty());
  REQUIRE(rig.crew->start());
  CHECK(rig.crew->threads().size() == 8);
  CHECK(rig.turns() == 0);
  for (FakeRunner* runner : rig.runners) runner->busy_ = true;
  for (int round = 0; round < 50; ++round) {
    rig.crew->go();
    REQUIRE(rig.crew->stand(10s));
    const std::uint64_t before = rig.turns();
    ::usleep(100);
    CHECK(rig.turns() == before);
  }
  const std::uint64_t before = rig.turns();
  rig.crew->go();
  const Deadline deadline(10s);
  while (rig.turns() == before && !deadline.passed()) ::usleep(100);
  CHECK(rig.turns() > before);
}

TEST_CASE("vCPUs that idle in the guest are fetched out of it") {
  Rig rig(3);
  REQUIRE(rig.crew->start());
  rig.crew->go();
  ::usleep(5000);
  const Nanos start = monotonic_now();
  REQUIRE(rig.crew->stand(10s));
  CHECK(monotonic_now() - start < 5s);
  REQUIRE(rig.crew->stand(10s));  // Again changes nothing.
}

TEST_CASE("one that does not answer is named, and the next pause waits for it") {
  Rig rig(3);
  rig.runners[1]->deaf_ = true;
  REQUIRE(rig.crew->start());
  rig.crew->go();
  const Deadline deadline(10s);
  while (rig.runners[1]->turns == 0 && !deadline.passed()) ::usleep(1000);
  const Status late = rig.crew->stand(10ms);
  REQUIRE(!late);
  CHECK(late.error().what.find("number 1") != std::string::npos);
  CHECK(rig.crew->stand(10s));
}

TEST_CASE("registers are told by running and by standing vCPUs") {
  Rig rig(2);
  CHECK(!rig.crew->registers(GuestCpu(0), 1s));
  REQUIRE(rig.crew->start());
  CHECK(rig.crew->registers(GuestCpu(1), 10s)->instruction_pointer == 1);
  rig.crew->go();
  CHECK(rig.crew->registers(GuestCpu(1), 10s)->instruction_pointer == 1);
  CHECK(rig.crew->registers(GuestCpu(0), 10s)->instruction_pointer == 0);
  CHECK(!rig.crew->registers(GuestCpu(2), 1s));
  rig.crew->dismiss();
  CHECK(!rig.crew->registers(GuestCpu(0), 1s));
}

TEST_CASE("a halted crew stays where it is until forgiven, and can still be asked and dismissed") {
  Rig rig(2);
  REQUIRE(rig.crew->start());
  rig.crew->go();
  rig.crew->halt();
  rig.crew->go();
  REQUIRE(rig.crew->stand(10s));
  const std::uint64_t before = rig.turns();
  ::usleep(3000);
  CHECK(rig.turns() == before);
  CHECK(rig.crew->registers(GuestCpu(1), 10s)->instruction_pointer == 1);

  rig.crew->forgive();
  rig.crew->go();
  const Deadline deadline(10s);
  while (rig.turns() == before && !deadline.passed()) ::usleep(1000);
  CHECK(rig.turns() > before);

  rig.crew->halt();
  rig.crew->dismiss();
  CHECK(!rig.crew->stand(1s));
}

TEST_CASE("commands from many threads at once end in order") {
  Rig rig(4);
  for (FakeRunner* runner : rig.runners) runner->busy_ = true;
  REQUIRE(rig.crew->start());
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 4; ++i)
    threads.emplace_back([&rig, i] {
      for (int round = 0; round < 50; ++round) {
        rig.crew->go();
        static_cast<void>(rig.crew->registers(GuestCpu(i), 10s));
        static_cast<void>(rig.crew->stand(10s));
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(rig.crew->stand(10s));
  rig.crew->dismiss();
}
