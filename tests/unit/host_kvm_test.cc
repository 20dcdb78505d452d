// SPDX-License-Identifier: GPL-2.0-only
// The choice of an accelerator through a KVM that is made up: the host's own is not touched.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <csignal>

#include <unistd.h>

#include "base/clock.h"
#include "base/mapping.h"
#include "host/kvm_probe.h"
#include "plan/accelerator.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::host;
using ir::TrialOutcome;

namespace {

struct FakeKvm final : KvmProbe {
  enum class Behaviour { works, fails, hangs, spins, crashes, leaves, not_there };

  Behaviour opening = Behaviour::works;
  Behaviour at_speed = Behaviour::works;
  Behaviour at_breakpoint = Behaviour::works;
  Behaviour at_state = Behaviour::works;
  Behaviour at_timer = Behaviour::works;
  double per_second = 900e6;
  int error = EACCES;
  /// Shared with the process that tries.
  Mapping tries = Mapping::anonymous_shared(4_KiB).value();

  [[nodiscard]] int tried() const { return static_cast<int>(tries.bytes()[0]); }
  Status act(Behaviour behaviour, const char* what) {
    switch (behaviour) {
      case Behaviour::works:
        return {};
      case Behaviour::fails:
        return fail_code(error, what);
      case Behaviour::hangs:
        while (true) ::pause();
      case Behaviour::spins:
        while (true) ::getppid();
      case Behaviour::crashes:
        ::raise(SIGKILL);
        return {};
      case Behaviour::leaves:
        ::_exit(0);
      case Behaviour::not_there:
        return fail_code(ENOTSUP, what);
    }
    return {};
  }
  Status open() override {
    tries.bytes()[0] = std::byte(tried() + 1);
    return act(opening, "open /dev/kvm");
  }
  Result<double> speed() override {
    TRY(act(at_speed, "run a loop"));
    return per_second;
  }
  Status breakpoint() override { return act(at_breakpoint, "int3: the vCPU was shut down"); }
  Status extended_state() override { return act(at_state, "xrstors"); }
  Status timer() override { return act(at_timer, "wait for a timer"); }
};

using Behaviour = FakeKvm::Behaviour;

plan::AcceleratorChoice automatic(FakeKvm& kvm) {
  return plan::choose_accelerator(std::nullopt, examine(kvm));
}

}  // namespace

TEST_CASE("a KVM that works is used, and its speed is told") {
  FakeKvm kvm;
  const ir::KvmFacts facts = examine(kvm);
  for (const ir::KvmTrial* trial :
       {&facts.opens, &facts.speed, &facts.breakpoint, &facts.extended_state, &facts.timer})
    CHECK(*trial == ir::KvmTrial{TrialOutcome::passed, {}});
  CHECK(automatic(kvm) ==
        plan::AcceleratorChoice{
            vmm::Accelerator::kvm, "tried: 900 million instructions a second in kernel mode", {}});
}

TEST_CASE("a KVM that is absent or denied is not tried further") {
  FakeKvm kvm;
  kvm.opening = Behaviour::fails;
  kvm.error = ENOENT;
  CHECK(automatic(kvm).accelerator == vmm::Accelerator::tcg);
  CHECK(automatic(kvm).why.find("No such file") != std::string::npos);
  kvm.error = EACCES;
  CHECK(automatic(kvm).why ==
        "no use of KVM here: a machine cannot be made (open /dev/kvm: Permission denied)");
  CHECK(examine(kvm).speed.outcome == TrialOutcome::untried);
}

TEST_CASE("each self-test that fails rules KVM out, whatever the speed") {
  struct Part {
    Behaviour FakeKvm::*behaviour;
    ir::KvmTrial ir::KvmFacts::*trial;
    const char* phrase;
  };
  for (const Part& part :
       {Part{&FakeKvm::at_speed, &ir::KvmFacts::speed, "kernel-mode code does not run"},
        Part{&FakeKvm::at_breakpoint, &ir::KvmFacts::breakpoint, "int3 in kernel mode"},
        Part{&FakeKvm::at_state, &ir::KvmFacts::extended_state,
             "extended state cannot be restored"},
        Part{&FakeKvm::at_timer, &ir::KvmFacts::timer, "timer interrupts do not arrive"}}) {
    for (const auto& [behaviour, outcome] : {std::pair{Behaviour::fails, TrialOutcome::failed},
                                             std::pair{Behaviour::hangs, TrialOutcome::hung},
                                             std::pair{Behaviour::spins, TrialOutcome::hung},
                                             std::pair{Behaviour::crashes, TrialOutcome::failed},
                                             std::pair{Behaviour::leaves, TrialOutcome::failed}}) {
      FakeKvm kvm;
      kvm.*part.behaviour = behaviour;
      const ir::KvmFacts facts = examine(kvm);
      CAPTURE(part.phrase, static_cast<int>(behaviour), (facts.*part.trial).detail);
      CHECK((facts.*part.trial).outcome == outcome);
      CHECK_FALSE((facts.*part.trial).detail.empty());
      const plan::AcceleratorChoice choice = plan::choose_accelerator(std::nullopt, facts);
      CHECK(choice.accelerator == vmm::Accelerator::tcg);
      CHECK(choice.why.find(part.phrase) != std::string::npos);
    }
  }
}

