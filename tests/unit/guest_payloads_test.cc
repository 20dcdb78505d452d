// SPDX-License-Identifier: GPL-2.0-only
// Payloads in an executor over a socketpair: real programs in cgroups that are played.
#include <algorithm>

#include "support/guest_run.h"

namespace {

using namespace ktstr;
using ir::PayloadEnd;

ir::GuestPayload shell(std::string name, std::string script,
                       std::optional<Nanos> timeout = std::nullopt) {
  return {
      .name = std::move(name), .argv = {"/bin/sh", "-c", std::move(script)}, .timeout = timeout};
}

ir::Cgroup cgroup_named(std::string name) {
  ir::Cgroup out;
  out.name = std::move(name);
  return out;
}

ir::Program program_of(std::vector<ir::GuestPayload> payloads, std::vector<ir::Op> ops,
                       std::optional<ir::Hold> hold = std::nullopt) {
  ir::Program out;
  out.sample_every = 20ms;
  out.payloads = std::move(payloads);
  ir::Step step{
      .name = "load", .cgroups = {cgroup_named("a")}, .ops = std::move(ops), .hold = hold};
  out.steps = {step};
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool gone(pid_t pid) {
  return ::kill(pid, 0) != 0;
}

TEST_CASE("a payload runs in its cgroup, leads its group, and what it writes is told apart") {
  GuestRun guest;
  ir::Program program = program_of({shell("it",
                                          "grep Cpus_allowed_list /proc/self/status\n"
                                          "set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo leads\n"
                                          "echo trouble >&2; exit 3")},
                                   {ir::RunPayload{"it", "a"}, ir::WaitPayload{"it", 10s}});
  program.steps[0].cgroups[0].cpuset = ir::ExactCpus{{1}};
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  REQUIRE(heard.payloads.size() == 1);
  const ir::PayloadRun& run = heard.payloads[0];
  CHECK(run.payload == "it");
  CHECK(run.cgroup == "a");
  CHECK(run.step == 0);
  CHECK(run.end == PayloadEnd::exited);
  CHECK(run.exit_code == 3);
  CHECK(run.started <= run.ended);
  CHECK(has(run.out, "Cpus_allowed_list:\t1\n"));
  CHECK(has(run.out, "leads\n"));
  CHECK(run.err == "trouble\n");
}

TEST_CASE("what cannot be executed says so, and a signal is told") {
  GuestRun guest;
  const Heard& heard =
      guest.run(program_of({{.name = "missing", .argv = {"/nowhere/at all"}, .timeout = {}},
                            shell("dies", "kill -9 $$")},
                           {ir::RunPayload{"missing", "a"}, ir::RunPayload{"dies", "a"},
                            ir::WaitPayload{"missing", 10s}, ir::WaitPayload{"dies", 10s}}));
  REQUIRE(heard.payloads.size() == 2);
  for (const ir::PayloadRun& run : heard.payloads) {
    if (run.payload == "missing") {
      CHECK(run.exit_code == 127);
      CHECK(has(run.err, "cannot execute /nowhere/at all"));
    } else {
      CHECK(run.end == PayloadEnd::signalled);
      CHECK(run.exit_signal == SIGKILL);
    }
  }
}

TEST_CASE("a payload ends with its step, that of the backdrop with the run") {
  GuestRun guest;
  ir::Program program =
      program_of({shell("long", "trap 'echo bye; exit 0' TERM; while :; do sleep 0.02; done")},
                 {ir::RunPayload{"long", "a"}}, 200ms);
  program.backdrop.cgroups = {cgroup_named("b")};
  program.backdrop.cgroups[0].payload = "long";
  program.steps.push_back({.name = "after", .cgroups = {}, .ops = {}, .hold = 200ms});
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  REQUIRE(heard.payloads.size() == 2);
  CHECK(heard.payloads[0].cgroup == "a");
  CHECK(heard.payloads[0].step == 0);
  CHECK(heard.payloads[0].ended <= heard.begun[1].begin);
  CHECK(heard.payloads[1].cgroup == "b");
  CHECK(heard.payloads[1].step == ir::backdrop_step);
  CHECK(heard.payloads[1].started <= heard.begun[0].begin);
  CHECK(heard.payloads[1].ended >= heard.phases[1].end);
  for (const ir::PayloadRun& run : heard.payloads) {
    CHECK(run.end == PayloadEnd::stopped);
    CHECK(run.exit_code == 0);
    CHECK(run.out == "bye\n");
  }
}

TEST_CASE("a payload whose time is over is killed with all of its group") {
  GuestRun guest;
  const Heard& heard = guest.run(
      program_of({shell("stubborn",
                        "sleep 1000 & echo $!; trap '' TERM; while :; do sleep 0.05; done", 200ms)},
                 {ir::RunPayload{"stubborn", "a"}, ir::WaitPayload{"stubborn", 10s}}));
  CHECK(heard.done->error.empty());
  REQUIRE(heard.payloads.size() == 1);
  CHECK(heard.payloads[0].end == PayloadEnd::timed_out);
  CHECK(heard.payloads[0].exit_signal == SIGKILL);
  CHECK(heard.payloads[0].ended - heard.payloads[0].started >= 2s);
  REQUIRE(!heard.payloads[0].out.empty());
  CHECK(gone(std::stoi(heard.payloads[0].out)));
}

TEST_CASE("an op that waits too long has failed") {
  GuestRun guest;
  const Heard& heard = guest.run(
      program_of({shell("long", "exec sleep 1000")},
                 {ir::RunPayload{"long", "a"}, ir::WaitPayload{"long", 100ms}, ir::Mark{"never"}}));
  REQUIRE(heard.ops.size() == 2);
  CHECK(has(heard.ops[1].error, "`long` still runs after 100 ms"));
  CHECK(heard.payloads.at(0).end == PayloadEnd::stopped);
}

TEST_CASE("ops end payloads: by name, and with the cgroup that they are in") {
  GuestRun guest;
  const Heard& heard = guest.run(
      program_of({shell("one", "exec sleep 1000"), shell("two", "exec sleep 1000")},
                 {ir::AddCgroup{"b"}, ir::RunPayload{"one", "a"}, ir::RunPayload{"two", "b"},
                  ir::KillPayload{"one"}, ir::RemoveCgroup{"b"}, ir::WaitPayload{"two", 1s}}));
  CHECK(heard.done->error.empty());
  REQUIRE(heard.payloads.size() == 2);
  CHECK(heard.payloads[0].payload == "one");
  CHECK(heard.payloads[1].payload == "two");
  for (const ir::PayloadRun& run : heard.payloads) {
    CHECK(run.end == PayloadEnd::stopped);
    CHECK(run.exit_signal == SIGTERM);
  }
  for (const ir::OpDone& op : heard.ops) CHECK(op.error.empty());
}

TEST_CASE("what does not run cannot be ended: before its start, after its end") {
  GuestRun guest;
  std::vector<ir::Op> ops = {ir::KillPayload{"quick"}};
  SECTION("before") {}
  SECTION("after") {
    ops.insert(ops.begin(), {ir::RunPayload{"quick", "a"}, ir::WaitPayload{"quick", 10s}});
  }
  const Heard& heard = guest.run(program_of({shell("quick", "exit 0")}, ops));
  REQUIRE(heard.ops.size() == ops.size());
  CHECK(has(heard.ops.back().error, "the payload `quick` does not run"));
}

TEST_CASE("one that a cgroup is to start can be ended before") {
  GuestRun guest;
  ir::Program program =
      program_of({shell("late", "exec sleep 1000")}, {ir::KillPayload{"late"}}, 10ms);
  program.steps[0].cgroups[0].payload = "late";
  const Heard& heard = guest.run(program);
  CHECK(heard.done->error.empty());
  CHECK(heard.payloads.empty());
}

TEST_CASE("a flood of output is kept to its bound, and the rest counted") {
  GuestRun guest;
  const Heard& heard =
      guest.run(program_of({shell("flood", "head -c 9000000 /dev/zero; echo end >&2")},
                           {ir::RunPayload{"flood", "a"}, ir::WaitPayload{"flood", 30s}}),
                40s);
  REQUIRE(heard.payloads.size() == 1);
  const ir::PayloadRun& run = heard.payloads[0];
  CHECK(run.exit_code == 0);
  CHECK(run.out.size() + run.err.size() == std::size_t{4} << 20);
  CHECK(run.dropped + run.out.size() + run.err.size() == 9'000'000 + 4);
}

TEST_CASE("several runs of one payload are told apart, and moved with their cgroup") {
  GuestRun guest;
  const Heard& heard = guest.run(
      program_of({shell("quick", "echo $$"), shell("long", "exec sleep 1000")},
                 {ir::AddCgroup{"b"}, ir::RunPayload{"quick", "a"}, ir::RunPayload{"quick", "b"},
                  ir::WaitPayload{"quick", 10s}, ir::RunPayload{"long", "a"},
                  ir::MoveTasks{"a", "b"}, ir::RemoveCgroup{"b"}}));
  CHECK(heard.done->error.empty());
  REQUIRE(heard.payloads.size() == 3);
  CHECK(heard.payloads[0].run != heard.payloads[1].run);
  CHECK(heard.payloads[0].out != heard.payloads[1].out);
  CHECK(heard.payloads[2].cgroup == "b");
  CHECK(heard.payloads[2].end == PayloadEnd::stopped);
}

TEST_CASE("a payload that the program does not define fails the op that runs it") {
  GuestRun guest;
  const Heard& heard = guest.run(program_of({}, {ir::RunPayload{"nobody", "a"}}));
  REQUIRE(heard.ops.size() == 1);
  CHECK(has(heard.ops[0].error, "there is no payload `nobody`"));
}

}  // namespace
