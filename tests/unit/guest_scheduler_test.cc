// SPDX-License-Identifier: GPL-2.0-only
// The guest's side of schedulers, against a made-up /sys/kernel/sched_ext that a shell script
// plays.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "guest/sched_ext.h"
#include "guest/scx_stats.h"
#include "support/guest_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::guest;
using ir::SchedulerChange;

namespace {

namespace fs = std::filesystem;

struct Kernel {
  TemporaryDirectory directory;

  Kernel() {
    fs::create_directory(directory / "root");
    write("state", "disabled\n");
    write("enable_seq", "0\n");
    write("switch_all", "1\n");
  }
  void write(const std::string& file, const std::string& text) const {
    REQUIRE(write_file_atomically(directory / file, as_bytes(text)));
  }

  void make(const std::string& file, const std::string& text) const {
    fs::create_directories(fs::path(directory / file).parent_path());
    write(file, text);
  }
  [[nodiscard]] std::string read(const std::string& file) const {
    return read_text(directory / file).value();
  }

  /// A program that does `more`, for which it can `attach NUMBER` and `leave` as the kernel shows
  /// a scheduler doing it: the number it counts follows the state.
  [[nodiscard]] std::string scheduler(const std::string& name, const std::string& more) const {
    const std::string path = directory / name;
    const std::string text =
        "#!/bin/sh\ncd " + directory.path() + "\nattach() { echo " + name +
        " > root/ops; echo enabled > state; echo ${1:-1} > new; mv new enable_seq; }\n"
        "leave() { echo disabled > state; rm -f root/ops; }\n" +
        more + "\n";
    REQUIRE(write_file_atomically(path, as_bytes(text), 0755));
    return path;
  }
};

/// Cgroups in memory; what lies elsewhere, below the made-up kernel's directory, and written down.
class Files : public FakeCgroupfs {
 public:
  explicit Files(std::string directory) : FakeCgroupfs("/fake"), directory_(std::move(directory)) {}

  Status write(const std::string& path, const std::string& text) override {
    if (path.starts_with("/fake")) return FakeCgroupfs::write(path, text);
    TRY(write_file_atomically(directory_ + path, as_bytes(text)));
    const std::string log = directory_ + "/written";
    return write_file_atomically(log,
                                 as_bytes(read_text(log).value_or("") + path + "=" + text + "\n"));
  }
  Result<std::string> read(const std::string& path) const override {
    return path.starts_with("/fake") ? FakeCgroupfs::read(path) : read_text(directory_ + path);
  }

 private:
  std::string directory_;
};

ir::Program program_with(const std::string& path, Nanos hold) {
  ir::Program out;
  out.topology = topology::expand({.nodes = 1, .llcs = 1, .cores = 2, .threads = 1}).value();
  ir::GuestScheduler it{.name = "it", .program = path, .config = {}, .builtin = {}, .sysctls = {}};
  it.attach_timeout = 1s;
  out.schedulers = {it};
  out.scheduler = ir::SchedulerUse{"it", {}, {"an argument"}};
  out.steps.push_back({.name = "one", .cgroups = {}, .ops = {}, .hold = ir::Hold(hold)});
  return out;
}

GuestRun::Body in(const Kernel& kernel) {
  return [directory = kernel.directory.path()](Fd socket) {
    raise_descriptor_limit();
    Loop loop = Loop::make().value();
    Session session(loop, wire::Channel::over(std::move(socket)).value());
    Files files(directory);
    if (!session.begin()) ::_exit(GuestRun::cannot);
    static_cast<void>(
        converse(loop, session, {files, "/fake", {0, 1}, directory}, wire::Hello{}, 10s));
  };
}

std::vector<SchedulerChange> changes(const Heard& heard) {
  std::vector<SchedulerChange> out;
  for (const ir::SchedulerState& state : heard.schedulers) out.push_back(state.change);
  return out;
}

using Changes = std::vector<SchedulerChange>;

}  // namespace

TEST_CASE("a scheduler is in charge before anything else happens, and is asked to go") {
  const Kernel kernel;
  const std::string path =
      kernel.scheduler("good",
                       "echo \"got $1\"; trap 'echo bye; leave; exit 0' INT; attach\n"
                       "while :; do sleep 0.05; done");
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program_with(path, 300ms));
  CHECK(heard.done->error.empty());
  CHECK(changes(heard) == Changes{SchedulerChange::started, SchedulerChange::attached,
                                  SchedulerChange::detached, SchedulerChange::ended});
  CHECK(heard.schedulers.at(1).ops == "good");
  CHECK(heard.schedulers.at(1).enable_seq == 1);
  CHECK(heard.schedulers.at(1).switched_all);
  CHECK(heard.schedulers.at(1).at < heard.phases.at(0).begin);
  CHECK(heard.scheduler_lines == std::vector<std::string>{"got an argument", "bye"});
}

