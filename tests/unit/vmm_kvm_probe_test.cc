// SPDX-License-Identifier: GPL-2.0-only
// The trials on this host's KVM, whatever it is worth: each must end in time with an answer.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "base/clock.h"
#include "vmm/kvm/probe.h"

using namespace ktstr;
using namespace ktstr::vmm::kvm;

namespace {

void report(const char* what, const Status& status) {
  UNSCOPED_INFO(what << ": " << (status ? "works" : describe(status.error())));
  if (!status) CHECK_FALSE(status.error().what.empty());
}

}  // namespace

TEST_CASE("a device that is no KVM is refused") {
  CHECK_FALSE(Probe::open("/dev/null"));
  CHECK_FALSE(Probe::open("/dev/does-not-exist"));
}

TEST_CASE("every trial ends with an answer") {
  const Result<Probe> probe = Probe::open();
  if (!probe) SKIP(describe(probe.error()));
  const Nanos start = read_clock(CLOCK_THREAD_CPUTIME_ID);
  const Result<double> speed = probe->speed();
  // Any KVM executes something; what is faster than 100 GHz was not measured.
  REQUIRE(speed);
  CHECK(*speed > 1e3);
  CHECK(*speed < 1e11);
  const Status breakpoint = probe->breakpoint();
  const Status state = probe->extended_state();
  const Status timer = probe->timer();
  report("int3", breakpoint);
  report("xrstors", state);
  report("timer", timer);
  CHECK(read_clock(CLOCK_THREAD_CPUTIME_ID) - start < 100ms);
  // A KVM that runs kernel mode on the processor does all of it, in any order.
  if (*speed < 20e6) {
    WARN("this host's KVM emulates kernel mode, " << *speed / 1e6 << " million instructions/s");
    return;
  }
  CHECK(timer);
  CHECK(probe->breakpoint());
  CHECK((probe->extended_state() || state.error().code == ENOTSUP));
  CHECK(probe->speed());
}

TEST_CASE("instructions of a loop cut short are counted") {
  kvm_regs registers{};
  registers.rip = 0x100105;
  registers.rcx = 99'000;
  CHECK(vmm::x86_64::executed(registers) == 2000);
  registers.rip = 0x100100;  // Before the counter was set.
  CHECK(vmm::x86_64::executed(registers) == 0);
  registers.rip = 0x1000;
  CHECK(vmm::x86_64::executed(registers) == 0);
}
