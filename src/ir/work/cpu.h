// SPDX-License-Identifier: GPL-2.0-only
// Work that is about time on CPU.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct Spin {
  bool operator==(const Spin&) const = default;
  static constexpr auto schema =
      schema::record("spin", "Burn CPU without ever giving it up. One iteration is 1024 units.");
};

struct YieldHeavy {
  bool operator==(const YieldHeavy&) const = default;
  static constexpr auto schema = schema::record(
      "yield_heavy",
      "Call sched_yield after every unit of work: mostly scheduling. One iteration is one yield.");
};

struct Mixed {
  bool operator==(const Mixed&) const = default;
  static constexpr auto schema = schema::record(
      "mixed", "Spin for 1024 units, then yield, and again. One iteration is one yield.");
};

struct Bursty {
  Nanos burst = 50ms;
  Nanos sleep = 100ms;
  [[nodiscard]] Nanos round_time() const { return burst + sleep; }
  bool operator==(const Bursty&) const = default;
  static constexpr auto schema = schema::record(
      "bursty",
      "Run for `burst`, then sleep for `sleep`. One iteration is one burst; wake_latency is how "
      "much longer than asked the sleep took.",
      schema::Field{"burst", &Bursty::burst, "Time on CPU per cycle.", schema::range(1us, 60s)},
      schema::Field{"sleep", &Bursty::sleep, "Time asleep per cycle.", schema::range(1us, 60s)});
};

/// How many multiplications one instruction does.
enum class AluWidth { widest, scalar, vec128, vec256, vec512 };

struct AluHot {
  AluWidth width = AluWidth::widest;
  bool operator==(const AluHot&) const = default;
  static constexpr auto schema = schema::record(
      "alu_hot",
      "Keep the multipliers of the CPU busy from registers alone. One iteration is 1024 rounds of "
      "4 independent multiplications of `width`; a unit is the multiplication of one element of "
      "32 bits.",
      schema::Field{"width", &AluHot::width,
                    "The width of an instruction; an error where the CPU has none so wide."});
};

struct SmtSiblingSpin {
  static constexpr std::uint32_t group_size() { return 2; }
  bool operator==(const SmtSiblingSpin&) const = default;
  static constexpr auto schema = schema::record(
      "smt_sibling_spin",
      "Pairs on the two hardware threads of a core, in lockstep: each does 16 units, then spins "
      "with `pause` until its partner has done them too. One iteration is one such round, so a "
      "pair makes progress only while both of it run. `affinity` is smt_pair if not given.");
};

struct IpcVariance {
  Count hot_iters = 100000;
  Count cold_iters = 1024;
  Count period_iters = 64;
  bool operator==(const IpcVariance&) const = default;
  static constexpr auto schema = schema::record(
      "ipc_variance",
      "Alternate between many and few instructions per cycle: iterations of independent "
      "arithmetic, then iterations that follow a chain of loads through 512 KiB. A unit is one "
      "operation or one load.",
      schema::Field{"hot_iters", &IpcVariance::hot_iters, "Operations in a hot iteration.",
                    schema::range(1, 1e9)},
      schema::Field{"cold_iters", &IpcVariance::cold_iters, "Loads in a cold iteration.",
                    schema::range(1, 1e9)},
      schema::Field{"period_iters", &IpcVariance::period_iters,
                    "Iterations of one kind before those of the other.", schema::range(1, 1e9)});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::AluWidth> =
    std::array{ktstr::schema::Word{"widest", "The widest vectors that the CPU has."},
               ktstr::schema::Word{"scalar", "One element at a time."},
               ktstr::schema::Word{"vec128", "Vectors of 128 bits."},
               ktstr::schema::Word{"vec256", "Vectors of 256 bits."},
               ktstr::schema::Word{"vec512", "Vectors of 512 bits."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::AluWidth>{
    "alu_width", "How wide instructions are."};
