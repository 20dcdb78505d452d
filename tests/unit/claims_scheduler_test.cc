// SPDX-License-Identifier: GPL-2.0-only
// How schedulers end and what claims can ask of them.
#include "claims/exit_report.h"
#include "claims/scheduler.h"
#include "claims/scheduler_counters.h"
#include "claims/verifier_log.h"
#include "support/golden.h"
#include "unit/claims_world.h"

using namespace ktstr;
using namespace ktstr::claims;
using ir::SchedulerChange;

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// A watchdog stall as a loader printed it in a guest of Linux 7.3, shortened.
const char* const stall_output = R"(scx_mischief: attached
scx_mischief: ended: ERROR_STALL (1026): runnable task stall: bursty[103] failed to run for 2.352s
-- BEGIN DUMP --
scx_mischief: root
kworker/u8:2[39] triggered exit kind 1026 on CPU 0:
  runnable task stall (bursty[103] failed to run for 2.352s)

Backtrace:
  scx_vexit+0x6d/0xa0
  __scx_exit+0x4f/0x70
  scx_watchdog_workfn+0x1b6/0x260

fifo: 12 tasks seen

CPU states
----------

CPU 0   : nr_run=2 flags=0x1 cpu_rel=0 ksync=513
          rescue=0 budget=0us rescuing=none[-1]
          curr=kworker/u8:2[39] class=ext_sched_class

 *R kworker/u8:2[39] *root -72ms
      scx_state/flags=4/0xd dsq_flags=0x0 ops_state/qseq=0/0
      sticky/holding_cpu=-1/-1 dsq_id=(n/a)
      dsq_vtime=0 slice=20000000 weight=100
      cpus=3 no_mig=0

    scx_dump_cpu+0x5e1/0x630
    scx_dump_state+0x355/0x6f0

  R bursty[103] *root -2404ms
      scx_state/flags=4/0xb dsq_flags=0x0 ops_state/qseq=0/0
      sticky/holding_cpu=-1/-1 dsq_id=0x1
      dsq_vtime=0 slice=20000000 weight=100
      cpus=3 no_mig=0

    common_nsleep_timens+0x4b/0x90

CPU 1   : nr_run=1 flags=0x1 cpu_rel=0 ksync=227
          curr=init[1] class=rt_sched_class

  R a name[44] -12ms
      sticky/holding_cpu=-1/-1 dsq_id=(n/a)
      cpus=2 no_mig=0

-- END DUMP --
)";

/// World's run under a scheduler: in charge from the first step's begin until something happens.
World under_scheduler() {
  World world;
  world.judged.program.scheduler = ir::SchedulerUse{"bad", {"fast"}, {}};
  ir::SchedulerState state;
  state.scheduler = "bad+fast";
  state.step = ir::backdrop_step;
  state.at = world.telemetry.phases.at(0).begin - 200ms;
  state.change = SchedulerChange::started;
  world.telemetry.schedulers.push_back(state);
  state.at = world.telemetry.phases.at(0).begin - 100ms;
  state.change = SchedulerChange::attached;
  state.ops = "mischief";
  state.enable_seq = 1;
  world.telemetry.schedulers.push_back(state);
  return world;
}

void add(World& world, SchedulerChange change, Nanos at, std::string error = {}, int code = 0) {
  ir::SchedulerState state = world.telemetry.schedulers.back();
  state.change = change;
  state.at = at;
  state.step = 1;
  state.error = std::move(error);
  state.exit_code = code;
  if (change == SchedulerChange::lost) {  // As init tells it.
    state.change = SchedulerChange::left;
    world.telemetry.schedulers.push_back(state);
    state.change = change;
  }
  world.telemetry.schedulers.push_back(state);
}

std::string stamp(Nanos at) {
  return "[" + std::to_string(std::chrono::duration<double>(at).count()) + "] ";
}

void says(World& world, const std::string& text) {
  for (std::string& line : lines_of(text)) world.telemetry.scheduler_log.push_back({0, line});
}

}  // namespace

