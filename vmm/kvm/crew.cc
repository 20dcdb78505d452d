// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/crew.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <pthread.h>
#include <unistd.h>

namespace ktstr::vmm::kvm {
namespace {

/// Real-time signals have no meaning of their own, and glibc keeps those it uses below SIGRTMIN.
int kick_signal() {
  return SIGRTMIN;
}

/// The signal must not kill the process and has nothing to do but to come.
Status accept_kicks() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  if (::sigaction(kick_signal(), &action, nullptr) != 0) return fail_errno("sigaction of SIGRTMIN");
  return {};
}

/// Whatever the thread that started the machine blocks, kicks come through and nothing else does.
void set_signal_mask() {
  sigset_t mask;
  ::sigfillset(&mask);
  ::sigdelset(&mask, kick_signal());
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

}  // namespace

Crew::Crew(std::vector<std::unique_ptr<Runner>> runners) : members_(runners.size()) {
  for (std::size_t i = 0; i < runners.size(); ++i) members_[i].runner = std::move(runners[i]);
}

Status Crew::start() {
  TRY(accept_kicks());
  {
    const std::lock_guard turn(turn_);
    try {
      for (std::size_t i = 0; i < members_.size(); ++i)
        members_[i].thread = std::thread([this, i] { serve(members_[i], i); });
    } catch (const std::system_error& error) {
      return fail_code(error.code().value(), "start the thread of a vCPU",
                       "raise the limit of processes (ulimit -u)");
    }
  }
  std::unique_lock lock(mutex_);
  reports_.wait(lock, [&] {
    return std::ranges::all_of(members_, [](const Member& member) { return member.standing; });
  });
  return {};
}

void Crew::serve(Member& member, std::size_t index) {
  set_signal_mask();
  ::pthread_setname_np(::pthread_self(), ("vcpu " + std::to_string(index)).c_str());
  std::unique_lock lock(mutex_);
  member.id = ::gettid();
  while (want_ != Want::leave) {
    if (member.asked) {
      member.answer = member.runner->registers();
      member.asked = false;
      reports_.notify_all();
    }
    if (want_ == Want::stand) {
      member.standing = true;
      reports_.notify_all();
      // `go` and the next `stand` may both come before this thread is scheduled: it then reports
      // anew.
      commands_.wait(lock,
                     [&] { return want_ != Want::stand || member.asked || !member.standing; });
      continue;
    }
    member.runner->interrupt(false);
    lock.unlock();
    while (!member.runner->turn()) {
    }
    lock.lock();
  }
  member.standing = true;
  reports_.notify_all();
}

/// The flag alone does if the thread is about to enter the guest, the signal if it is inside.
void Crew::fetch(Member& member) {
  member.runner->interrupt(true);
  if (member.id != 0 && !member.standing) ::tgkill(::getpid(), member.id, kick_signal());
}

void Crew::fetch_all() {
  for (Member& member : members_) fetch(member);
  commands_.notify_all();
}

Status Crew::stand(Nanos limit) {
  std::unique_lock lock(mutex_);
  if (want_ == Want::leave) return fail("pause the vCPUs: they have ended");
  want_ = Want::stand;
  fetch_all();
  const auto stands = [](const Member& member) { return member.standing; };
  if (reports_.wait_for(lock, limit, [&] { return std::ranges::all_of(members_, stands); }))
    return {};
  const auto late = std::ranges::find_if_not(members_, stands);
  return fail_code(ETIMEDOUT, "pause the vCPUs: number " + std::to_string(late - members_.begin()) +
                                  " does not stand");
}

void Crew::go() {
  const std::lock_guard lock(mutex_);
  if (want_ != Want::stand || halted_) return;
  want_ = Want::run;
  // A thread that has not been scheduled since must not count as standing in the next pause.
  for (Member& member : members_) member.standing = false;
  commands_.notify_all();
}

void Crew::halt() {
  const std::lock_guard lock(mutex_);
  halted_ = true;
  if (want_ == Want::leave) return;
  want_ = Want::stand;
  fetch_all();
}

void Crew::forgive() {
  const std::lock_guard lock(mutex_);
  halted_ = false;
}

void Crew::dismiss() {
  {
    const std::lock_guard lock(mutex_);
    want_ = Want::leave;
    fetch_all();
  }
  const std::lock_guard turn(turn_);
  {
    // One that was being started a moment ago.
    const std::lock_guard lock(mutex_);
    fetch_all();
  }
  for (Member& member : members_)
    if (member.thread.joinable()) member.thread.join();
}

Result<VcpuRegisters> Crew::registers(GuestCpu cpu, Nanos limit) {
  const std::string what = "read the registers of vCPU " + std::to_string(cpu.raw);
  if (cpu.raw >= members_.size()) return fail(what + ": there is none");
  std::unique_lock lock(mutex_);
  Member& member = members_[cpu.raw];
  if (want_ == Want::leave || member.id == 0) return fail(what + ": it does not run");
  member.asked = true;
  fetch(member);
  commands_.notify_all();
  if (!reports_.wait_for(lock, limit, [&] { return !member.asked || want_ == Want::leave; }))
    return fail_code(ETIMEDOUT, what);
  if (member.asked) return fail(what + ": it has ended");
  return member.answer;
}

std::vector<pid_t> Crew::threads() const {
  const std::lock_guard lock(mutex_);
  std::vector<pid_t> out;
  for (const Member& member : members_)
    if (member.id != 0) out.push_back(member.id);
  return out;
}

}  // namespace ktstr::vmm::kvm
