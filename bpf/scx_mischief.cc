// SPDX-License-Identifier: GPL-2.0-only
// A FIFO that misbehaves on command: scx_mischief.bpf.c says how, and what must catch it.
#include <cstdio>
#include <ctime>

#include <unistd.h>

#include "bpf/loader.h"
#include "bpf/mischief_options.h"
#include "bpf/running_map.h"

namespace {

using ktstr::bpf::Object;

/// The kernel looks for stalls every half of the limit, and a loop starts at any time in between.
constexpr unsigned long long loop_ns(unsigned watchdog_ms) {
  return (2ULL * watchdog_ms + 500) * 1'000'000;
}

std::string prepare(Object& object, const ktstr::bpf::Settings& settings,
                    const ktstr::bpf::MischiefRequest& request, unsigned cpus) {
  auto* control = object.variable<ktstr_mischief>(".data.mischief", "mischief");
  auto* count = object.variable<unsigned>(".rodata", "cpus");
  auto* tgid = object.variable<int>(".rodata", "loader_tgid");
  auto* loop = object.variable<unsigned long long>(".rodata", "loop_ns");
  if (!control || !count || !tgid || !loop ||
      (request.refused && !object.set_callback("dispatch", request.refused)))
    return "the object embedded in this binary is not of its own build";
  if (request.control.loop_in_dispatch && settings.timeout_ms > ktstr::bpf::loop_timeout_most_ms)
    return "--loop-in-dispatch goes with a --timeout-ms of at most 8000";
  *control = request.control;
  *count = cpus;
  *tgid = getpid();
  *loop = loop_ns(settings.timeout_ms ? settings.timeout_ms : ktstr::bpf::loop_timeout_ms);
  return {};
}

void start_clock(Object& object) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  *object.variable<unsigned long long>(".bss", "attached_at") =
      static_cast<unsigned long long>(now.tv_sec) * 1'000'000'000 +
      static_cast<unsigned long long>(now.tv_nsec);
}

int command(const ktstr::bpf::MischiefRequest& request) {
  const std::string what =
      request.refused ? "--command comes too late for a load to be refused"
                      : ktstr::bpf::write_running_map(
                            ".data.mischief", std::as_bytes(std::span(&request.control, 1)));
  if (what.empty()) return ktstr::bpf::exit_fine;
  std::fprintf(stderr, "scx_mischief: %s\n", what.c_str());
  return ktstr::bpf::exit_refused;
}

}  // namespace

int main(int argc, char** argv) {
  const auto cpus = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_CONF));
  ktstr::bpf::MischiefRequest request;
  ktstr::bpf::Fixture fixture{.name = "scx_mischief"};
  fixture.options = mischief_options(request, fixture.settings, cpus);
  fixture.prepare = [&](Object& object, const ktstr::bpf::Settings& settings) {
    return prepare(object, settings, request, cpus);
  };
  fixture.attached = start_clock;
  fixture.instead = [&] {
    return request.command ? std::optional(command(request)) : std::nullopt;
  };
  return ktstr::bpf::run(fixture, argc, argv);
}