TEST_CASE("a stall is explained from log, output and dump") {
  World world = under_scheduler();
  const Nanos died = world.telemetry.phases.at(1).begin + 500ms;
  add(world, SchedulerChange::lost, died);
  add(world, SchedulerChange::ended, died + 800ms, {}, 1);
  says(world, stall_output);
  world.telemetry.kernel_log = {
      stamp(1ms) + "sched_ext: BPF scheduler \"mischief\" enabled",
      stamp(died) + "sched_ext: BPF scheduler \"mischief\" disabled (runnable task stall)",
      stamp(died) + "sched_ext: mischief: bursty[103] failed to run for 2.352s",
      stamp(died) + "   scx_vexit+0x6d/0xa0", stamp(died) + "something else"};
  world.telemetry.ops.push_back({.step = 1,
                                 .op = 0,
                                 .round = 0,
                                 .name = "sleep",
                                 .at = died - 100ms,
                                 .took = 200ms,
                                 .error = {}});

  const ir::Finding finding = world.finding("ERROR_STALL");
  CHECK(finding.outcome == ir::Outcome::fail);
  CHECK(finding.label ==
        "the scheduler `bad+fast` was ejected: runnable task stall (bursty[103] failed to run for "
        "2.352s)");
  const std::string step = world.judged.program.steps.at(1).name;
  CHECK(finding.value.ends_with(" after it attached, in step `" + step + "`, during sleep"));
  CHECK(finding.evidence ==
        Lines{"at scx_vexit+0x6d/0xa0",
              "waiting: bursty[103] for 2404 ms on CPU 0, dsq 0x1, CPUs 3; running there: "
              "kworker/u8:2[39]",
              "waiting: a name[44] for 12 ms on CPU 1, dsq (n/a), CPUs 2; running there: init[1]",
              "its process: exit status 1", "said: scx_mischief: attached",
              "said: scx_mischief: ended: ERROR_STALL (1026): runnable task stall: bursty[103] "
              "failed to run for 2.352s"});

  const ir::SchedulerRun run = scheduler_runs(world.judged, world.telemetry).at(0);
  REQUIRE(run.dump);
  CHECK(run.dump->trigger == "kworker/u8:2[39]");
  CHECK(run.dump->exit_kind == 1026);
  CHECK(run.dump->notes == Lines{"fifo: 12 tasks seen"});
  REQUIRE(run.dump->cpus.size() == 2);
  CHECK(run.dump->cpus[0].nr_running == 2);
  CHECK(run.dump->cpus[0].current == "kworker/u8:2[39]");
  CHECK(run.dump->cpus[0].scheduling_class == "ext_sched_class");
  REQUIRE(run.dump->cpus[0].tasks.size() == 2);
  CHECK(run.dump->cpus[0].tasks[0].current);
  CHECK(run.dump->cpus[0].tasks[0].stack.size() == 2);
  CHECK(run.dump->cpus[0].tasks[1].comm == "bursty");
  CHECK(run.dump->cpus[0].tasks[1].pid == 103);
  CHECK(run.dump->cpus[1].tasks.at(0).comm == "a name");
  CHECK(run.to_attach == 100ms);
}

TEST_CASE("a death belongs to the op and step of its moment, not to those when init saw it") {
  World world = under_scheduler();
  const ir::Phase first = world.telemetry.phases.at(0), second = world.telemetry.phases.at(1);
  const auto op = [&](std::uint32_t step, const char* name, Nanos at, Nanos took) {
    world.telemetry.ops.push_back({.step = step, .name = name, .at = at, .took = took});
  };
  op(0, "short", first.end - 60ms, 20ms);
  op(1, "late", second.begin + 10ms, 30ms);
  add(world, SchedulerChange::lost, second.begin + 20ms);
  const auto told_at = [&](const std::string& time) {
    world.telemetry.kernel_log = {time +
                                  "sched_ext: BPF scheduler \"mischief\" disabled (runtime error)"};
    return world.finding("ERROR").value;
  };
  CHECK(told_at(stamp(first.end - 50ms)).ends_with(", in step `even`, during short"));
  CHECK(told_at(stamp(first.end - 20ms)).ends_with(", in step `even`"));
  CHECK(told_at(stamp(second.begin + 5ms)).ends_with(", in step `uneven`"));
  // The kernel may say it late, and a line may have no time.
  CHECK(told_at(stamp(second.end)).ends_with(", in step `uneven`, during late"));
  CHECK(told_at("").ends_with(", in step `uneven`, during late"));
}

