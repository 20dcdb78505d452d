// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include <sys/wait.h>

#include "guest/cgroup.h"
#include "support/fake_cgroupfs.h"

namespace {

using namespace ktstr;
using namespace ktstr::guest;
using Strings = std::vector<std::string>;

struct Fixture {
  FakeCgroupfs files{"/fake"};
  Cgroups cgroups{files, "/fake", "", {0, 1}};
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A child that sleeps until the fixture is gone.
struct Sleeper {
  pid_t pid = ::fork();
  Sleeper() {
    while (pid == 0) ::pause();
  }
  ~Sleeper() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

TEST_CASE_METHOD(Fixture, "nested cgroups are made with their parents and removed before them") {
  REQUIRE(cgroups.create("a/b/c"));
  CHECK(files.directories() == Strings{"a", "a/b", "a/b/c"});
  CHECK(cgroups.tree("a/b") == Strings{"a/b/c", "a/b"});
  REQUIRE(cgroups.remove("a/b"));
  CHECK(files.directories() == Strings{"a"});
  REQUIRE(cgroups.create("ab"));
  CHECK(cgroups.tree("a") == Strings{"a"});
  REQUIRE(cgroups.remove_all());
  CHECK(files.directories().empty());
}

TEST_CASE_METHOD(Fixture, "names that lead elsewhere are refused") {
  for (const std::string name :
       {"", "/a", "a/", "a//b", ".", "..", "a/../../b", "cgroup.procs", "a\nb"}) {
    INFO(name);
    CHECK(!cgroups.create(name));
  }
  CHECK(!cgroups.create(std::string("a\0b", 3)));
  CHECK(!cgroups.create(std::string(300, 'a')));
  CHECK(!cgroups.create("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"));
  CHECK(files.directories().empty());
}

TEST_CASE_METHOD(Fixture, "only the controllers that are needed are enabled, down the path") {
  REQUIRE(cgroups.create("a/b"));
  CHECK(files.written.empty());
  REQUIRE(cgroups.set_cpus("a/b", {1}));
  REQUIRE(cgroups.set_cpus("a/b", {0}));
  CHECK(files.written == Strings{"cgroup.subtree_control=+cpuset",
                                 "a/cgroup.subtree_control=+cpuset", "a/b/cpuset.cpus=1",
                                 "a/b/cpuset.cpus=0"});
}

TEST_CASE_METHOD(Fixture, "cpusets are written, read back and cleared") {
  REQUIRE(cgroups.create("a"));
  CHECK(cgroups.own_cpus("a").value().empty());
  CHECK(cgroups.effective_cpus("a").value() == topology::CpuSet{0, 1});
  REQUIRE(cgroups.set_cpus("a", {1}));
  CHECK(cgroups.own_cpus("a").value() == topology::CpuSet{1});
  CHECK(cgroups.effective_cpus("a").value() == topology::CpuSet{1});
  REQUIRE(cgroups.create("a/b"));
  CHECK(cgroups.effective_cpus("a/b").value() == topology::CpuSet{1});
  REQUIRE(cgroups.clear_cpus("a"));
  CHECK(cgroups.effective_cpus("a").value() == topology::CpuSet{0, 1});
}

TEST_CASE_METHOD(Fixture, "limits are written in the kernel's words") {
  REQUIRE(cgroups.create("a"));
  REQUIRE(cgroups.set_cpu("a", {.weight = ir::Count(200), .max = Share{2.5}}));
  REQUIRE(cgroups.set_cpu("a", {.weight = {}, .max = ir::Unlimited{}}));
  REQUIRE(cgroups.set_memory("a", {.max = 64_MiB, .swap_max = Bytes{0}}));
  CHECK(files.written == Strings{"cgroup.subtree_control=+cpu", "a/cpu.weight=200",
                                 "a/cpu.max=250000 100000", "a/cpu.max=max 100000",
                                 "cgroup.subtree_control=+memory", "a/memory.max=67108864",
                                 "a/memory.swap.max=0"});
}

TEST_CASE_METHOD(Fixture, "a failed write tells the state that explains it") {
  REQUIRE(cgroups.create("a"));
  const Status status = cgroups.set_cpus("a", {7});
  REQUIRE(!status);
  CHECK(status.error().code == EINVAL);
  const std::string text = describe(status.error());
  CHECK(has(text, "write `7` to /fake/a/cpuset.cpus"));
  CHECK(has(text, "cgroup.subtree_control `cpuset`"));
  CHECK(!has(text, "\n"));
}

TEST_CASE_METHOD(Fixture, "an unknown cgroup is refused with the known ones") {
  REQUIRE(cgroups.create("web"));
  const Status status = cgroups.expect("wep");
  REQUIRE(!status);
  CHECK(has(describe(status.error()), "`wep`"));
  CHECK(has(describe(status.error()), "web"));
  CHECK(!cgroups.remove("wep"));
}

TEST_CASE_METHOD(Fixture, "moving forgives the dead and insists with the busy") {
  REQUIRE(cgroups.create("a"));
  const Sleeper sleeper;
  CHECK(cgroups.add("a", 0x3FFFFFFF));
  files.failures["a/cgroup.procs"] = {EBUSY, 3};
  CHECK(cgroups.add("a", sleeper.pid));
  CHECK(cgroups.processes("a").value() == std::vector<pid_t>{sleeper.pid});
  files.failures["a/cgroup.procs"] = {EBUSY, 4};
  const Status busy = cgroups.add("a", sleeper.pid);
  REQUIRE(!busy);
  CHECK(busy.error().code == EBUSY);
  // What is left in a cgroup goes to the root before it is removed.
  REQUIRE(cgroups.remove("a"));
  CHECK(files.directories().empty());
}

TEST_CASE_METHOD(Fixture, "freezing waits for the kernel to say so") {
  REQUIRE(cgroups.create("a"));
  const Sleeper sleeper;
  REQUIRE(cgroups.add("a", sleeper.pid));
  REQUIRE(cgroups.freeze("a", true));
  int status = 0;
  CHECK(::waitpid(sleeper.pid, &status, WUNTRACED) == sleeper.pid);
  CHECK(WIFSTOPPED(status));
  REQUIRE(cgroups.freeze("a", false));
  CHECK(::waitpid(sleeper.pid, &status, WCONTINUED) == sleeper.pid);
}

TEST_CASE_METHOD(Fixture,
                 "limits are written as the kernel reads them, what is not given not at all") {
  REQUIRE(cgroups.create("a"));
  ir::Cgroup cgroup{.name = "a"};
  REQUIRE(cgroups.limit(cgroup));
  CHECK(files.written.empty());
  cgroup.cpuset_mems = ir::ExactNodes{{0, 2}};
  cgroup.memory.max = ir::MemoryMax(8_MiB);
  cgroup.memory.swap_max = ir::MemoryMax(ir::Unlimited{});
  cgroup.io.weight = ir::Count(50);
  cgroup.pids.max = ir::PidsMax(ir::Count(7));
  REQUIRE(cgroups.limit(cgroup));
  CHECK(files.written == Strings{"cgroup.subtree_control=+cpuset", "a/cpuset.mems=0,2",
                                 "cgroup.subtree_control=+memory", "a/memory.max=8388608",
                                 "a/memory.swap.max=max", "cgroup.subtree_control=+io",
                                 "a/io.weight=50", "cgroup.subtree_control=+pids", "a/pids.max=7"});
}

TEST_CASE("all cgroups may be made in another, which comes and goes with them") {
  FakeCgroupfs files("/fake");
  REQUIRE(files.make_directory("/fake/work.slice"));
  Cgroups cgroups{files, "/fake", "work.slice/x/y", {0, 1}};
  REQUIRE(cgroups.create("a/b"));
  REQUIRE(cgroups.create("c"));
  CHECK(files.directories() == Strings{"work.slice", "work.slice/x", "work.slice/x/y",
                                       "work.slice/x/y/a", "work.slice/x/y/a/b",
                                       "work.slice/x/y/c"});
  REQUIRE(cgroups.set_cpus("a/b", {1}));
  CHECK(cgroups.effective_cpus("a/b").value() == topology::CpuSet{1});
  CHECK(files.written.front() == "cgroup.subtree_control=+cpuset");
  REQUIRE(cgroups.remove_all());
  CHECK(files.directories() == Strings{"work.slice"});
}

}  // namespace