TEST_CASE("one that exits instead is refused, and the run ends with its reason") {
  const Kernel kernel;
  GuestRun guest(in(kernel));
  const Heard& heard =
      guest.run(program_with(kernel.scheduler("bad", "echo 'no such thing'; exit 3"), 5s));
  CHECK(heard.done->error.find("did not attach") != std::string::npos);
  CHECK(changes(heard) ==
        Changes{SchedulerChange::started, SchedulerChange::refused, SchedulerChange::ended});
  CHECK(heard.schedulers.at(1).error.find("status 3") != std::string::npos);
  CHECK(heard.schedulers.at(2).exit_code == 3);
  CHECK(heard.scheduler_lines == std::vector<std::string>{"no such thing"});
  CHECK(heard.phases.empty());
}

TEST_CASE("one that does nothing is refused after its time") {
  const Kernel kernel;
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program_with(kernel.scheduler("idle", "exec sleep 100"), 5s));
  CHECK(changes(heard) ==
        Changes{SchedulerChange::started, SchedulerChange::refused, SchedulerChange::ended});
  CHECK(heard.schedulers.at(1).error.find("`disabled`") != std::string::npos);
  CHECK(heard.schedulers.at(2).exit_signal == SIGKILL);
}

TEST_CASE("one that is lost ends the run soon, unless that may happen") {
  for (const bool may : {false, true}) {
    const Kernel kernel;
    const std::string path = kernel.scheduler(
        "weak", "attach; sleep 0.3; leave; sleep 0.2; echo 'EXIT: runtime error (x)'; exit 1");
    ir::Program program = program_with(path, may ? Nanos(1s) : Nanos(60s));
    program.outlives_scheduler = may;
    GuestRun guest(in(kernel));
    const Heard& heard = guest.run(program);
    CHECK(changes(heard) == Changes{SchedulerChange::started, SchedulerChange::attached,
                                    SchedulerChange::left, SchedulerChange::lost,
                                    SchedulerChange::ended});
    CHECK(heard.scheduler_lines == std::vector<std::string>{"EXIT: runtime error (x)"});
    CHECK(heard.done->error.empty() == may);
    CHECK(heard.phases.at(0).end - heard.phases.at(0).begin < 5s);
  }
}

TEST_CASE("one that leaves and comes back by itself is not lost, and both are told") {
  const Kernel kernel;
  const std::string path =
      kernel.scheduler("again",
                       "trap 'leave; exit 0' INT; attach; sleep 0.3; leave; sleep 0.5; attach 2\n"
                       "while :; do sleep 0.05; done");
  ir::Program program = program_with(path, 1500ms);
  program.schedulers[0].attach_timeout = 10s;
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  CHECK(changes(heard) == Changes{SchedulerChange::started, SchedulerChange::attached,
                                  SchedulerChange::left, SchedulerChange::reattached,
                                  SchedulerChange::detached, SchedulerChange::ended});
  CHECK(heard.schedulers.at(3).enable_seq == 2);
  CHECK(heard.schedulers.at(3).at - heard.schedulers.at(2).at >= 300ms);
}

TEST_CASE("one that leaves and does not come back in its attach_timeout is lost") {
  const Kernel kernel;
  const std::string path = kernel.scheduler("gone", "attach; sleep 0.3; leave; exec sleep 100");
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program_with(path, 60s));
  CHECK(changes(heard) == Changes{SchedulerChange::started, SchedulerChange::attached,
                                  SchedulerChange::left, SchedulerChange::lost,
                                  SchedulerChange::ended});
  CHECK(heard.schedulers.at(3).at - heard.schedulers.at(2).at >= 900ms);
  CHECK(heard.done->error.find("not in charge any more") != std::string::npos);
}

TEST_CASE("one that is away when it is told to go is waited for") {
  const Kernel kernel;
  const std::string path =
      kernel.scheduler("slow",
                       "trap 'leave; exit 0' INT; attach; sleep 0.2; leave; sleep 2.5; attach 2\n"
                       "while :; do sleep 0.05; done");
  ir::Program program = program_with(path, 100ms);
  program.schedulers[0].attach_timeout = 10s;
  program.steps[0].ops = {ir::Sleep{1s}, ir::DetachScheduler{}};
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  CHECK(changes(heard) == Changes{SchedulerChange::started, SchedulerChange::attached,
                                  SchedulerChange::left, SchedulerChange::reattached,
                                  SchedulerChange::detached, SchedulerChange::ended});
}