TEST_CASE("a scheduler that came back by itself is alive, and was not in charge meanwhile") {
  World world = under_scheduler();
  const ir::Phase second = world.telemetry.phases.at(1);
  add(world, SchedulerChange::left, second.begin + 500ms);
  add(world, SchedulerChange::reattached, second.begin + 1200ms);
  const ir::Finding alive = world.finding("scheduler_alive");
  CHECK(alive.outcome == ir::Outcome::pass);
  CHECK(alive.value.ends_with(", came back by itself 1 time after 700ms away"));
  CHECK(world.claim("scheduler.attached_for@uneven == 1300ms").outcome == ir::Outcome::pass);
  // It is its second goodbye that tells why it is lost in the end.
  add(world, SchedulerChange::lost, second.begin + 1500ms);
  world.telemetry.kernel_log = {
      stamp(second.begin + 500ms) +
          "sched_ext: BPF scheduler \"mischief\" disabled (unregistered from BPF)",
      stamp(second.begin + 1500ms) +
          "sched_ext: BPF scheduler \"mischief\" disabled (runtime error)"};
  CHECK(world.finding("ERROR").value ==
        "3.6s after it attached, came back by itself 1 time after 700ms away, in step `uneven`");
}

TEST_CASE("without the scheduler's output the kernel's log is enough, and the other way round") {
  const Nanos died = 3s;
  for (const bool log : {true, false}) {
    World world = under_scheduler();
    add(world, SchedulerChange::lost, died);
    if (log)
      world.telemetry.kernel_log = {
          stamp(died) + "sched_ext: BPF scheduler \"mischief\" disabled (scx_bpf_error)",
          stamp(died) + "sched_ext: mischief: told to (by test)"};
    else
      says(world, "EXIT: scx_bpf_error (told to (by test))\n");
    CHECK(world.finding("ERROR_BPF").label.ends_with("scx_bpf_error (told to (by test))"));
  }
}

TEST_CASE("every way to end has its kind") {
  CHECK(kind_of_reason("runtime error") == "ERROR");
  CHECK(kind_of_reason("unregistered from BPF") == "UNREG_BPF");
  CHECK(kind_of_reason("unregistered from the main kernel") == "UNREG_KERN");
  CHECK(kind_of_reason("disabled by sysrq-S") == "SYSRQ");
  CHECK(kind_of_reason("a reason of the future") == "ERROR");

  const auto reason = [](const char* text) {
    World world = under_scheduler();
    add(world, SchedulerChange::lost, 3s);
    world.telemetry.kernel_log = {stamp(3s) + "sched_ext: BPF scheduler \"mischief\" disabled (" +
                                  text + ")"};
    return world;
  };
  CHECK(reason("disabled by sysrq-S").finds("SYSRQ"));
  World gone = reason("unregistered from user space");
  CHECK(gone.finds("UNREG"));
  add(gone, SchedulerChange::ended, 3s, {}, 7);
  CHECK(gone.finding("EXITED").label.ends_with("its process ended with exit status 7"));
}

TEST_CASE("a report about another scheduler, or an earlier life, is not this one's") {
  const Lines log{stamp(1s) + "sched_ext: BPF scheduler \"a\" disabled (runtime error)",
                  stamp(2s) + "sched_ext: BPF scheduler \"b\" disabled (scx_bpf_error)",
                  stamp(3s) + "sched_ext: BPF scheduler \"a\" disabled (runnable task stall)"};
  CHECK(exit_in_kernel_log(log, "a", 0)->kind == "ERROR");
  CHECK(exit_in_kernel_log(log, "a", 1)->kind == "ERROR_STALL");
  CHECK(exit_in_kernel_log(log, "b", 0)->kind == "ERROR_BPF");
  CHECK(exit_in_kernel_log(log, "", 1)->kind == "ERROR_BPF");
  CHECK_FALSE(exit_in_kernel_log(log, "a", 2));
  CHECK_FALSE(exit_in_kernel_log(log, "c", 0));
}

