// SPDX-License-Identifier: GPL-2.0-only
#include "guest/crew.h"

#include <algorithm>
#include <climits>

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "guest/affinity.h"
#include "guest/futex.h"
#include "guest/launch.h"
#include "guest/policy.h"
#include "guest/work/nests.h"

namespace ktstr::guest {
namespace {

constexpr Nanos stop_patience = 2s, kill_patience = 2s, signal_again = 50ms;

}  // namespace

Crew::Crew(Loop& loop, Session& session, Cgroups& cgroups, Arena& arena, Plan plan)
    : loop_(loop),
      session_(session),
      cgroups_(cgroups),
      arena_(arena),
      plan_(std::move(plan)),
      random_(plan_.seed),
      batch_(arena.gate().load() + 1) {}

Crew::~Crew() {
  stop([](const Worker&) { return true; });
  if (children_) loop_.unwatch(children_.get());
}

Status Crew::begin() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  children_ = Fd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!children_) return fail_errno("signalfd");
  return loop_.watch(children_.get(), [this] { reap(); });
}

Crew::Worker* Crew::find(std::uint32_t id) {
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : found->second.get();
}

std::uint32_t Crew::next_group(const std::string& cgroup) const {
  const auto found = next_groups_.find(cgroup);
  return found == next_groups_.end() ? 0 : found->second;
}

void Crew::forget(const std::string& cgroup) {
  frozen_.erase(cgroup);
  next_groups_.erase(cgroup);
}

bool Crew::release() {
  const Nanos now = monotonic_now();
  bool any = false;
  for (auto& [id, worker] : workers_) {
    if (worker->member.begun() || worker->member.stopped()) continue;
    worker->member.begin(now);
    if (phase_) worker->member.open_phase(*phase_, now);
    any = true;
  }
  arena_.gate().store(batch_++, std::memory_order_release);
  futex_wake(arena_.gate(), INT_MAX);
  return any;
}

void Crew::stop(const Filter& filter) {
  std::vector<std::uint32_t> asked;
  const Nanos now = monotonic_now();
  for (auto& [id, worker] : workers_) {
    if (!filter(*worker)) continue;
    // Of a thread nothing can be read once it has ended.
    if (worker->tid != worker->pid && worker->member.begun()) worker->member.look(now);
    worker->member.stop(now);
    asked.push_back(id);
  }
  const auto gone = [&] {
    return std::ranges::none_of(asked, [&](auto id) { return find(id) != nullptr; });
  };
  const auto signal = [&](int number) {
    for (const std::uint32_t id : asked)
      // A frozen worker cannot do as it is told.
      if (Worker* worker = find(id)) {
        if (worker->member.frozen())
          ::kill(worker->pid, SIGKILL);
        else
          ::tgkill(worker->pid, worker->tid, number);
      }
  };
  // Signals may come just before a call blocks, so they are sent until they have worked.
  while (!gone() && monotonic_now() < now + stop_patience) {
    signal(stop_signal);
    loop_.run(std::min(now + stop_patience, monotonic_now() + signal_again), gone);
  }
  if (gone()) return;
  for (const std::uint32_t id : asked)
    if (Worker* worker = find(id)) {
      worker->killed = true;
      ::kill(-worker->pid, SIGKILL);
      ::kill(worker->pid, SIGKILL);
    }
  loop_.run(monotonic_now() + kill_patience, gone);
  for (const std::uint32_t id : asked)
    if (Worker* worker = find(id)) {
      // Stuck in the kernel. Its slab is not used again.
      worker->member.note_error("it does not die of SIGKILL");
      worker->member.end(ir::WorkerEnd::killed, SIGKILL, monotonic_now());
      report(worker->member.report());
      workers_.erase(id);
    }
}

void Crew::reap() {
  signalfd_siginfo ignored;
  while (::read(children_.get(), &ignored, sizeof ignored) > 0) {
  }
  while (true) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    std::vector<std::uint32_t> ended;
    for (const auto& [id, worker] : workers_)
      if (worker->pid == info.si_pid) ended.push_back(id);
    for (const std::uint32_t id : ended) finish(id, info);
    if (ended.empty()) other_child_(info);
    ::waitpid(info.si_pid, nullptr, 0);
  }
}

void Crew::finish(std::uint32_t id, const siginfo_t& info) {
  const std::unique_ptr<Worker> worker = std::move(workers_.extract(id).mapped());
  ::kill(-worker->pid, SIGKILL);  // Its children, while its pid is still its own.
  Member& member = worker->member;
  const bool exited = info.si_code == CLD_EXITED;
  const bool by_us = worker->killed || (member.stopped() && member.frozen());
  ir::WorkerEnd how = exited ? ir::WorkerEnd::exited : ir::WorkerEnd::signalled;
  if (worker->killed)
    how = ir::WorkerEnd::killed;
  else if (member.stopped() && ((exited && info.si_status == 0) || by_us))
    how = ir::WorkerEnd::stopped;
  if (!exited && !by_us && info.si_status == SIGKILL && cgroups_.oom_kills(worker->cgroup) > 0)
    member.note_error("the kernel killed it for lack of memory (memory.events of `" +
                      worker->cgroup + "`)");
  member.end(how, info.si_status, monotonic_now());
  report(member.report());
  if (how == ir::WorkerEnd::signalled)
    session_.abandon({"worker " + std::to_string(id) + " in `" + worker->cgroup +
                          "` was ended by signal " + std::to_string(info.si_status),
                      0,
                      {}});
  arena_.give_back(&member.slab());
}

