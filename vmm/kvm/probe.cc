// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/probe.h"

#include <cerrno>
#include <csignal>

#include <sys/syscall.h>

#include <time.h>
#include <unistd.h>

#include "base/clock.h"

namespace ktstr::vmm::kvm {
namespace {

using x86_64::Trial;

constexpr Nanos trial_limit = 5ms;
constexpr std::uint32_t feature_leaf = 1;
constexpr std::uint32_t feature_xsave = 1 << 26;  // ECX.
constexpr std::uint32_t state_leaf = 0xd;
constexpr std::uint32_t state_xsaves = 1 << 3;  // EAX of subleaf 1.

/// Interrupts what the calling thread waits in, first after `limit` and then again and again: an
/// interrupt that comes before the wait must not be the only one.
class Alarm {
 public:
  explicit Alarm(Nanos limit) {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // Without SA_RESTART.
    ::sigaction(SIGALRM, &action, &previous_);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGALRM;
    event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
    created_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    if (!created_) return;
    itimerspec times{};
    times.it_value.tv_nsec = static_cast<long>(limit.count());
    times.it_interval.tv_nsec = static_cast<long>(Nanos(1ms).count());
    armed_ = ::timer_settime(timer_, 0, &times, nullptr) == 0;
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() {
    if (created_) ::timer_delete(timer_);
    ::sigaction(SIGALRM, &previous_, nullptr);
  }
  [[nodiscard]] bool armed() const { return armed_; }

 private:
  struct sigaction previous_ {};
  timer_t timer_{};  // The first one is 0.
  bool created_ = false;
  bool armed_ = false;
};

std::string what_happened(const kvm_run& exit) {
  switch (exit.exit_reason) {
    case KVM_EXIT_IO:
      return "the guest went astray";
    case KVM_EXIT_SHUTDOWN:
      return "the guest shut down by a triple fault";
    case KVM_EXIT_INTERNAL_ERROR:
      return exit.internal.suberror == KVM_INTERNAL_ERROR_EMULATION
                 ? "KVM cannot emulate an instruction"
                 : "KVM has internal error " + std::to_string(exit.internal.suberror);
    case KVM_EXIT_FAIL_ENTRY:
      return "the processor refuses to enter the guest";
    default:
      return "the guest left with exit reason " + std::to_string(exit.exit_reason);
  }
}

bool has_ended(const Vcpu& vcpu, Trial trial) {
  const kvm_run& exit = vcpu.exit();
  if (exit.exit_reason != KVM_EXIT_IO || exit.io.port != x86_64::trial_port) return false;
  const ByteSpan bytes = vcpu.port_bytes();
  return bytes.size() == 1 && bytes[0] == static_cast<std::byte>(trial);
}

}  // namespace

Result<Probe> Probe::open(const std::string& device) {
  const Kvm kvm = TRY(Kvm::open(device));
  topology::Topology topology{.nodes = {{.llcs = 1, .memory = x86_64::trial_memory}}};
  topology.cores = 1;
  Ram ram = TRY(Ram::create("ktstr-probe", topology));
  TRY(x86_64::place_trials(ram));
  Vm vm = TRY(kvm.create_vm());
  TRY(vm.set_up_x86(x86_64::ioapic_pins));
  std::uint32_t slot = 0;
  for (const GuestRange& range : ram.ranges())
    TRY(vm.add_memory(slot++, range.start, *ram.memory().span(range.start, range.size.count)));
  Vcpu vcpu = TRY(vm.create_vcpu(0));
  const std::vector<x86_64::CpuidLeaf> leaves = TRY(kvm.supported_cpuid());
  TRY(vcpu.set_cpuid(leaves));

  Probe out(std::move(ram), std::move(vm), std::move(vcpu));
  for (const x86_64::CpuidLeaf& leaf : leaves) {
    if (leaf.leaf == feature_leaf) out.has_xsave_ = (leaf.ecx & feature_xsave) != 0;
    if (leaf.leaf == state_leaf && leaf.subleaf == 1)
      out.has_xsaves_ = (leaf.eax & state_xsaves) != 0;
  }
  return out;
}

Result<double> Probe::speed(Nanos limit) const {
  TRY(x86_64::set_trial(vcpu_, Trial::speed, has_xsave_));
  const Alarm alarm(limit);
  if (!alarm.armed()) return fail_errno("set a timer");
  const Nanos start = read_clock(CLOCK_THREAD_CPUTIME_ID);
  int code = EINTR;
  Nanos used{0};
  // The alarm rings by the clock on the wall; a thread that had to wait for a CPU tries on.
  for (const Deadline deadline(20 * limit); code == EINTR && used < limit && !deadline.passed();
       used = read_clock(CLOCK_THREAD_CPUTIME_ID) - start)
    code = vcpu_.run();
  if (code != 0 && code != EINTR) return fail_code(code, "KVM_RUN");
  std::uint64_t count = x86_64::trial_instructions;
  if (code == EINTR)
    count = x86_64::executed(TRY(vcpu_.registers()));
  else if (!has_ended(vcpu_, Trial::speed))
    return fail("run a loop in kernel mode: " + what_happened(vcpu_.exit()));
  if (count == 0) return fail("run a loop in kernel mode: nothing was executed");
  return static_cast<double>(count) / std::chrono::duration<double>(used).count();
}

Status Probe::breakpoint() const {
  return pass(Trial::breakpoint, "int3");
}

Status Probe::extended_state() const {
  if (!has_xsave_) return fail_code(ENOTSUP, "xrstor");
  return has_xsaves_ ? pass(Trial::compacted_state, "xrstors")
                     : pass(Trial::standard_state, "xrstor");
}

Status Probe::timer() const {
  return pass(Trial::timer, "a timer interrupt");
}

Status Probe::pass(Trial trial, std::string_view what) const {
  TRY(x86_64::set_trial(vcpu_, trial, has_xsave_));
  const Alarm alarm(trial_limit);
  if (!alarm.armed()) return fail_errno("set a timer");
  int code = EINTR;
  // The second time an interrupt that was due is delivered, however late the host let us run.
  for (int attempt = 0; code == EINTR && attempt < 3; ++attempt) code = vcpu_.run();
  if (code == EINTR) return fail(std::string(what) + ": no end");
  if (code != 0) return fail_code(code, std::string(what) + ": KVM_RUN");
  if (!has_ended(vcpu_, trial)) return fail(std::string(what) + ": " + what_happened(vcpu_.exit()));
  return {};
}

}  // namespace ktstr::vmm::kvm