TEST_CASE("a scheduler that is told to go, or is there to the end, is alive") {
  World world = under_scheduler();
  CHECK(world.finding("scheduler_alive").outcome == ir::Outcome::pass);
  add(world, SchedulerChange::detached, 5s);
  add(world, SchedulerChange::ended, 5s);
  CHECK(world.finding("scheduler_alive").outcome == ir::Outcome::pass);
  CHECK_FALSE(World().finds("scheduler_alive"));
  world.telemetry.schedulers[2].error = "it is still in charge";
  CHECK(world.finding("NOT_DETACHED").outcome == ir::Outcome::fail);
}

TEST_CASE("scheduler_alive: off lets one be lost, but not be refused") {
  World world = under_scheduler();
  add(world, SchedulerChange::lost, 3s);
  CHECK(world.finds("ERROR"));
  world.judged.checks.scheduler_alive = ir::Toggle::off;
  CHECK_FALSE(world.finds("ERROR"));
  world.telemetry.schedulers.resize(1);
  add(world, SchedulerChange::refused, 3s, "its process ended with status 1");
  CHECK(world.finding("NEVER_ATTACHED").outcome == ir::Outcome::fail);
}

TEST_CASE("a scheduler that the host left no time to attach is not blamed") {
  World world = under_scheduler();
  world.judged.program.schedulers = {{.name = "bad", .attach_timeout = 2s}};
  world.telemetry.schedulers.resize(1);
  const Nanos started = world.telemetry.schedulers[0].at;
  add(world, SchedulerChange::refused, started + 12s, "it is not in charge after 12000 ms");
  world.telemetry.noise.worst_per_second.assign(12, 800ms);  // 2.4 s of 12 are left.
  CHECK(world.finding("NEVER_ATTACHED").outcome == ir::Outcome::fail);
  world.telemetry.noise.worst_per_second.assign(12, 900ms);
  const ir::Finding excused = world.finding("NEVER_ATTACHED");
  CHECK(excused.outcome == ir::Outcome::inconclusive);
  CHECK(excused.evidence.back() ==
        "waited 12s, attach_timeout 2s, host delay H 10.8s: the host may have kept it from "
        "attaching");
  world.telemetry.schedulers.back().at = started + 1s;
  CHECK(world.finding("NEVER_ATTACHED").outcome == ir::Outcome::fail);
}

TEST_CASE("what never attached satisfies no expectation of another kind") {
  World world = under_scheduler();
  world.telemetry.schedulers.resize(1);
  add(world, SchedulerChange::refused, 3s, "runnable task stall");
  world.judged.expect = ir::Expect{.matching = "/stall/"};
  CHECK(world.verdict().outcome == ir::Outcome::fail);
  world.judged.expect->kind = "ERROR_STALL";
  CHECK(world.verdict().outcome == ir::Outcome::fail);
  world.judged.expect->kind = "NEVER_ATTACHED";
  CHECK(world.finding("NEVER_ATTACHED").outcome == ir::Outcome::pass);
}

TEST_CASE("a refused program is told with the verifier's reason first") {
  World world = under_scheduler();
  world.telemetry.schedulers.resize(1);
  add(world, SchedulerChange::refused, 3s,
      "its process ended with status 1 before it was in charge");
  says(world,
       "libbpf: prog 'bad_enqueue': BPF program load failed: Permission denied\n"
       "libbpf: prog 'bad_enqueue': -- BEGIN PROG LOAD LOG --\n"
       "0: R1=ctx() R10=fp0\n"
       "; return *p; @ bad.bpf.c:12\n"
       "1: (79) r2 = *(u64 *)(r1 +0)\n"
       "R2 invalid mem access 'scalar'\n"
       "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0\n"
       "-- END PROG LOAD LOG --\n"
       "libbpf: prog 'bad_enqueue': failed to load: -13\n"
       "libbpf: failed to load object 'bad'\n");
  const ir::Finding finding = world.finding("LOAD_REFUSED");
  CHECK(finding.label ==
        "the scheduler `bad+fast` was refused: R2 invalid mem access 'scalar' "
        "(the BPF program `bad_enqueue`)");
  CHECK(finding.evidence.back().starts_with("verifier: processed"));
}

