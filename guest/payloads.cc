// SPDX-License-Identifier: GPL-2.0-only
#include "guest/payloads.h"

#include <algorithm>
#include <array>
#include <utility>

#include <sys/timerfd.h>

#include <unistd.h>

#include "base/clock.h"
#include "guest/program.h"

namespace ktstr::guest {
namespace {

constexpr std::size_t most_of_one = std::size_t{4} << 20;
constexpr std::size_t most_of_all = std::size_t{32} << 20;
constexpr std::size_t piece = 32 * 1024;
/// Between asking a payload to end and killing it, and for its death.
constexpr Nanos stop_patience = 2s, kill_patience = 2s;

}  // namespace

struct Payloads::Live {
  ir::PayloadRun run;
  Program program;
  Fd timer{};
  std::array<std::string, 2> pending{};  ///< Of standard output and error, not told yet.
  std::size_t kept = 0;
  bool expired = false;  ///< Its own time was over.
  bool told_to_end = false;
};

Payloads::Payloads(Loop& loop, Session& session, Cgroups& cgroups,
                   std::vector<ir::GuestPayload> known)
    : loop_(loop), session_(session), cgroups_(cgroups), known_(std::move(known)) {}

Payloads::~Payloads() {
  for (const auto& [number, live] : live_)
    if (live->timer) loop_.unwatch(live->timer.get());
}

Status Payloads::start(const std::string& name, const std::string& cgroup, std::uint32_t step) {
  const auto known = std::ranges::find(known_, name, &ir::GuestPayload::name);
  if (known == known_.end()) return fail("there is no payload `" + name + "`");
  const std::uint32_t number = next_run_++;
  ir::PayloadRun run{
      .run = number, .payload = name, .cgroup = cgroup, .step = step, .started = monotonic_now()};
  auto live = std::unique_ptr<Live>(new Live{
      std::move(run), Program(loop_, [this, number](Program::Stream stream, std::string_view text) {
        // One that dies on the way into its cgroup is not known yet.
        if (const auto found = live_.find(number); found != live_.end())
          keep(*found->second, stream == Program::Stream::err, text);
      })});
  const std::string& program = known->argv[0];
  Status started = live->program.start(
      {.argv = known->argv,
       .directory = program.substr(0, std::max<std::size_t>(program.rfind('/'), 1)),
       .place = [&](pid_t pid) { return cgroups_.add(cgroup, pid); }});
  if (started && known->timeout) started = set_timer(*live, *known->timeout);
  if (!started) {
    live->run.end = ir::PayloadEnd::refused;
    live->run.error = describe(started.error());
    finish(*live);
    return fail_within("start the payload `" + name + "`", std::move(started).error());
  }
  session_.send(live->run);
  live_[number] = std::move(live);
  return {};
}

void Payloads::add(std::string name, std::string cgroup, std::uint32_t step) {
  waiting_.push_back({std::move(name), std::move(cgroup), step});
}

Result<bool> Payloads::release() {
  const std::vector<Waiting> waiting = std::exchange(waiting_, {});
  for (const Waiting& each : waiting) TRY(start(each.name, each.cgroup, each.step));
  return !waiting.empty();
}

Status Payloads::wait(const std::string& name, std::optional<Nanos> patience) {
  const auto runs = [&] {
    return any([&](const ir::PayloadRun& run) { return run.payload == name; });
  };
  constexpr Nanos endless = 24h;
  const Nanos limit = patience.value_or(endless);
  loop_.run(monotonic_now() + limit, [&] { return !runs() || !session_.check(); });
  TRY(session_.check());
  if (runs()) return fail("`" + name + "` still runs after " + std::to_string(limit / 1ms) + " ms");
  return {};
}

void Payloads::stop(const Filter& filter) {
  std::erase_if(waiting_, [&](const Waiting& each) { return filter(each.run()); });
  std::vector<std::uint32_t> asked;
  for (const auto& [number, live] : live_)
    if (filter(live->run)) asked.push_back(number);
  const auto gone = [&] {
    return std::ranges::none_of(asked, [&](auto number) { return live_.contains(number); });
  };
  const std::pair<int, Nanos> strengths[] = {{SIGTERM, stop_patience}, {SIGKILL, kill_patience}};
  for (const auto& [signal, patience] : strengths) {
    if (gone()) return;
    for (const std::uint32_t number : asked) {
      const auto found = live_.find(number);
      if (found == live_.end()) continue;
      found->second->told_to_end = true;
      found->second->program.signal_group(signal);
    }
    loop_.run(monotonic_now() + patience, gone);
  }
  for (const std::uint32_t number : asked) {
    const auto found = live_.find(number);
    if (found == live_.end()) continue;
    found->second->run.error = "it does not die of SIGKILL";
    finish(*found->second);
  }
}

void Payloads::moved(const std::string& from, const std::string& to) {
  for (const auto& [number, live] : live_)
    if (live->run.cgroup == from) live->run.cgroup = to;
}

bool Payloads::any(const Filter& filter) const {
  return std::ranges::any_of(waiting_, [&](const Waiting& each) { return filter(each.run()); }) ||
         std::ranges::any_of(live_, [&](const auto& each) { return filter(each.second->run); });
}

Status Payloads::set_timer(Live& live, Nanos after) {
  if (!live.timer) {
    live.timer = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!live.timer) return fail_errno("timerfd_create");
    TRY(loop_.watch(live.timer.get(),
                    [this, number = live.run.run] { expire(*live_.at(number)); }));
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(after);
  const itimerspec times{{}, {seconds.count(), (after - seconds).count()}};
  if (::timerfd_settime(live.timer.get(), 0, &times, nullptr) != 0)
    return fail_errno("timerfd_settime");
  return {};
}

/// First it may still write what it has; what does not end then is killed.
void Payloads::expire(Live& live) {
  std::uint64_t times = 0;
  if (::read(live.timer.get(), &times, sizeof times) != sizeof times) return;
  live.program.signal_group(live.expired ? SIGKILL : SIGTERM);
  if (std::exchange(live.expired, true)) return;
  if (!set_timer(live, stop_patience)) live.program.signal_group(SIGKILL);
}

void Payloads::keep(Live& live, bool is_error, std::string_view text) {
  const std::size_t room =
      std::min(most_of_one - live.kept, most_of_all - std::min(kept_, most_of_all));
  const std::string_view some = text.substr(0, room);
  live.run.dropped += text.size() - some.size();
  live.kept += some.size();
  kept_ += some.size();
  std::string& pending = live.pending[is_error ? 1 : 0];
  pending += some;
  if (pending.size() >= piece) flush(live);
}

void Payloads::flush(Live& live) {
  for (const bool is_error : {false, true})
    if (std::string& pending = live.pending[is_error ? 1 : 0]; !pending.empty())
      session_.send(ir::PayloadOutput{live.run.run, is_error, std::exchange(pending, {})});
}

void Payloads::flush() {
  for (const auto& [number, live] : live_) flush(*live);
}

/// Tells of its end and forgets it.
void Payloads::finish(Live& live) {
  live.run.ended = monotonic_now();
  if (live.timer) loop_.unwatch(live.timer.get());
  flush(live);
  session_.send(live.run);
  live_.erase(live.run.run);
}

bool Payloads::reaped(const siginfo_t& info) {
  const auto found = std::ranges::find_if(
      live_, [&](const auto& each) { return each.second->program.reaped(info); });
  if (found == live_.end()) return false;
  Live& live = *found->second;
  const Program::End& end = *live.program.end();
  live.run.exit_code = end.code;
  live.run.exit_signal = end.signal;
  live.run.end = live.expired       ? ir::PayloadEnd::timed_out
                 : live.told_to_end ? ir::PayloadEnd::stopped
                 : end.signal != 0  ? ir::PayloadEnd::signalled
                                    : ir::PayloadEnd::exited;
  finish(live);
  return true;
}

}  // namespace ktstr::guest
