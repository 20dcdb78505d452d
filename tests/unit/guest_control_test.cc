// SPDX-License-Identifier: GPL-2.0-only
// Control files changed through the helper process: on an ordinary directory, and, where one can be
// mounted, on a real cgroup v2 hierarchy.
#include <fstream>

#include <sys/mount.h>
#include <sys/stat.h>

#include "support/guest_run.h"
#include "support/temporary_directory.h"

namespace {

using namespace ktstr;
using namespace ktstr::guest;

TEST_CASE("changes are made by another process and their errors come back") {
  const TemporaryDirectory directory;
  Loop loop = Loop::make().value();
  ControlHelper files(loop);
  const std::string file = directory / "cpuset.cpus";
  std::ofstream(file) << "old and longer";
  REQUIRE(files.write(file, "0-1"));
  CHECK(files.read(file).value() == "0-1");
  CHECK(files.write(directory / "absent", "1").error().code == ENOENT);
  CHECK(::access((directory / "absent").c_str(), F_OK) != 0);
  REQUIRE(files.make_directory(directory / "a"));
  CHECK(files.make_directory(directory / "a").error().code == EEXIST);
  REQUIRE(files.remove_directory(directory / "a"));
  CHECK(files.remove_directory(directory / "a").error().code == ENOENT);
  CHECK(files.write(file, std::string(1 << 20, 'x')).error().code == EMSGSIZE);
}

TEST_CASE("a change that gets stuck fails after two seconds, and the next one works") {
  const TemporaryDirectory directory;
  Loop loop = Loop::make().value();
  ControlHelper files(loop);
  const std::string stuck = directory / "stuck";
  REQUIRE(::mkfifo(stuck.c_str(), 0600) == 0);  // Opened for writing, it waits for a reader.
  std::ofstream(directory / "file") << "";
  bool served = false;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd read_end(ends[0]), write_end(ends[1]);
  REQUIRE(loop.watch(read_end.get(), [&] {
    served = true;
    loop.unwatch(read_end.get());
  }));
  REQUIRE(::write(write_end.get(), "x", 1) == 1);
  const Nanos before = monotonic_now();
  const Status status = files.write(stuck, "1");
  REQUIRE(!status);
  CHECK(status.error().code == ETIMEDOUT);
  CHECK(monotonic_now() - before >= 2s);
  CHECK(served);
  CHECK(files.write(directory / "file", "1"));
}

TEST_CASE("a real hierarchy is used and left as it was found") {
  int tell[2];
  REQUIRE(::pipe(tell) == 0);
  const Fd told(tell[0]), teller(tell[1]);
  GuestRun guest([&](Fd socket) {
    const TemporaryDirectory directory;
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", directory.path().c_str(), "cgroup2", 0, nullptr) != 0)
      ::_exit(GuestRun::cannot);
    const std::string root = directory / "ktstr-test-" + std::to_string(::getpid());
    if (::mkdir(root.c_str(), 0755) != 0) ::_exit(GuestRun::cannot);
    Loop loop = Loop::make().value();
    Session session(loop, wire::Channel::over(std::move(socket)).value());
    ControlHelper files(loop);
    if (!session.begin()) ::_exit(1);
    const Status done = converse(loop, session, {files, root, {0, 1}}, wire::Hello{}, 10s);
    // Not empty, and this fails.
    const bool clean = ::rmdir(root.c_str()) == 0;
    ::umount2(directory.path().c_str(), MNT_DETACH);
    ::rmdir(directory.path().c_str());
    ::_exit(done && clean ? 0 : 1);
  });

  ir::Cgroup cgroup;
  cgroup.name = "a/b";
  cgroup.groups.resize(1);
  cgroup.groups[0].workers = ir::Count(2);
  cgroup.groups[0].work = ir::FutexPingPong{};
  ir::Program program;
  program.backdrop.cgroups = {cgroup};
  ir::Step run, frozen;
  run.name = "run";
  run.hold = 100ms;
  run.ops = {ir::AddCgroup{"c"}, ir::MoveTasks{"a/b", "a/b"}};
  frozen.name = "frozen";
  frozen.ops = {ir::Freeze{"a"}, ir::Sleep{300ms}, ir::Unfreeze{"a"}, ir::Freeze{"a/b"}};
  program.steps = {run, frozen};
  // Where no hierarchy can be mounted, nobody answers.
  if (!guest.listen(10s, [](const Heard& heard) { return !heard.hellos.empty(); })) {
    REQUIRE(guest.wait() == GuestRun::cannot);
    SKIP("no cgroup v2 hierarchy can be mounted here");
  }
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  REQUIRE(heard.reports.size() == 2);
  for (const ir::WorkerReport& report : heard.reports) {
    CHECK(report.end == ir::WorkerEnd::stopped);
    REQUIRE(report.slices.size() == 2);
    CHECK(value_of(report.slices[0].values, ir::metric("iterations")) > 0);
    CHECK(report.slices[1].lived < heard.phases[1].end - heard.phases[1].begin - 290ms);
  }
}

}  // namespace
