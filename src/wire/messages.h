// SPDX-License-Identifier: GPL-2.0-only
// Messages between host and guest. Each is a described struct; a frame (frame.h) carries one in the
// schema's encoding, its index in `Message` being the frame's type. Times are the guest's
// CLOCK_MONOTONIC unless said otherwise.
#pragma once

#include <variant>

#include "ir/case.h"
#include "ir/telemetry.h"
#include "topology/view.h"

namespace ktstr::wire {

/// The port on CID 2 that the guest connects to.
inline constexpr std::uint32_t port = 1024;

/// Guest: the first message. The fingerprint is that of `Message`.
struct Hello {
  std::uint64_t fingerprint = 0;
  std::string kernel;  ///< uname -r
  topology::MachineView machine;
  Nanos now{0};

  bool operator==(const Hello&) const = default;
  static constexpr auto schema =
      schema::record("hello", "The guest is there.",
                     schema::Field{"fingerprint", &Hello::fingerprint, "Of the vocabulary."},
                     schema::Field{"kernel", &Hello::kernel, "Its release."},
                     schema::Field{"machine", &Hello::machine, "What the kernel sees."},
                     schema::Field{"now", &Hello::now, "Its clock."});
};

/// Host: execute this.
struct Run {
  ir::Program program;
  bool operator==(const Run&) const = default;
  static constexpr auto schema = schema::record("run", "Execute a program.",
                                                schema::Field{"program", &Run::program, "Which."});
};

/// Host: end the run now; reports of what happened so far and Done follow.
struct Stop {
  bool operator==(const Stop&) const = default;
  static constexpr auto schema = schema::record("stop", "End the run.");
};

/// Host, each second, and the guest's answer to it: they keep the mapping of the clocks.
struct Ping {
  Nanos host{0};
  bool operator==(const Ping&) const = default;
  static constexpr auto schema = schema::record(
      "ping", "What time is it?", schema::Field{"host", &Ping::host, "The host's clock."});
};

struct Pong {
  Nanos host{0};
  Nanos guest{0};
  bool operator==(const Pong&) const = default;
  static constexpr auto schema = schema::record(
      "pong", "An answer to Ping.", schema::Field{"host", &Pong::host, "As it was asked."},
      schema::Field{"guest", &Pong::guest, "The guest's clock."});
};

enum class LogStream { kernel, init, worker };

struct Log {
  LogStream stream = LogStream::kernel;
  std::string text;  ///< One line.
  bool operator==(const Log&) const = default;
  static constexpr auto schema =
      schema::record("log", "A line.", schema::Field{"stream", &Log::stream, "Whose."},
                     schema::Field{"text", &Log::text, "The line."});
};

/// Guest: sent when a phase begins and again when it ends.
struct PhaseChange {
  ir::Phase phase;
  bool operator==(const PhaseChange&) const = default;
  static constexpr auto schema =
      schema::record("phase_change", "A step begins or ends.",
                     schema::Field{"phase", &PhaseChange::phase, "Which."});
};

/// Guest: the run is over; nothing follows. Empty `error`: every step and op was done.
struct Done {
  std::string error;
  std::uint64_t samples_lost = 0;
  bool operator==(const Done&) const = default;
  static constexpr auto schema = schema::record(
      "done", "The run is over.", schema::Field{"error", &Done::error, "What ended it early."},
      schema::Field{"samples_lost", &Done::samples_lost, "Samples not sent."});
};

/// Host: Done was received; the guest may be stopped any moment.
struct DoneSeen {
  bool operator==(const DoneSeen&) const = default;
  static constexpr auto schema = schema::record("done_seen", "Done was received.");
};

using Message =
    std::variant<Hello, Run, Stop, Ping, Pong, Log, PhaseChange, ir::Sample, ir::WorkerReport,
                 ir::OpDone, ir::CpusetInForce, ir::Move, ir::SchedulerState, ir::SchedulerLine,
                 ir::SchedulerSample, ir::PayloadRun, ir::PayloadOutput, Done, DoneSeen>;

}  // namespace ktstr::wire

template <>
inline constexpr auto ktstr::schema::words<ktstr::wire::LogStream> = std::array{
    ktstr::schema::Word{"kernel", "/dev/kmsg."}, ktstr::schema::Word{"init", "Our init."},
    ktstr::schema::Word{"worker", "A worker's own words."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::wire::LogStream>{
    "log_stream", "Where a line comes from."};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::wire::Message>{
    "message", "What host and guest say to each other."};
