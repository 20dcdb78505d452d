// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/loader.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include <sys/signalfd.h>

#include <unistd.h>

#include "bpf/stats_server.h"

extern "C" const std::byte ktstr_fixture_begin[], ktstr_fixture_end[];

namespace ktstr::bpf {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t switch_partial = 1 << 3;        // SCX_OPS_SWITCH_PARTIAL
constexpr std::uint64_t asks_for_restart = 1ULL << 48;  // SCX_ECODE_ACT_RESTART
constexpr unsigned first_error = 1024;                  // SCX_EXIT_ERROR
constexpr std::chrono::milliseconds look_every = 100ms;

std::vector<Statistic> read_statistics(const Object& object) {
  std::uint64_t sums[sizeof(ktstr_counters) / 8] = {};
  ktstr_counters all{};
  if (object.sum_counters("counters", sums)) std::memcpy(&all, sums, sizeof(all));
  return {
      {"dispatched_local", "tasks put on an idle CPU as they woke", all.dispatched_local},
      {"enqueued", "tasks put on a queue of the scheduler's", all.enqueued},
      {"dispatched_global", "tasks taken from such a queue", all.dispatched_global},
      {"stolen", "of these: from the queue of another last-level cache", all.stolen},
      {"hotplugs", "CPUs that came or went", all.hotplugs},
  };
}

/// SIGINT and SIGTERM as something to poll, in place of being killed by them.
int catch_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool told_to_end(int signals) {
  pollfd one{signals, POLLIN, 0};
  return poll(&one, 1, 0) > 0;
}

struct Attached {
  Object& object;
  const ktstr_exit& exit;
  StatsServer& statistics;
  int signals;
  Clock::time_point until;
};

/// Until a signal, the end of its time, or the kernel's. True: of its own will.
bool wait(const Attached& here) {
  while (Clock::now() < here.until) {
    if (const_cast<const volatile unsigned&>(here.exit.kind) != 0) return false;
    std::vector<pollfd> polled = here.statistics.polls();
    polled.push_back({here.signals, POLLIN, 0});
    if (poll(polled.data(), polled.size(), static_cast<int>(look_every.count())) <= 0) continue;
    if (polled.back().revents != 0) return true;
    polled.pop_back();
    here.statistics.serve(polled);
  }
  return true;
}

int refuse(const char* name, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", name, what.c_str());
  return exit_refused;
}

/// One load and its end; `again` tells whether the kernel asked for another.
int run_once(const Fixture& fixture, int signals, bool& again) {
  const Settings& settings = fixture.settings;
  Object object(fixture.name, {ktstr_fixture_begin, ktstr_fixture_end});
  if (!object) return refuse(fixture.name, std::string("cannot be opened: ") + strerror(errno));
  const auto* exit = object.variable<ktstr_exit>(".data.exit", "exit_record");
  if (!exit || (settings.partial && !object.or_flags(switch_partial)) ||
      (settings.timeout_ms && !object.set_timeout_ms(settings.timeout_ms)))
    return refuse(fixture.name, "the object embedded in this binary is not of its own build");
  if (fixture.prepare)
    if (const std::string what = fixture.prepare(object, settings); !what.empty())
      return refuse(fixture.name, what);
  if (const int error = object.load())
    return refuse(fixture.name, std::string("the kernel refuses to load it: ") + strerror(-error));
  if (told_to_end(signals)) return exit_fine;
  if (const int error = object.attach()) {
    if (exit->kind != 0) std::fputs(describe_exit(fixture.name, *exit).c_str(), stderr);
    return refuse(fixture.name, std::string("cannot be attached: ") + strerror(-error));
  }
  if (fixture.attached) fixture.attached(object);
  std::printf("%s: attached\n", fixture.name);
  std::fflush(stdout);

  StatsServer statistics(std::string(fixture.name), [&] { return read_statistics(object); });
  if (!settings.stats.empty())
    if (const std::string what = statistics.listen(settings.stats); !what.empty())
      std::fprintf(stderr, "no statistics: %s\n", what.c_str());
  const auto until =
      settings.exit_after > 0ns ? Clock::now() + settings.exit_after : Clock::time_point::max();
  const bool willing = wait({object, *exit, statistics, signals, until});
  object.detach();
  again = !willing && (static_cast<std::uint64_t>(exit->code) & asks_for_restart);
  std::fputs(describe_exit(fixture.name, *exit).c_str(), stderr);
  return willing && exit->kind < first_error ? exit_fine : exit_ejected;
}

}  // namespace

int run(Fixture& fixture, int argc, char** argv) {
  std::vector<Option> options = fixture.options;
  for (Option& option : common_options(fixture.settings)) options.push_back(std::move(option));
  const std::span<const char* const> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
  if (const std::string mistake = parse_options(arguments, options); !mistake.empty()) {
    refuse(fixture.name, mistake + "; --help lists the options");
    return exit_usage;
  }
  if (fixture.settings.help) {
    std::fputs(help_text(fixture.name, options).c_str(), stdout);
    return exit_fine;
  }
  if (fixture.instead)
    if (const std::optional<int> status = fixture.instead()) return *status;
  const int signals = catch_signals();
  if (signals < 0) return refuse(fixture.name, std::string("signalfd: ") + strerror(errno));
  int status = exit_fine;
  bool again = false;
  do {
    again = false;
    status = run_once(fixture, signals, again);
  } while (again);
  close(signals);
  return status;
}

}  // namespace ktstr::bpf