TEST_CASE("the report of a newer verifier is not taken for the reason, but shown") {
  const Lines output{"libbpf: prog 'loop': -- BEGIN PROG LOAD LOG --",
                     "9: (79) r3 = *(u64 *)(r4 +0)",
                     "invalid access to map value, value_size=512 off=512 size=8",
                     "R4 min value is outside of the allowed memory range",
                     "",
                     "Verification failed: Memory Safety: Access outside bounds",
                     "",
                     "Suggestion:",
                     "  Add or adjust a bounds check.",
                     "processed 713 insns (limit 1000000) max_states_per_insn 4",
                     "-- END PROG LOAD LOG --"};
  CHECK(find_load_refusal(output)->reason ==
        "R4 min value is outside of the allowed memory range – Memory Safety: Access outside "
        "bounds");
  World world = under_scheduler();
  world.telemetry.schedulers.resize(1);
  add(world, SchedulerChange::refused, 3s, "its process ended with status 1");
  for (const std::string& line : output) world.telemetry.scheduler_log.push_back({0, line});
  CHECK(world.finding("LOAD_REFUSED").evidence.at(0) ==
        "verifier: Verification failed: Memory Safety: Access outside bounds");
}

TEST_CASE("a kernel function that is missing is the reason when the verifier never came to it") {
  const Lines output{"libbpf: extern (func ksym) 'scx_bpf_dispatch': not found in kernel BTFs",
                     "libbpf: failed to load object 'scx_simple'"};
  CHECK(find_load_refusal(output)->reason == output[0]);
  CHECK_FALSE(find_load_refusal(Lines{"attached", "libbpf: some warning"}));
}

TEST_CASE("cycles in a verifier's log collapse, also within each other") {
  Lines log{"0: R1=ctx() R10=fp0"};
  for (int outer = 0; outer < 4; ++outer) {
    log.push_back("; outer loop @ a.c:1");
    for (int inner = 0; inner < 10; ++inner)
      for (int line = 0; line < 6; ++line)
        log.push_back(std::to_string(100 * outer + 6 * inner + line) + ": (07) r" +
                      std::to_string(line) + " += 1   ; R" + std::to_string(line) +
                      "_w=" + std::to_string(inner));
    for (int line = 0; line < 5; ++line)
      log.push_back(std::to_string(line) + ": (b7) r9 = " + std::to_string(line));
  }
  log.push_back("BPF program is too large. Processed 1000001 insn");
  const Lines shown = collapse_cycles(log);
  CHECK(shown.size() < 60);
  CHECK(shown.front() == log.front());
  CHECK(shown.back() == log.back());
  const auto has = [&](const std::string& line) {
    return std::ranges::find(shown, line) != shown.end();
  };
  CHECK(has("--- 10x of the following 6 lines ---"));
  CHECK(has("--- 8 identical iterations omitted ---"));

  const Lines plain{"a", "b", "c", "d", "e", "a", "b", "c", "d", "e", "x"};
  CHECK(collapse_cycles(plain) == plain);  // Twice is not often.
  const Lines dots(100, "same");
  CHECK(collapse_cycles(dots) == dots);  // A period below five lines is left alone.
  CHECK(collapse_cycles({}).empty());
}

TEST_CASE("claims about the time in charge") {
  World world = under_scheduler();
  const ir::Phase second = world.telemetry.phases.at(1);
  add(world, SchedulerChange::lost, second.begin + 500ms);
  const std::string step = world.judged.program.steps.at(1).name;
  CHECK(world.claim("scheduler.attached_for@" + step + " == 500ms").outcome == ir::Outcome::pass);
  CHECK(world.claim("scheduler.attached_for == 2500ms").outcome == ir::Outcome::pass);
  CHECK(World().claim("scheduler.attached_for > 0s").outcome == ir::Outcome::inconclusive);
}

