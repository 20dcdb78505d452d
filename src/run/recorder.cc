// SPDX-License-Identifier: GPL-2.0-only
#include "run/recorder.h"

#include <algorithm>
#include <iterator>

namespace ktstr::run {
namespace {

constexpr std::size_t most_log_lines = 20'000;
constexpr std::size_t most_scheduler_lines = 100'000;
constexpr std::size_t most_scheduler_changes = 10'000;
constexpr std::size_t most_payload_runs = 10'000;
constexpr std::size_t most_payload_output = std::size_t{16} << 20;

}  // namespace

void Recorder::take_line(const std::string& kernel_log) {
  if (out_.kernel_log.size() < most_log_lines) out_.kernel_log.push_back(kernel_log);
}

void Recorder::take(const ir::Phase& phase) {
  const auto known = std::ranges::find(out_.phases, phase.index, &ir::Phase::index);
  if (known == out_.phases.end())
    out_.phases.push_back(phase);
  else
    *known = phase;
}

void Recorder::take(ir::Sample sample) {
  out_.samples.push_back(std::move(sample));
}

void Recorder::take(ir::WorkerReport report) {
  const auto [place, is_new] = places_.try_emplace(report.info.id, out_.workers.size());
  if (is_new) {
    out_.workers.push_back(std::move(report));
    return;
  }
  std::vector<ir::Slice>& slices = out_.workers[place->second].slices;
  slices.insert(slices.end(), std::make_move_iterator(report.slices.begin()),
                std::make_move_iterator(report.slices.end()));
}

void Recorder::take(ir::OpDone op) {
  out_.ops.push_back(std::move(op));
}

void Recorder::take(ir::CpusetInForce cpuset) {
  out_.cpusets.push_back(std::move(cpuset));
}

void Recorder::take(ir::Move move) {
  out_.moves.push_back(std::move(move));
}

void Recorder::take(ir::SchedulerState state) {
  if (out_.schedulers.size() < most_scheduler_changes) out_.schedulers.push_back(std::move(state));
}

void Recorder::take(ir::SchedulerLine line) {
  if (out_.scheduler_log.size() < most_scheduler_lines)
    out_.scheduler_log.push_back(std::move(line));
}

void Recorder::take(ir::SchedulerSample sample) {
  out_.scheduler_samples.push_back(std::move(sample));
}

void Recorder::take(ir::PayloadRun told) {
  const auto known = std::ranges::find(out_.payloads, told.run, &ir::PayloadRun::run);
  if (known != out_.payloads.end()) {
    told.out = std::move(known->out);
    told.err = std::move(known->err);
    *known = std::move(told);
  } else if (out_.payloads.size() < most_payload_runs) {
    out_.payloads.push_back(std::move(told));
  }
}

/// Comes after word of its start; the guest bounds it, and so do we.
void Recorder::take(const ir::PayloadOutput& output) {
  const auto run = std::ranges::find(out_.payloads, output.run, &ir::PayloadRun::run);
  if (run == out_.payloads.end() || run->out.size() + run->err.size() > most_payload_output) return;
  (output.is_error ? run->err : run->out) += output.text;
}

bool Recorder::explains_end() const {
  return std::ranges::any_of(out_.ops, [](const ir::OpDone& op) { return !op.error.empty(); }) ||
         std::ranges::any_of(out_.schedulers,
                             [](const ir::SchedulerState& state) {
                               return state.change == ir::SchedulerChange::refused ||
                                      state.change == ir::SchedulerChange::lost ||
                                      !state.error.empty();
                             }) ||
         std::ranges::any_of(out_.workers, [](const ir::WorkerReport& report) {
           return report.end == ir::WorkerEnd::signalled;
         });
}

}  // namespace ktstr::run
