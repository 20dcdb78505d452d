// SPDX-License-Identifier: GPL-2.0-only
// Slab: the shared memory of one worker. The worker writes what it measures, init reads it whenever
// it likes, and neither waits for the other; what a killed worker measured is still there. Its
// layout follows from the rows of ir::metrics that workers supply.
//
// A phase's counters and distributions are differences of two readings. Its maxima carry the
// phase's number: a worker that notices a new phase at its checkpoint starts a new maximum, and
// init adds the gap that was still open when the phase ended.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/units.h"
#include "bpf/histogram.h"
#include "ir/metric.h"
#include "topology/cpuset.h"

namespace ktstr::guest {

/// Whether workers measure the metric themselves: all that init and the host do not.
constexpr bool by_worker(const ir::Metric& metric) {
  return metric.kind != ir::MetricKind::derived && !metric.supplier.starts_with("init");
}

constexpr std::size_t slot_count(ir::MetricKind kind, std::size_t rows = ir::metric_count) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows; ++row)
    count += by_worker(ir::metrics[row]) && ir::metrics[row].kind == kind ? 1 : 0;
  return count;
}

/// The rows of one kind that workers supply; a row's place here is its slot in the slab.
template <ir::MetricKind kind>
consteval auto slot_rows() {
  std::array<ir::MetricId, slot_count(kind)> rows{};
  for (std::uint16_t row = 0; row < ir::metric_count; ++row)
    if (by_worker(ir::metrics[row]) && ir::metrics[row].kind == kind)
      rows[slot_count(kind, row)] = {row};
  return rows;
}

inline constexpr auto counter_rows = slot_rows<ir::MetricKind::counter>();
inline constexpr auto maximum_rows = slot_rows<ir::MetricKind::maximum>();
inline constexpr auto distribution_rows = slot_rows<ir::MetricKind::distribution>();

/// The slot of a metric that workers supply; anything else does not compile.
consteval std::size_t slot(ir::MetricId id) {
  if (!by_worker(*id)) throw "workers do not supply this metric";
  return slot_count(id->kind, id.row);
}

/// A maximum and the phase it belongs to, in one word: 16 bits of the phase, 48 of nanoseconds.
struct TaggedMaximum {
  static constexpr std::int64_t most = (std::int64_t{1} << 48) - 1;

  static constexpr std::uint64_t make(std::uint64_t phase, std::int64_t value) {
    return (phase << 48) | static_cast<std::uint64_t>(value > most ? most : value);
  }
  /// The maximum within a phase; 0 when the word is of another one.
  static constexpr std::int64_t of(std::uint64_t word, std::uint64_t phase) {
    return (word >> 48) == (phase & 0xFFFF) ? static_cast<std::int64_t>(word & most) : 0;
  }
};

/// `armed_at` of a worker that waits for something of unknown time.
inline constexpr std::int64_t waiting = std::int64_t{1} << 62;

/// The words of a slab.
struct SlabHead {
  template <class T>
  using Atomic = std::atomic<T>;

  // Written by init. Times are CLOCK_MONOTONIC in nanoseconds.
  Atomic<std::uint32_t> stop;         ///< Not 0: leave.
  Atomic<std::uint64_t> phase;        ///< Counts the phases this worker has seen; stored last.
  Atomic<std::int64_t> phase_begin;   ///< When it began.
  Atomic<std::int64_t> phase_frozen;  ///< `frozen` at that time.
  Atomic<std::int64_t> frozen;        ///< How long the worker was frozen so far.

  // Written by the worker.
  alignas(64) std::array<Atomic<std::uint64_t>, counter_rows.size()> counters;
  std::array<Atomic<std::uint64_t>, maximum_rows.size()> maxima;  ///< TaggedMaximum words.
  Atomic<std::int64_t> armed_at;      ///< Since when it is due at its next checkpoint.
  Atomic<std::int64_t> armed_frozen;  ///< `frozen` at that time.
  Atomic<std::uint32_t> recorded;     ///< A bit for each histogram that is not empty.
  std::array<char, 256> error;        ///< Why it gave up; empty if it did not.
  Atomic<std::int32_t> tid;           ///< Its thread; 0 until that is there.

  // The worker sets bits, init takes them.
  std::array<Atomic<std::uint64_t>, topology::CpuSet::limit / 64> cpus;
};

/// Most workers record one or two of the distributions, so nobody touches the memory of a histogram
/// that is empty.
struct alignas(4096) Slab : SlabHead {
  [[nodiscard]] bool has_recorded(std::size_t distribution) const {
    return (recorded.load(std::memory_order_acquire) >> distribution & 1) != 0;
  }
  /// By the worker.
  void record(std::size_t distribution, std::uint64_t value) {
    ktstr_histogram_record(&histograms[distribution], value);
    if (!has_recorded(distribution)) recorded.fetch_or(1U << distribution);
  }

  alignas(64) std::array<ktstr_histogram, distribution_rows.size()> histograms;
};

/// A futex word that all workers of a run share.
struct alignas(64) SharedWord {
  std::atomic<std::uint32_t> wakes;    ///< Counts them.
  std::atomic<std::int64_t> woken_at;  ///< When it was woken last.
};

static_assert(sizeof(Slab) <= 64 * 1024);
static_assert(distribution_rows.size() <= 32);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace ktstr::guest