TEST_CASE("ops start, replace and stop schedulers") {
  const Kernel kernel;
  const std::string path =
      kernel.scheduler("good",
                       "trap 'leave; exit 0' INT TERM; attach $(($(cat enable_seq) + 1))\n"
                       "while :; do sleep 0.05; done");
  ir::Program program = program_with(path, 100ms);
  program.scheduler.reset();
  program.steps[0].ops = {ir::AttachScheduler{{"it", {}, {}}}, ir::RestartScheduler{},
                          ir::ReplaceScheduler{{"it", {"f"}, {}}}, ir::DetachScheduler{}};
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  const auto count = [&](SchedulerChange change) {
    return std::ranges::count(heard.schedulers, change, &ir::SchedulerState::change);
  };
  CHECK(count(SchedulerChange::attached) == 3);
  CHECK(count(SchedulerChange::detached) == 3);
  CHECK(heard.schedulers.back().scheduler == "it+f");
  CHECK(heard.schedulers.back().start == 2);
}

TEST_CASE("a definition's sysctls are set before its start and put back when it has gone") {
  const Kernel kernel;
  kernel.make("proc/sys/kernel/knob", "7\n");
  ir::Program program = program_with(
      kernel.scheduler("good",
                       "echo \"knob $(cat proc/sys/kernel/knob)\"; trap 'leave; exit 0' INT\n"
                       "attach; while :; do sleep 0.05; done"),
      100ms);
  program.schedulers[0].sysctls = {{"kernel.knob", 5}};
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  CHECK(heard.scheduler_lines == std::vector<std::string>{"knob 5"});
  CHECK(kernel.read("written") == "/proc/sys/kernel/knob=5\n/proc/sys/kernel/knob=7\n");
}

TEST_CASE("a scheduler that is part of the kernel is switched on and off by its commands") {
  const Kernel kernel;
  kernel.make("proc/sys/kernel/knob", "7\n");
  kernel.make("proc/sys/kernel/fast", "0\n");
  kernel.make("features", "");
  const std::string toggle = kernel.scheduler("toggle", "echo \"turned $1\" >> written");
  ir::Program program = program_with("", 100ms);
  program.schedulers[0].sysctls = {{"kernel.knob", 5}};
  program.schedulers[0].builtin = ir::Builtin{
      .enable = {{"sysctl", "kernel.fast", "1"}, {"write", "/features", "FAST"}, {toggle, "on"}},
      .disable = {
          {toggle, "off"}, {"write", "/features", "NO_FAST"}, {"sysctl", "kernel.fast", "0"}}};
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  CHECK(changes(heard) ==
        Changes{SchedulerChange::started, SchedulerChange::attached, SchedulerChange::detached});
  CHECK(kernel.read("written") ==
        "/proc/sys/kernel/knob=5\n/proc/sys/kernel/fast=1\n/features=FAST\nturned on\n"
        "turned off\n/features=NO_FAST\n/proc/sys/kernel/fast=0\n/proc/sys/kernel/knob=7\n");
}

TEST_CASE("a command that fails is why a scheduler of the kernel's is refused") {
  const Kernel kernel;
  kernel.make("proc/sys/kernel/knob", "7\n");
  ir::Program program = program_with("", 5s);
  program.schedulers[0].sysctls = {{"kernel.knob", 5}};
  program.schedulers[0].builtin =
      ir::Builtin{.enable = {{kernel.scheduler("toggle", "exit 3")}}, .disable = {}};
  GuestRun guest(in(kernel));
  const Heard& heard = guest.run(program);
  CHECK(changes(heard) == Changes{SchedulerChange::started, SchedulerChange::refused});
  CHECK(heard.schedulers.at(1).error.find("status 3") != std::string::npos);
  CHECK(heard.done->error.find("did not attach") != std::string::npos);
  CHECK(kernel.read("proc/sys/kernel/knob") == "7");
}

TEST_CASE("event counters have short names") {
  const auto events = parse_events("SCX_EV_SELECT_CPU_FALLBACK 12\nSCX_EV_X 0\nnonsense\n Y\n");
  REQUIRE(events.size() == 2);
  CHECK(events[0] == ir::NamedNumber{"select_cpu_fallback", 12});
}

TEST_CASE("an answer of scx_stats gives its numbers") {
  CHECK(parse_stats_answer(R"({"errno":0,"args":{"resp":{"a":1,"b":{"c":2}}}})") ==
        std::vector<ir::NamedNumber>{{"a", 1}, {"b.c", 2}});
  CHECK(parse_stats_answer(R"({"errno":22,"args":{"resp":{"a":1}}})").empty());
  CHECK(parse_stats_answer("nonsense").empty());
}
