// SPDX-License-Identifier: GPL-2.0-only
// Work that goes through phases, one after the other and again.
#pragma once

#include <variant>
#include <vector>

#include "ir/work/cpu.h"

namespace ktstr::ir {

namespace sequence {

struct Spin {
  Nanos time{0};
  bool operator==(const Spin&) const = default;
  static constexpr auto schema =
      schema::record("spin", "Burn CPU.",
                     schema::Field{"time", &Spin::time, "For how long.", schema::required,
                                   schema::range(1us, 60s)})
          .written_as(schema::Shorthand::scalar);
};

struct Sleep {
  Nanos time{0};
  bool operator==(const Sleep&) const = default;
  static constexpr auto schema =
      schema::record("sleep", "Sleep.",
                     schema::Field{"time", &Sleep::time, "For how long.", schema::required,
                                   schema::range(1us, 60s)})
          .written_as(schema::Shorthand::scalar);
};

struct Yield {
  Nanos time{0};
  bool operator==(const Yield&) const = default;
  static constexpr auto schema =
      schema::record("yield", "Call sched_yield after every unit of work.",
                     schema::Field{"time", &Yield::time, "For how long.", schema::required,
                                   schema::range(1us, 60s)})
          .written_as(schema::Shorthand::scalar);
};

struct Io {
  Nanos time{0};
  bool operator==(const Io&) const = default;
  static constexpr auto schema =
      schema::record("io", "Write 64 KiB to a temporary file, sleep for 100 µs, and again.",
                     schema::Field{"time", &Io::time, "For how long.", schema::required,
                                   schema::range(1us, 60s)})
          .written_as(schema::Shorthand::scalar);
};

struct Alu {
  Nanos time{0};
  AluWidth width = AluWidth::widest;
  bool operator==(const Alu&) const = default;
  static constexpr auto schema =
      schema::record("alu", "Multiply, as alu_hot does.",
                     schema::Field{"time", &Alu::time, "For how long.", schema::required,
                                   schema::range(1us, 60s)},
                     schema::Field{"width", &Alu::width, "The width of an instruction."})
          .written_as(schema::Shorthand::scalar);
};

using Phase = std::variant<Spin, Sleep, Yield, Io, Alu>;

}  // namespace sequence

struct Sequence {
  std::vector<sequence::Phase> phases;
  [[nodiscard]] Nanos round_time() const {
    Nanos sum{0};
    for (const sequence::Phase& phase : phases)
      sum += std::visit([](const auto& each) { return each.time; }, phase);
    return sum;
  }
  [[nodiscard]] std::string_view flaw() const {
    return phases.empty() ? "a sequence without phases does nothing" : "";
  }
  bool operator==(const Sequence&) const = default;
  static constexpr auto schema =
      schema::record(
          "sequence",
          "Phases one after the other, and from the first again. One iteration is all "
          "of them; wake_latency is how much longer than asked a sleep took, also those "
          "of `io`.",
          schema::Field{"phases", &Sequence::phases, "What is done, in order.", schema::required,
                        schema::example("[{spin: 2ms}, {sleep: 1ms}]")})
          .written_as(schema::Shorthand::scalar);
};

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::sequence::Phase>{
    "sequence_phase", "A part of a sequence."};
