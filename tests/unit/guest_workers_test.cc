// SPDX-License-Identifier: GPL-2.0-only
// What workers are to the kernel: processes or threads, whose they are, where their memory is.
#include <algorithm>
#include <filesystem>
#include <set>

#include <sys/stat.h>

#include <sched.h>

#include "base/fd.h"
#include "guest/files.h"
#include "guest/node_pages.h"
#include "support/guest_run.h"
#include "support/temporary_directory.h"

namespace {

using namespace ktstr;
using namespace ktstr::guest;
using ir::metric;

ir::Program program_of(ir::WorkGroup group, std::int64_t workers, Nanos hold = 600ms) {
  group.workers = ir::Count(workers);
  if (!group.work) group.work = ir::Spin{};
  ir::Cgroup cgroup{.name = "a"};
  cgroup.groups.push_back(std::move(group));
  ir::Program program;
  program.sample_every = 20ms;
  program.steps.push_back(
      ir::Step{.name = "one", .cgroups = {std::move(cgroup)}, .ops = {}, .hold = hold});
  return program;
}

/// What the kernel says of the workers while they run.
template <class Look>
const Heard& watch(GuestRun& guest, const ir::Program& program, const Look& look) {
  guest.send(wire::Run{program});
  REQUIRE(guest.listen(10s, [](const Heard& heard) { return heard.samples.size() > 5; }));
  look();
  guest.finish(20s);
  return guest.heard;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> out;
  const std::string task = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid);
  std::istringstream words(read_text(task + "/children").value());
  for (pid_t child = 0; words >> child;) out.push_back(child);
  return out;
}

