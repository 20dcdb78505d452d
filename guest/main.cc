// SPDX-License-Identifier: GPL-2.0-only
// The guest's /init. As PID 1 it makes the machine usable, talks to the host over vsock and waits
// to be stopped. `init --fd N --cgroup-root DIRECTORY` holds the same conversation over an
// inherited socket, without a machine of its own.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

#include <sys/utsname.h>

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "guest/boot.h"
#include "guest/control_helper.h"
#include "guest/executor.h"
#include "guest/kernel_log.h"
#include "guest/sysfs.h"
#include "schema/fingerprint.h"

namespace ktstr::guest {
namespace {

struct Options {
  std::optional<int> fd;
  std::string cgroup_root = "/sys/fs/cgroup";
  std::string disk{};  ///< Only a machine of our own has one.
};

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i], value = argv[i + 1];
    int number = 0;
    if (name == "--fd" && std::from_chars(value.data(), value.data() + value.size(), number).ptr ==
                              value.data() + value.size())
      options.fd = number;
    else if (name == "--cgroup-root")
      options.cgroup_root = value;
    else
      return std::nullopt;
  }
  return argc % 2 == 1 ? std::optional(options) : std::nullopt;
}

Result<wire::Hello> hello() {
  wire::Hello hello;
  hello.fingerprint = schema::fingerprint(schema::type_of<wire::Message>());
  utsname name{};
  if (::uname(&name) == 0) hello.kernel = name.release;
  hello.machine = TRY(read_machine(""));
  hello.now = monotonic_now();
  return hello;
}

topology::CpuSet online(const topology::MachineView& machine) {
  topology::CpuSet out;
  for (const topology::CpuView& cpu : machine.cpus) out.add(cpu.cpu);
  return out;
}

/// One conversation. Fails when it could not be held, not when the program failed: the host knows.
Status serve(Loop& loop, Fd socket, const Options& options, bool forward_log) {
  constexpr Nanos patience = 60s;
  raise_descriptor_limit();
  const wire::Hello greeting = TRY(hello());
  Session session(loop, TRY(wire::Channel::over(std::move(socket))));
  TRY(session.begin());
  KernelLog log(loop, session);
  if (forward_log) TRY(log.begin());
  ControlHelper files(loop);
  const Place place{.files = files,
                    .cgroup_root = options.cgroup_root,
                    .online = online(greeting.machine),
                    .disk = options.disk};
  static_cast<void>(converse(loop, session, place, greeting, patience));
  return {};
}

Status be_init(const Options& options) {
  TRY(mount_everything());
  TRY(load_modules("/modules"));
  TRY(take_priority());
  constexpr Nanos patience = 30s;
  Fd socket = TRY(connect_to_host(wire::port, patience));
  Loop loop = TRY(Loop::make());
  TRY(serve(loop, std::move(socket), options, true));
  while (true) loop.run_until(monotonic_now() + 1h);  // The host stops the machine.
}

}  // namespace
}  // namespace ktstr::guest

int main(int argc, char** argv) {
  using namespace ktstr;
  using namespace ktstr::guest;
  ::signal(SIGPIPE, SIG_IGN);
  if (::getpid() == 1) {
    const Status done = be_init({.disk = "/dev/vda"});
    die(done ? Error{"leave", 0, {}} : done.error());
  }
  const std::optional<Options> options = parse(argc, argv);
  if (!options || !options->fd) {
    std::fprintf(stderr, "usage: init --fd N [--cgroup-root DIRECTORY]\n");
    return 4;
  }
  Result<Loop> loop = Loop::make();
  const Status served =
      loop ? serve(*loop, Fd(*options->fd), *options, false) : Status(tl::unexpected(loop.error()));
  if (served) return 0;
  std::fprintf(stderr, "ktstr-init: %s\n", describe(served.error()).c_str());
  return 1;
}
