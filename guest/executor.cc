// SPDX-License-Identifier: GPL-2.0-only
#include "guest/executor.h"

#include <algorithm>
#include <ranges>

#include <sys/timerfd.h>

#include <unistd.h>

#include "base/clock.h"
#include "base/overload.h"
#include "guest/files.h"
#include "guest/validate.h"

namespace ktstr::guest {

Executor::Executor(Loop& loop, Session& session, const Place& place, Arena& arena,
                   ir::Program program)
    : loop_(loop),
      session_(session),
      program_(std::move(program)),
      cgroups_(place.files, place.cgroup_root, program_.cgroup_root, place.online),
      crew_(loop, session, cgroups_, arena,
            {program_.topology, program_.seed, program_.disk ? place.disk : std::string()}),
      payloads_(loop, session, cgroups_, program_.payloads),
      scheduler_(loop, session, place.files,
                 {program_.schedulers, place.sched_ext, program_.outlives_scheduler}),
      knobs_(place.files) {
  crew_.on_other_child([this](const siginfo_t& info) {
    if (!payloads_.reaped(info)) scheduler_.reaped(info);
  });
  scheduler_.on_change([this] { crew_.look_closely(); });
}

Status Executor::run() {
  TRY(validate(program_));
  TRY(put_files(program_.files));
  TRY(crew_.begin());
  TRY(start_sampling());
  Status outcome = steps();
  if (phase_) close_phase();
  Status torn_down = tear_down();
  return outcome ? torn_down : outcome;
}

Status Executor::steps() {
  scheduler_.in_step(ir::backdrop_step);
  for (const auto& [name, value] : program_.sysctls) {
    const std::string path = TRY(sysctl_path(name));
    TRY(knobs_.set(path, text_of(value)));
  }
  if (program_.scheduler) TRY(scheduler_.attach(*program_.scheduler));
  TRY(session_.check());
  if (ir::any_work(program_, &ir::needs_network)) veth_ = TRY(Veth::make());
  TRY(set_up(program_.backdrop.cgroups));
  TRY(do_ops(program_.backdrop.ops, 0));
  TRY(release());
  for (const ir::Step& each : program_.steps) {
    step_ = static_cast<std::uint32_t>(&each - program_.steps.data());
    scheduler_.in_step(step_);
    if (Status done = step(each); !done)
      return fail_within("step `" + each.name + "`", std::move(done).error());
  }
  return {};
}

Status Executor::step(const ir::Step& step) {
  const bool ops_within = !step.hold.has_value() || std::holds_alternative<ir::Repeat>(*step.hold);
  TRY(set_up(step.cgroups));
  if (!ops_within) TRY(do_ops(step.ops, 0));
  TRY(release());
  TRY(settle());
  open_phase(step);
  TRY(hold(step));
  close_phase();
  return end_step();
}

Status Executor::release() {
  unsettled_ |= crew_.release();
  unsettled_ |= TRY(payloads_.release());
  return {};
}

Status Executor::settle() {
  if (!std::exchange(unsettled_, false)) return session_.check();
  return session_.wait_for(program_.settle);
}

Status Executor::hold(const ir::Step& step) {
  if (!step.hold) return do_ops(step.ops, 0);
  return std::visit(Overload{
                        [&](const Share&) -> Status { return fail("the hold is not resolved"); },
                        [&](const Nanos& time) { return session_.wait(phase_->begin + time); },
                        [&](const ir::Repeat& rounds) { return repeat(step, rounds); },
                    },
                    *step.hold);
}

Status Executor::repeat(const ir::Step& step, const ir::Repeat& repeat) {
  const Nanos end = phase_->begin + std::get<Nanos>(repeat.length);
  for (Nanos next = phase_->begin; next < end;) {
    TRY(session_.wait(next));
    TRY(do_ops(step.ops, phase_->rounds));
    ++phase_->rounds;
    next += repeat.every;
    if (const Nanos now = monotonic_now(); now > next) {
      ++phase_->overruns;
      next += (now - next) / repeat.every * repeat.every;
      if (next < now) next += repeat.every;
    }
  }
  return session_.wait(end);
}

void Executor::open_phase(const ir::Step& step) {
  phase_ = ir::Phase{.index = step_, .name = step.name, .begin = monotonic_now()};
  session_.send(wire::PhaseChange{*phase_});
  crew_.open_phase(step_);
  scheduler_.sample(step_);
}

void Executor::close_phase() {
  scheduler_.sample(step_);
  phase_->end = monotonic_now();
  crew_.close_phase();
  session_.send(wire::PhaseChange{*phase_});
  phase_.reset();
}

Status Executor::end_step() {
  // Workers that a scheduler starves cannot even stop; after the last step nothing is measured.
  if (step_ + 1 == program_.steps.size()) scheduler_.finish();
  payloads_.stop([&](const ir::PayloadRun& run) { return run.step == step_; });
  crew_.stop([&](const Crew::Worker& worker) { return worker.member.info().step == step_; });
  std::vector<std::string> made;
  for (const auto& [name, owner] : owners_)
    if (owner == step_) made.push_back(name);
  for (const std::string& name : made | std::views::reverse)
    if (cgroups_.exists(name)) TRY(remove(name));
  return session_.check();
}

Status Executor::tear_down() {
  scheduler_.finish();
  payloads_.stop([](const ir::PayloadRun&) { return true; });
  crew_.stop([](const Crew::Worker&) { return true; });
  crew_.on_other_child([](const siginfo_t&) {});  // These go before the crew.
  loop_.unwatch(timer_.get());
  Status restored = knobs_.restore();
  Status removed = cgroups_.remove_all();
  return restored ? removed : restored;
}

Status Executor::set_up(const std::vector<ir::Cgroup>& cgroups) {
  for (const ir::Cgroup& cgroup : cgroups)
    if (Status made = set_up(cgroup); !made)
      return fail_within("cgroup `" + cgroup.name + "`", std::move(made).error());
  return {};
}

Status Executor::set_up(const ir::Cgroup& cgroup) {
  TRY(session_.check());
  TRY(cgroups_.create(cgroup.name));
  // The cgroups it is nested in are made with it where they are not there.
  for (std::size_t end = cgroup.name.size(); end != std::string::npos && end > 0;
       end = cgroup.name.rfind('/', end - 1))
    owners_.try_emplace(cgroup.name.substr(0, end), step_);
  if (cgroup.cpuset)
    TRY(cgroups_.set_cpus(cgroup.name, std::get<ir::ExactCpus>(*cgroup.cpuset).cpus));
  TRY(cgroups_.limit(cgroup));
  TRY(tell_cpusets(cgroup.name));
  std::uint32_t index = 0;
  for (const ir::WorkGroup& group : cgroup.groups)
    TRY(crew_.add(cgroup.name, index++, step_, group));
  if (cgroup.payload) payloads_.add(*cgroup.payload, cgroup.name, step_);
  return {};
}

Status Executor::remove(const std::string& cgroup) {
  const std::vector<std::string> tree = cgroups_.tree(cgroup);
  const auto goes = [&](const std::string& each) {
    return std::ranges::find(tree, each) != tree.end();
  };
  payloads_.stop([&](const ir::PayloadRun& run) { return goes(run.cgroup); });
  crew_.stop([&](const Crew::Worker& worker) { return goes(worker.cgroup); });
  for (const std::string& each : tree) {
    cgroups_.kill(each);
    TRY(cgroups_.remove(each));
    crew_.forget(each);
    owners_.erase(each);
  }
  return {};
}

Result<Executor::CpusInForce> Executor::cpus_in_force(const std::vector<std::string>& cgroups) {
  CpusInForce out;
  for (const std::string& cgroup : cgroups)
    for (const std::string& each : cgroups_.tree(cgroup))
      out[each] = TRY(cgroups_.effective_cpus(each));
  return out;
}

Status Executor::tell_cpusets(const std::string& cgroup) {
  const Nanos now = monotonic_now();
  const CpusInForce found = TRY(cpus_in_force({cgroup}));
  for (const auto& [name, cpus] : found) session_.send(ir::CpusetInForce{name, now, cpus});
  return {};
}

Status Executor::change_cpusets(const std::vector<std::string>& cgroups,
                                const std::function<Status()>& change) {
  const Nanos begin = monotonic_now();
  CpusInForce before = TRY(cpus_in_force(cgroups));
  TRY(change());
  const CpusInForce after = TRY(cpus_in_force(cgroups));
  const Nanos end = monotonic_now();
  // Until it was done, nobody knows which of the two held.
  for (const auto& [name, cpus] : after)
    session_.send(ir::CpusetInForce{name, begin, before[name] | cpus});
  for (const auto& [name, cpus] : after) session_.send(ir::CpusetInForce{name, end, cpus});
  return {};
}

Status Executor::do_ops(const std::vector<ir::Op>& ops, std::uint32_t round) {
  for (std::uint32_t index = 0; index < ops.size(); ++index) {
    TRY(session_.check());
    ir::OpDone done;
    done.step = step_;
    done.op = index;
    done.round = round;
    done.name = ir::name_of(ops[index]);
    done.at = monotonic_now();
    Status performed = std::visit([this](const auto& op) { return perform(op); }, ops[index]);
    // Workers begin together before the step's phase, and at once within it.
    if (performed && phase_) performed = release();
    done.took = monotonic_now() - done.at;
    if (!performed) done.error = describe(performed.error());
    session_.send(done);
    if (!performed)
      return fail_within("op " + std::to_string(index + 1) + " (" + done.name + ")",
                         performed.error());
  }
  return {};
}

Status Executor::start_sampling() {
  timer_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer_) return fail_errno("timerfd_create");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(program_.sample_every);
  const timespec every{seconds.count(), (program_.sample_every - seconds).count()};
  const itimerspec times{every, every};
  if (::timerfd_settime(timer_.get(), 0, &times, nullptr) != 0)
    return fail_errno("timerfd_settime");
  return loop_.watch(timer_.get(), [this] {
    std::uint64_t expired = 0;
    if (::read(timer_.get(), &expired, sizeof expired) != sizeof expired) return;
    const std::uint32_t phase = step_ == ir::backdrop_step ? 0 : step_;
    crew_.sample(phase);
    scheduler_.sample(phase);
    payloads_.flush();
  });
}

Status converse(Loop& loop, Session& session, const Place& place, const wire::Hello& hello,
                Nanos patience) {
  session.send(hello);
  Status outcome;
  Result<ir::Program> program = session.program(patience);
  if (program) {
    Arena arena = TRY(Arena::make());
    Executor executor(loop, session, place, arena, std::move(*program));
    outcome = executor.run();
  } else {
    outcome = tl::unexpected(std::move(program).error());
  }
  constexpr Nanos farewell = 10s;
  session.finish(outcome ? std::string() : describe(outcome.error()), farewell);
  return outcome;
}

}  // namespace ktstr::guest
