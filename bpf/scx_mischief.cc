// SPDX-License-Identifier: GPL-2.0-only
// A FIFO that misbehaves on command: scx_mischief.bpf.c says how, and what must catch it.
#include <unistd.h>

#include "bpf/loader.h"
#include "bpf/mischief_options.h"

namespace {

constexpr unsigned longest_watchdog_ms = 30'000;  // The kernel's, if none is asked for.
constexpr unsigned past_it_ms = 500;

std::string prepare(ktstr::bpf::Object& object, const ktstr::bpf::Settings& settings,
                    const ktstr::bpf::MischiefRequest& request, unsigned cpus) {
  auto* control = object.variable<ktstr_mischief>(".data.mischief", "mischief");
  auto* count = object.variable<unsigned>(".rodata", "cpus");
  auto* tgid = object.variable<int>(".rodata", "loader_tgid");
  auto* loop = object.variable<unsigned long long>(".rodata", "loop_ns");
  if (!control || !count || !tgid || !loop ||
      (request.refused && !object.set_callback("dispatch", request.refused)))
    return "the object embedded in this binary is not of its own build";
  const unsigned watchdog = settings.timeout_ms ? settings.timeout_ms : longest_watchdog_ms;
  *control = request.control;
  *count = cpus;
  *tgid = getpid();
  *loop = (watchdog + past_it_ms) * 1'000'000ULL;
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto cpus = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_CONF));
  ktstr::bpf::MischiefRequest request;
  ktstr::bpf::Fixture fixture{.name = "scx_mischief"};
  fixture.options = mischief_options(request, fixture.settings, cpus);
  fixture.prepare = [&](ktstr::bpf::Object& object, const ktstr::bpf::Settings& settings) {
    return prepare(object, settings, request, cpus);
  };
  return ktstr::bpf::run(fixture, argc, argv);
}
