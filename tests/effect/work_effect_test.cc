// SPDX-License-Identifier: GPL-2.0-only
// Each work type changes something that the kernel counts, or measures what it must by
// construction. The files of this folder are linked a second time with every body replaced by a
// spin (spin_bodies.cc), and then all but the cases tagged [spin] must fail.
#include <cmath>

#include "guest/arch/alu.h"
#include "trial.h"

namespace {

using namespace ktstr;

TEST_CASE("spin never gives up its CPU", "[spin]") {
  Trial trial(ir::Spin{}, 1, 0);
  const Trial::Change seen = trial.run(long_enough)[0];
  CHECK(seen.cpu_seconds + seen.waited_seconds >= 0.9 * seen.seconds);
  CHECK(seen.voluntary <= 1);
  CHECK(seen.units == 1024 * seen.iterations);
  CHECK(seen.iterations > 0);
}

TEST_CASE("a worker is seen on the CPU it is bound to and on no other", "[spin]") {
  Trial trial(ir::Spin{}, 1, 1);
  trial.run(100ms);
  CHECK(trial.slab(0).cpus[0].load() == 0b10);
}

TEST_CASE("yield_heavy switches all the time where there is somebody to switch to") {
  Trial trial(ir::YieldHeavy{}, 2, 0);
  for (const Trial::Change& seen : trial.run(long_enough)) {
    CHECK(seen.involuntary / seen.cpu_seconds > 20'000);
    CHECK(seen.involuntary > 0.2 * seen.units);
  }
}

TEST_CASE("mixed yields once in 1024 units") {
  Trial trial(ir::Mixed{}, 2, 0);
  for (const Trial::Change& seen : trial.run(long_enough)) {
    CHECK(seen.involuntary > 0.2 * seen.iterations);
    CHECK(seen.involuntary < 1.5 * seen.iterations + 100);
    CHECK(seen.units == 1024 * seen.iterations);
  }
}

TEST_CASE("bursty sleeps once in each cycle and uses its share of the CPU") {
  Trial trial(ir::Bursty{5ms, 5ms}, 1, 0);
  const Trial::Change seen = trial.run(2s)[0];
  const double cycles = seen.seconds / 0.01;
  const double at_least = (seen.seconds - seen.waited_seconds) / 0.01;
  CHECK(seen.voluntary <= 1.2 * cycles);
  CHECK(seen.voluntary >= 0.8 * at_least);
  CHECK(seen.cpu_seconds <= 0.6 * seen.seconds);
  CHECK(seen.cpu_seconds >= 0.8 * (0.5 * seen.seconds - seen.waited_seconds));
}

TEST_CASE("cache_pressure holds its buffer and touches it again and again") {
  constexpr std::uint64_t kib = 32 * 1024;
  Trial trial(ir::CachePressure{.size = Bytes{kib * 1024}, .stride = 4096}, 1, 0);
  trial.run(long_enough);
  CHECK(value_in(proc_text(trial.pid(0), "status"), "RssAnon:") >= kib);
  CHECK(trial.touched(0, long_enough) >= kib * 9 / 10);
}

TEST_CASE("cache_yield touches its buffer and lets others on the CPU in between") {
  constexpr std::uint64_t kib = 4 * 1024;
  Trial trial(ir::CacheYield{.size = Bytes{kib * 1024}, .stride = 4096}, 2, 0);
  for (const Trial::Change& seen : trial.run(long_enough))
    CHECK(seen.involuntary > 0.2 * seen.iterations);
  CHECK(trial.touched(0, long_enough) >= kib * 9 / 10);
}

TEST_CASE("alu_hot multiplies, the more at a time the wider its instructions") {
  const auto speed = [](ir::AluWidth width) {
    Trial trial(ir::AluHot{.width = width}, 1, 0);
    const Trial::Change seen = trial.run(long_enough)[0];
    CHECK(seen.iterations > 0);
    const std::uint64_t lanes = guest::alu_lanes(width);
    CHECK(seen.units == 4096 * static_cast<double>(lanes) * seen.iterations);
    return seen.units / seen.cpu_seconds;
  };
  const double scalar = speed(ir::AluWidth::scalar);
  if (guest::alu_lanes(ir::AluWidth::widest) == 1) return;
  CHECK(speed(ir::AluWidth::widest) > 1.5 * scalar);
}

TEST_CASE("ipc_variance alternates, and follows its chain through all of the memory") {
  Trial trial(ir::IpcVariance{.hot_iters = 1000, .cold_iters = 10, .period_iters = 5}, 1, 0);
  CHECK(trial.touched(0, long_enough) >= 500);
  const double iterations = trial.halt()[0];
  const double units = trial.counter(0, ir::metric("work_units"));
  const double pairs = std::floor(iterations / 10), rest = iterations - 10 * pairs;
  const double exact = pairs * 5050 + std::min(rest, 5.0) * 1000 + std::max(rest - 5, 0.0) * 10;
  CHECK(std::abs(units - exact) <= 1000);  // An iteration may have been halted half counted.
  CHECK(iterations > 20);
}

TEST_CASE("smt_sibling_spin keeps a pair in step without ever giving up a CPU") {
  Trial trial(ir::SmtSiblingSpin{}, 2, topology::CpuSet{0, 1});
  for (const Trial::Change& seen : trial.run(long_enough)) CHECK(seen.voluntary <= 1);
  const std::vector<double> iterations = trial.halt();
  CHECK(iterations[0] > 1);
  CHECK(std::abs(iterations[0] - iterations[1]) <= 1);
}

TEST_CASE("a sequence goes through its phases, each for its time") {
  using namespace ir::sequence;
  Trial trial(ir::Sequence{{Spin{2ms}, Sleep{5ms}, Yield{1ms}, Io{2ms}, Alu{1ms}}}, 1, 0);
  const std::uint64_t written = value_in(proc_text(trial.pid(0), "io"), "wchar: ");
  const Trial::Change seen = trial.run(1s)[0];
  const double bytes =
      static_cast<double>(value_in(proc_text(trial.pid(0), "io"), "wchar: ") - written);
  CHECK(seen.iterations > 1);
  CHECK(seen.iterations <= seen.seconds / 0.011 + 1);
  CHECK(bytes >= 65536 * (seen.iterations - 1));
  CHECK(seen.voluntary >= 2 * (seen.iterations - 1));
  CHECK(seen.voluntary <= 30 * (seen.iterations + 1));
  CHECK(seen.cpu_seconds <= 0.008 * (seen.iterations + 1));
}

TEST_CASE("fork_exit makes one process in each iteration, and waits for it") {
  Trial trial(ir::ForkExit{}, 1, 0);
  const double before = processes_made();
  const Trial::Change seen = trial.run(long_enough)[0];
  const double after = processes_made();
  CHECK(seen.iterations > 20);
  CHECK(after - before >= seen.iterations);
  CHECK(seen.children_faults >= seen.iterations);
  CHECK(seen.voluntary >= 0.5 * seen.iterations);
}

/// A work of every type, with its defaults.
template <std::size_t... index>
std::vector<ir::Work> one_of_each(std::index_sequence<index...>) {
  std::vector<ir::Work> out{std::variant_alternative_t<index, ir::Work>{}...};
  for (ir::Work& work : out)
    if (auto* sequence = std::get_if<ir::Sequence>(&work))
      sequence->phases = {ir::sequence::Io{60s}};
  return out;
}

TEST_CASE("workers of every type stop when they are asked to, also where a partner is halted",
          "[spin]") {
  constexpr std::size_t types = std::variant_size_v<ir::Work>;
  constexpr Nanos patience = 5s;  // They need the CPU to stop, and others may have it.
  for (const ir::Work& work : one_of_each(std::make_index_sequence<types>())) {
    CAPTURE(ir::name_of(work));
    const std::size_t workers = ir::group_size(work);
    CHECK(Trial(work, workers, 0).stop(patience));
    if (workers == 1) continue;
    Trial halted(work, workers, 0);
    ::kill(halted.pid(0), SIGSTOP);
    Trial::pass(20'000'000);
    CHECK(halted.stop(patience, 1));
  }
}

}  // namespace