std::string comm_of(const std::string& directory) {
  std::string text = read_text(directory + "/comm").value();
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// The names of a process's threads, the first thread's first.
std::vector<std::string> threads_of(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  std::set<pid_t> tids;
  for (const auto& entry : std::filesystem::directory_iterator(tasks))
    tids.insert(std::stoi(entry.path().filename()));
  std::vector<std::string> out;
  for (const pid_t tid : tids) out.push_back(comm_of(tasks + "/" + std::to_string(tid)));
  return out;
}

/// The one child of the executor that has the name.
pid_t child_called(pid_t executor, const std::string& name) {
  for (const pid_t child : children_of(executor))
    if (comm_of("/proc/" + std::to_string(child)) == name) return child;
  return -1;
}

using Names = std::vector<std::string>;

TEST_CASE("threads are of one process, all workers, and their counters are their own") {
  GuestRun guest;
  ir::WorkGroup group;
  group.clone = ir::Clone::thread;
  group.comm = "crowd";
  const Heard& heard = watch(guest, program_of(group, 3), [&] {
    CHECK(threads_of(child_called(guest.pid(), "crowd")) == Names{"crowd", "crowd", "crowd"});
  });
  CHECK(heard.done->error.empty());
  REQUIRE(heard.reports.size() == 3);
  std::set<std::int32_t> pids, tids;
  for (const ir::WorkerReport& report : heard.reports) {
    pids.insert(report.info.pid);
    tids.insert(report.info.tid);
    CHECK(report.end == ir::WorkerEnd::stopped);
    REQUIRE(report.slices.size() == 1);
    CHECK(value_of(report.slices[0].values, metric("iterations")) > 0);
    CHECK(value_of(report.slices[0].values, metric("cpu_time")) > Nanos(10ms).count());
  }
  CHECK(pids.size() == 1);
  CHECK(tids.size() == 3);
  CHECK(tids.contains(*pids.begin()));
}

TEST_CASE("of a benchmark nothing is told that only one of its threads would know") {
  GuestRun guest;
  ir::WorkGroup group;
  group.work = ir::Schbench{.worker_threads = 2, .cache_footprint = 1_KiB};
  const Heard& heard = watch(guest, program_of(group, 1), [] {});
  CHECK(heard.done->error.empty());
  REQUIRE(heard.reports.size() == 1);
  REQUIRE(heard.reports[0].slices.size() == 1);
  const std::vector<ir::MetricValue>& values = heard.reports[0].slices[0].values;
  const auto tells = [&](ir::MetricId id) {
    return std::ranges::count(values, id.row, &ir::MetricValue::metric) > 0;
  };
  for (const ir::MetricId known : {metric("iterations"), metric("cpu_time"), metric("page_faults")})
    CHECK(tells(known));
  for (const ir::MetricId unknown :
       {metric("max_gap"), metric("run_delay"), metric("run_count"), metric("voluntary_switches"),
        metric("involuntary_switches"), metric("pages_migrated")})
    CHECK_FALSE(tells(unknown));
}

TEST_CASE("a leader only waits, and has the name; pairs of threads find each other") {
  GuestRun guest;
  ir::WorkGroup group;
  group.work = ir::FutexPingPong{};
  group.clone = ir::Clone::leader;
  group.comm = "boss";
  const Heard& heard = watch(guest, program_of(group, 4), [&] {
    CHECK(
        threads_of(child_called(guest.pid(), "boss")) ==
        Names{"boss", "futex_ping_pong", "futex_ping_pong", "futex_ping_pong", "futex_ping_pong"});
  });
  CHECK(heard.done->error.empty());
  REQUIRE(heard.reports.size() == 4);
  for (const ir::WorkerReport& report : heard.reports) {
    CHECK(report.info.tid != report.info.pid);
    CHECK(value_of(report.slices.at(0).values, metric("iterations")) > 0);
  }
}

TEST_CASE("a worker is called what it does, or as the scenario says, and runs as whom it says") {
  GuestRun guest;
  ir::WorkGroup group;
  if (::getuid() == 0) {
    group.uid = 65534;
    group.gid = 65533;
  }
  watch(guest, program_of(group, 1), [&] {
    const pid_t child = child_called(guest.pid(), "spin");
    REQUIRE(child > 0);
    if (!group.uid) return;
    const std::string status = read_text("/proc/" + std::to_string(child) + "/status").value();
    CHECK(status.find("Uid:\t65534\t65534\t65534\t65534") != std::string::npos);
    CHECK(status.find("Gid:\t65533\t65533\t65533\t65533") != std::string::npos);
    CHECK(status.find("Groups:\t \n") != std::string::npos);
  });
}

TEST_CASE("a worker that cannot become whom it should says so") {
  if (::getuid() == 0) SKIP("root may become anyone");
  GuestRun guest;
  ir::WorkGroup group;
  group.uid = 0;
  const Heard& heard = guest.run(program_of(group, 1));
  REQUIRE(heard.reports.size() == 1);
  CHECK(heard.reports[0].error.find("run as user 0") != std::string::npos);
}

TEST_CASE("a memory policy is the worker's own; one that cannot be is its error") {
  GuestRun guest;
  ir::WorkGroup group;
  group.work = ir::CachePressure{};
  group.mem_policy = ir::BindMemory{{0}, {ir::NodeFlag::static_nodes}};
  group.comm = "bound";
  const Heard& heard = watch(guest, program_of(group, 1), [&] {
    const pid_t child = child_called(guest.pid(), "bound");
    const Result<std::string> maps = read_text("/proc/" + std::to_string(child) + "/numa_maps");
    if (maps) CHECK(maps->find(" bind=static:0 ") != std::string::npos);
  });
  for (const ir::WorkerReport& report : heard.reports) {
    if (report.error.find("Operation not permitted") != std::string::npos ||
        report.error.find("not implemented") != std::string::npos)
      SKIP(report.error);
    CHECK(report.error.empty());
  }
  GuestRun other;
  group.mem_policy = ir::BindMemory{{900}, {}};
  const Heard& refused = other.run(program_of(group, 1));
  REQUIRE(refused.reports.size() == 1);
  CHECK(refused.reports[0].error.find("set the memory policy bind") != std::string::npos);
}

TEST_CASE("a deadline task has its runtime and period from the kernel") {
  GuestRun guest;
  ir::WorkGroup group;
  group.policy = ir::DeadlinePolicy{5ms, 40ms, 50ms};
  group.comm = "due";
  const Heard& heard = watch(guest, program_of(group, 1), [&] {
    const pid_t child = child_called(guest.pid(), "due");
    if (::sched_getscheduler(child) != 0)
      CHECK((::sched_getscheduler(child) & ~SCHED_RESET_ON_FORK) == 6);
  });
  REQUIRE(heard.reports.size() == 1);
  const ir::WorkerReport& report = heard.reports[0];
  if (!report.error.empty()) SKIP(report.error);
  const double share =
      static_cast<double>(value_of(report.slices.at(0).values, metric("cpu_time"))) /
      static_cast<double>(report.slices.at(0).lived.count());
  CHECK(share < 0.2);
}

TEST_CASE("pages are counted by node, without those of files") {
  NodePages pages;
  add_line("7f0000 default anon=3 dirty=3 active=0 N0=2 N1=1 kernelpagesize_kB=4", pages);
  add_line("7f1000 default file=/lib/x mapped=9 N0=9 kernelpagesize_kB=4", pages);
  add_line("7f2000 interleave:0-1 anon=2 huge N1=2 kernelpagesize_kB=2048", pages);
  add_line("7f3000 default stack anon=1 N0=1", pages);
  add_line("7f4000 default anon=1 N99999=1 Nx=2 N0= N=1", pages);
  CHECK(pages == NodePages{3, 1025});
}

TEST_CASE("a scenario's files are put where it wants them, as it wants them") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "packed", as_bytes(std::string_view("hello"))));
  const std::string place = directory / "a/b/c.txt";
  REQUIRE(put_files({{place, directory / "packed", 0600}}));
  CHECK(read_text(place).value() == "hello");
  struct stat status {};
  REQUIRE(::stat(place.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const Status missing = put_files({{place, directory / "nothing", 0600}});
  REQUIRE(!missing);
  CHECK(missing.error().what.find("c.txt") != std::string::npos);
}

}  // namespace
