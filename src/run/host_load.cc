// SPDX-License-Identifier: GPL-2.0-only
#include "run/host_load.h"

#include <string>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>
#include <time.h>
#include <unistd.h>

namespace ktstr::run {
namespace {

constexpr std::int64_t period_ns = 10'000'000;

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

/// Only calls that are safe in the child of a process with threads.
[[noreturn]] void burn(pid_t parent, std::int64_t busy_ns) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  ::close_range(3, ~0U, 0);   // Neither locks nor sockets of ours may outlive us in it.
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C is for ktstr-run, which ends us.
  while (true) {
    const std::int64_t begin = now_ns();
    while (now_ns() - begin < busy_ns) {
    }
    if (busy_ns >= period_ns) continue;
    const timespec rest{0, static_cast<long>(period_ns - busy_ns)};
    ::nanosleep(&rest, nullptr);
  }
}

}  // namespace

HostLoad::~HostLoad() {
  end_if([](const Origin&) { return true; });
}

Status HostLoad::start(Origin origin, std::uint32_t count, Share load) {
  end_if([&](const Origin& each) { return each == origin; });
  if (count > most - children_.size())
    return fail("start " + std::to_string(count) + " processes on the host: at most " +
                std::to_string(most) + " may run at once");
  const auto busy = static_cast<std::int64_t>(load.fraction * static_cast<double>(period_ns));
  const pid_t self = ::getpid();
  for (std::uint32_t i = 0; i < count; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) burn(self, busy);
    if (pid < 0) return fail_errno("start a process on the host");
    children_.push_back({pid, origin});
  }
  return {};
}

void HostLoad::end(std::uint32_t step) {
  end_if([&](const Origin& each) { return each.step == step; });
}

void HostLoad::end_if(const std::function<bool(const Origin&)>& ends) {
  const auto goes = [&](const Child& child) { return ends(child.origin); };
  for (const Child& child : children_)
    if (goes(child)) ::kill(child.pid, SIGKILL);
  for (const Child& child : children_)
    if (goes(child)) ::waitpid(child.pid, nullptr, 0);
  std::erase_if(children_, goes);
}

}  // namespace ktstr::run