TEST_CASE("claims about the name of who was in charge last") {
  World world = under_scheduler();
  const ir::Phase second = world.telemetry.phases.at(1);
  add(world, SchedulerChange::detached, second.begin + 500ms);
  ir::SchedulerState other = world.telemetry.schedulers.front();
  other.start = 1;
  other.at = second.begin + 600ms;
  world.telemetry.schedulers.push_back(other);
  other.change = SchedulerChange::attached;
  other.ops = "fifo_1.0";
  world.telemetry.schedulers.push_back(other);
  const auto holds = [&](const std::string& text) { return world.claim(text).outcome; };
  CHECK(holds("scheduler.name@even == \"mischief\"") == ir::Outcome::pass);
  CHECK(holds("scheduler.name@uneven matches /^fifo/") == ir::Outcome::pass);
  CHECK(holds("scheduler.name contains \"fifo\"") == ir::Outcome::pass);
  CHECK(holds("scheduler.name@* contains \"fifo\"") == ir::Outcome::fail);
  CHECK(holds("scheduler.name@* is not empty") == ir::Outcome::pass);
  CHECK(World().claim("scheduler.name is not empty").outcome == ir::Outcome::inconclusive);
}

TEST_CASE("claims about event counters go on over restarts, and are unknown on old kernels") {
  World world = under_scheduler();
  const auto sample = [&](Nanos at, std::uint32_t phase, std::uint64_t sequence, double value) {
    ir::SchedulerSample out;
    out.at = at;
    out.phase = phase;
    out.enable_seq = sequence;
    out.has_events = true;
    out.events = {{"select_cpu_fallback", value}};
    out.stats = {{"local", 2 * value}, {"deep.er", 1}};
    world.telemetry.scheduler_samples.push_back(out);
  };
  const ir::Phase first = world.telemetry.phases.at(0), second = world.telemetry.phases.at(1);
  sample(first.begin, 0, 1, 10);
  sample(first.begin + 1s, 0, 1, 30);
  sample(second.begin, 1, 1, 40);
  sample(second.begin + 1s, 1, 2, 5);  // Another scheduler, counting from 0.
  sample(second.end, 1, 2, 8);
  const std::string step = world.judged.program.steps.at(1).name;
  const auto holds = [&](const std::string& text) { return world.claim(text).outcome; };
  CHECK(holds("scheduler.events.select_cpu_fallback@" + step + " == 8") == ir::Outcome::pass);
  CHECK(holds("rate(scheduler.events.select_cpu_fallback@" + step + ") <= 4/s") ==
        ir::Outcome::pass);
  CHECK(holds("rate(scheduler.events.select_cpu_fallback@" + step + ") < 4/s") ==
        ir::Outcome::fail);
  CHECK(holds("series(scheduler.events.select_cpu_fallback) never decreases") == ir::Outcome::pass);
  CHECK(holds("scheduler.stats.local@" + step + " == 16") == ir::Outcome::pass);
  CHECK(holds("scheduler.stats.deep.er == 1") == ir::Outcome::pass);
  CHECK(holds("max(series(scheduler.stats.local)) == 80") == ir::Outcome::pass);
  CHECK(holds("scheduler.stats.nothing == 1") == ir::Outcome::inconclusive);
  const ir::Finding unknown = world.claim("scheduler.events.nothing == 0");
  CHECK(unknown.outcome == ir::Outcome::inconclusive);

  for (ir::SchedulerSample& each : world.telemetry.scheduler_samples) {
    each.has_events = false;
    each.events.clear();
  }
  CHECK(holds("scheduler.events.select_cpu_fallback == 0") == ir::Outcome::inconclusive);
}

TEST_CASE("ext is the share of CPU time under sched_ext") {
  World world;
  const auto cpu = [&](std::uint32_t worker, std::uint32_t phase) {
    return *value_in(world.slice(worker, phase), ir::metric("cpu_time"));
  };
  CHECK(world.claim("total.ext >= 0").outcome == ir::Outcome::inconclusive);
  for (std::uint32_t worker = 0; worker < 4; ++worker)
    for (std::uint32_t phase = 0; phase < 2; ++phase)
      world.slice(worker, phase)
          .values.push_back({ir::metric("ext_time").row, phase == 0 ? 0 : cpu(worker, phase)});
  const std::string step = world.judged.program.steps.at(1).name;
  CHECK(world.claim("total.ext@" + step + " == 1").outcome == ir::Outcome::pass);
  CHECK(world.claim("max(total.workers.ext) < 1").outcome == ir::Outcome::pass);
}