void Crew::report(const ir::WorkerReport& report) {
  // A report of very many phases comes in parts, so that each fits a frame.
  constexpr std::size_t slices_per_part = 64;
  for (std::size_t from = 0; from == 0 || from < report.slices.size(); from += slices_per_part) {
    const std::size_t to = std::min(from + slices_per_part, report.slices.size());
    ir::WorkerReport part = report;
    part.slices.assign(report.slices.begin() + static_cast<std::ptrdiff_t>(from),
                       report.slices.begin() + static_cast<std::ptrdiff_t>(to));
    session_.send(std::move(part));
  }
}

void Crew::open_phase(std::uint32_t phase) {
  phase_ = phase;
  update_nodes();
  for (auto& [id, worker] : workers_)
    if (worker->member.begun() && !worker->member.stopped())
      worker->member.open_phase(phase, monotonic_now());
}

void Crew::close_phase() {
  phase_.reset();
  update_nodes();
  for (auto& [id, worker] : workers_)
    if (worker->member.in_phase()) worker->member.close_phase(monotonic_now());
}

void Crew::sample(std::uint32_t phase) {
  constexpr std::uint64_t full_every = 10;
  const Depth depth = samples_++ % full_every == 0 ? Depth::full : Depth::quick;
  if (depth == Depth::full) update_nodes();
  ir::Sample sample;
  sample.at = monotonic_now();
  sample.phase = phase;
  for (auto& [id, worker] : workers_)
    if (worker->member.begun() && !worker->member.stopped())
      sample.workers.push_back(worker->member.sample(monotonic_now(), depth));
  session_.send(std::move(sample));
}

bool Crew::any(const Filter& filter) const {
  return std::ranges::any_of(workers_, [&](const auto& entry) { return filter(*entry.second); });
}

void Crew::look_closely() {
  const Nanos now = monotonic_now();
  for (auto& [id, worker] : workers_)
    if (worker->member.begun() && !worker->member.stopped()) worker->member.look(now);
}

Status Crew::set_policy(const std::string& cgroup, const ir::Policy& policy) {
  for (auto& [id, worker] : workers_)
    if (worker->cgroup == cgroup) TRY(apply_policy(worker->tid, policy));
  look_closely();
  return {};
}

Status Crew::set_nice(const std::string& cgroup, int nice) {
  for (auto& [id, worker] : workers_)
    if (worker->cgroup == cgroup) TRY(apply_nice(worker->tid, nice));
  return {};
}

Status Crew::set_affinity(const std::string& cgroup, const ir::Affinity& affinity) {
  const bool inherits = std::holds_alternative<ir::InheritAffinity>(affinity);
  for (auto& [id, worker] : workers_) {
    if (worker->cgroup != cgroup) continue;
    const topology::CpuSet pool = TRY(pool_of(*worker));
    if (inherits && worker->node)
      note(*worker, bind_thread(worker->tid, pool));
    else if (inherits)
      // All CPUs: the kernel reduces it to what the cgroup allows, now and later.
      TRY(bind(*worker, ir::SpanningAffinity{}, pool));
    else
      TRY(bind(*worker, affinity, pool));
  }
  return {};
}

Status Crew::move(const std::string& from, const std::string& to) {
  if (cgroups_.exists(from + "/" + nest_name(0)))
    return fail("move the tasks of `" + from + "`, whose work is to move between cgroups");
  // Workers' children may be born while their parents move.
  constexpr int most_passes = 5;
  std::map<pid_t, Nanos> begun;
  for (int pass = 0; pass < most_passes; ++pass) {
    const std::vector<pid_t> pids = TRY(cgroups_.processes(from));
    if (pids.empty()) break;
    for (const pid_t pid : pids) {
      begun.try_emplace(pid, monotonic_now());
      TRY(cgroups_.add(to, pid));
    }
  }
  const Nanos now = monotonic_now();
  for (auto& [id, worker] : workers_) {
    if (worker->cgroup != from) continue;
    worker->cgroup = to;
    // From the beginning of its own move on, it may be seen where it goes to.
    const auto since = begun.find(worker->pid);
    session_.send(ir::Move{id, to, since == begun.end() ? now : since->second});
  }
  update_frozen(now);
  return {};
}

/// Where memory is near is for the cpusets in force to say.
void Crew::update_nodes() {
  if (plan_.topology.nodes.size() < 2) return;
  std::map<std::string, topology::CpuSet> near;
  for (auto& [id, worker] : workers_) {
    const auto [known, is_new] = near.try_emplace(worker->cgroup);
    if (is_new)
      for (const std::uint32_t cpu :
           cgroups_.effective_cpus(worker->cgroup).value_or(plan_.topology.all_cpus()).members())
        if (cpu < plan_.topology.cpu_count()) known->second.add(plan_.topology.node_of_cpu(cpu));
    worker->member.set_near(known->second);
  }
}

void Crew::update_frozen(Nanos now) {
  const auto is_frozen = [&](const std::string& cgroup) {
    return std::ranges::any_of(frozen_, [&](const std::string& each) {
      return cgroup == each || cgroup.starts_with(each + "/");
    });
  };
  for (auto& [id, worker] : workers_) worker->member.set_frozen(is_frozen(worker->cgroup), now);
}

Status Crew::set_frozen(const std::string& cgroup, bool frozen) {
  // Before the kernel does it: a thawed worker must not find its frozen time uncounted.
  if (frozen)
    frozen_.insert(cgroup);
  else
    frozen_.erase(cgroup);
  update_frozen(monotonic_now());
  return cgroups_.freeze(cgroup, frozen);
}

}  // namespace ktstr::guest