TEST_CASE("one failure does not hide the others") {
  FakeKvm kvm;
  kvm.at_breakpoint = Behaviour::fails;
  kvm.at_timer = Behaviour::fails;
  const ir::KvmFacts facts = examine(kvm);
  CHECK(facts.breakpoint.outcome == TrialOutcome::failed);
  CHECK(facts.extended_state.outcome == TrialOutcome::passed);
  CHECK(facts.timer.outcome == TrialOutcome::failed);
}

TEST_CASE("a processor without xrstors is no worse for it") {
  FakeKvm kvm;
  kvm.at_state = Behaviour::not_there;
  CHECK(examine(kvm).extended_state.outcome == TrialOutcome::inapplicable);
  CHECK(automatic(kvm).accelerator == vmm::Accelerator::kvm);
}

TEST_CASE("20 million instructions a second are enough, fewer are emulation") {
  FakeKvm kvm;
  kvm.per_second = 20e6;
  CHECK(automatic(kvm).accelerator == vmm::Accelerator::kvm);
  kvm.per_second = 19.9e6;
  CHECK(automatic(kvm).accelerator == vmm::Accelerator::tcg);
  kvm.per_second = 1.4e6;
  CHECK(automatic(kvm).why ==
        "no use of KVM here: kernel mode is only emulated, 1.4 million instructions a second");
  kvm.at_breakpoint = Behaviour::fails;  // The speed says more.
  CHECK(automatic(kvm).why.find("only emulated") != std::string::npos);
}

TEST_CASE("a probe that hangs is left in time") {
  FakeKvm kvm;
  kvm.at_timer = Behaviour::hangs;
  const Nanos start = monotonic_now();
  const ir::KvmFacts facts = examine(kvm, 50ms);
  // Waiting for a CPU is not counted: on a crowded machine it takes longer, but it ends.
  CHECK(monotonic_now() - start < 3s);
  CHECK(facts.timer == ir::KvmTrial{TrialOutcome::hung, "no end within 50 ms"});
  CHECK(facts.extended_state.fine());
  kvm.opening = Behaviour::hangs;
  CHECK(examine(kvm, 50ms).opens.outcome == TrialOutcome::hung);
}

TEST_CASE("what was asked for is used, with a warning where that is unwise") {
  FakeKvm kvm;
  kvm.at_breakpoint = Behaviour::fails;
  const ir::KvmFacts bad = examine(kvm);
  CHECK(plan::choose_accelerator(vmm::Accelerator::tcg, bad) ==
        plan::AcceleratorChoice{vmm::Accelerator::tcg, "as asked", {}});
  const plan::AcceleratorChoice forced = plan::choose_accelerator(vmm::Accelerator::kvm, bad);
  CHECK(forced.accelerator == vmm::Accelerator::kvm);
  CHECK(forced.warning.starts_with("KVM is of no use here: int3"));
  FakeKvm good;
  CHECK(plan::choose_accelerator(vmm::Accelerator::kvm, examine(good)).warning.empty());
}

TEST_CASE("KVM is tried once per boot") {
  const TemporaryDirectory directory;
  const std::string memo = directory / "kvm";
  FakeKvm kvm;
  kvm.per_second = 1e6;
  kvm.at_breakpoint = Behaviour::fails;
  const ir::KvmFacts first = examine_once(kvm, memo, "boot-1");
  CHECK(kvm.tried() == 1);
  CHECK(examine_once(kvm, memo, "boot-1") == first);
  CHECK(kvm.tried() == 1);
  kvm.per_second = 1e9;
  CHECK(examine_once(kvm, memo, "boot-2").instructions_per_second == 1e9);
  CHECK(kvm.tried() == 2);
  // Damage is as good as nothing.
  REQUIRE(write_file_atomically(memo, as_bytes("boot-2 nonsense")));
  CHECK(examine_once(kvm, memo, "boot-2").instructions_per_second == 1e9);
  CHECK(kvm.tried() == 3);
  // Without a boot's id nothing can be kept.
  examine_once(kvm, memo, "");
  examine_once(kvm, memo, "");
  CHECK(kvm.tried() == 5);
}

TEST_CASE("what may be otherwise the next time is not kept") {
  const TemporaryDirectory directory;
  FakeKvm kvm;
  kvm.opening = Behaviour::fails;
  CHECK_FALSE(examine_once(kvm, directory / "kvm", "boot").opens.fine());
  kvm.opening = Behaviour::works;
  kvm.at_timer = Behaviour::hangs;
  CHECK_FALSE(examine_once(kvm, directory / "kvm", "boot").timer.fine());
  kvm.at_timer = Behaviour::works;
  CHECK(examine_once(kvm, directory / "kvm", "boot").timer.fine());
}
