// SPDX-License-Identifier: GPL-2.0-only
// Work that a scenario writes itself: phases in a loop, with repetitions and weighted choices. The
// same seed makes the same choices.
#pragma once

#include <variant>
#include <vector>

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

namespace program {

struct Spin {
  Nanos time = 1ms;
  bool operator==(const Spin&) const = default;
  static constexpr auto schema =
      schema::record("spin", "Burn CPU until the time is over.",
                     schema::Field{"time", &Spin::time, "How long.", schema::required,
                                   schema::range(1us, 1min), schema::example("2ms")})
          .written_as(schema::Shorthand::scalar);
};

struct Sleep {
  Nanos time = 1ms;
  bool operator==(const Sleep&) const = default;
  static constexpr auto schema =
      schema::record("sleep", "Sleep, and note how late the timer was as `wake_latency`.",
                     schema::Field{"time", &Sleep::time, "How long.", schema::required,
                                   schema::range(1us, 1min), schema::example("1ms")})
          .written_as(schema::Shorthand::scalar);
};

struct Yield {
  Count times = 1;
  bool operator==(const Yield&) const = default;
  static constexpr auto schema =
      schema::record("yield", "Call sched_yield.",
                     schema::Field{"times", &Yield::times, "How often.", schema::range(1, 1e6)})
          .written_as(schema::Shorthand::scalar);
};

struct Io {
  Bytes size = 64_KiB;
  bool operator==(const Io&) const = default;
  static constexpr auto schema =
      schema::record(
          "io",
          "Write to the disk, or to a temporary file without one, and wait until it is "
          "there (fdatasync): one request of `request_latency`.",
          schema::Field{"size", &Io::size, "How much.", schema::range(Bytes{512}, 16_MiB)})
          .written_as(schema::Shorthand::scalar);
};

struct Alu {
  Nanos time = 1ms;
  bool operator==(const Alu&) const = default;
  static constexpr auto schema =
      schema::record("alu", "Keep the multipliers busy, many operations at once.",
                     schema::Field{"time", &Alu::time, "How long.", schema::required,
                                   schema::range(1us, 1min), schema::example("1ms")})
          .written_as(schema::Shorthand::scalar);
};

struct Touch {
  Bytes size = 64_KiB;
  bool operator==(const Touch&) const = default;
  static constexpr auto schema =
      schema::record(
          "touch", "Read, change and write back every cache line of a buffer once.",
          schema::Field{"size", &Touch::size, "Of the buffer.", schema::range(Bytes{64}, 1_GiB)})
          .written_as(schema::Shorthand::scalar);
};

/// Futex words that all workers of a run share.
inline constexpr std::uint32_t futex_words = 64;

struct FutexWait {
  Count word = 0;
  bool operator==(const FutexWait&) const = default;
  static constexpr auto schema =
      schema::record(
          "futex_wait",
          "Block until somebody has woken the word since this worker's last wait for it, or since "
          "it was made; note the time from the wake as `wake_latency` if it had to block.",
          schema::Field{"word", &FutexWait::word,
                        "Which of 64 words that all workers of the run share.",
                        schema::range(0, futex_words - 1)})
          .written_as(schema::Shorthand::scalar);
};

struct FutexWake {
  Count word = 0;
  bool operator==(const FutexWake&) const = default;
  static constexpr auto schema =
      schema::record("futex_wake", "Wake all who wait for the word.",
                     schema::Field{"word", &FutexWake::word,
                                   "Which of 64 words that all workers of the run share.",
                                   schema::range(0, futex_words - 1)})
          .written_as(schema::Shorthand::scalar);
};

struct Pipe {
  Bytes size = 4_KiB;
  bool operator==(const Pipe&) const = default;
  static constexpr auto schema =
      schema::record("pipe", "Write into a pipe of its own and read it out again.",
                     schema::Field{"size", &Pipe::size, "How much, in pieces of at most 4 KiB.",
                                   schema::range(Bytes{1}, 16_MiB)})
          .written_as(schema::Shorthand::scalar);
};

struct Fork {
  Count children = 1;
  bool operator==(const Fork&) const = default;
  static constexpr auto schema =
      schema::record("fork", "Fork a child that exits at once and wait for it, once or more.",
                     schema::Field{"children", &Fork::children, "How many, one after the other.",
                                   schema::range(1, 1e4)})
          .written_as(schema::Shorthand::scalar);
};

struct Repeat;
struct Choose;
using Phase = std::variant<Spin, Sleep, Yield, Io, Alu, Touch, FutexWait, FutexWake, Pipe, Fork,
                           schema::Box<Repeat>, schema::Box<Choose>>;

struct Repeat {
  Count times = 1;
  std::vector<Phase> phases;
  bool operator==(const Repeat& other) const;
  static constexpr auto schema = schema::record(
      "repeat", "Phases again and again.",
      schema::Field{"times", &Repeat::times, "How often.", schema::required, schema::range(1, 1e9)},
      schema::Field{"do", &Repeat::phases, "The phases, in order.", schema::required});
};

struct Option {
  Share p;
  std::vector<Phase> phases;
  bool operator==(const Option& other) const;
  static constexpr auto schema =
      schema::record("option", "One of several courses.",
                     schema::Field{"p", &Option::p, "How likely it is.", schema::required,
                                   schema::range(Share{0}, Share{1})},
                     schema::Field{"do", &Option::phases,
                                   "Its phases, in order; there may be none.", schema::required});
};

struct Choose {
  std::vector<Option> options;
  bool operator==(const Choose& other) const;
  static constexpr auto schema =
      schema::record(
          "choose", "One of several courses, by chance.",
          schema::Field{"options", &Choose::options, "The courses; their shares are 100% together.",
                        schema::required})
          .written_as(schema::Shorthand::scalar);
};

/// How deep phases may nest and how many there may be.
inline constexpr std::size_t deepest = 8, most_phases = 1000;

}  // namespace program

struct ProgramWork {
  std::vector<program::Phase> loop;
  /// Without the waits for others; at most a day.
  [[nodiscard]] Nanos round_time() const;
  bool operator==(const ProgramWork&) const = default;
  static constexpr auto schema = schema::record(
      "program",
      "Phases that the scenario writes, round and round: an iteration is a round, a unit a phase. "
      "At most 1000 phases, 8 deep.",
      schema::Field{"loop", &ProgramWork::loop, "The phases, in order.", schema::required,
                    schema::example("[{spin: 2ms}, {choose: [{p: 30%, do: [{sleep: 1ms}]}, {p: "
                                    "70%, do: [{yield: 1}]}]}]")});
};

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::program::Phase>{
    "phase", "What a `program` does next."};
