// SPDX-License-Identifier: GPL-2.0-only
// Member: what init knows of one worker and tells of it. It turns readings of the slab and of the
// kernel's counters into samples, slices of phases and the report. It reads and writes the slab and
// sends nothing.
#pragma once

#include <map>
#include <optional>

#include "guest/meter.h"
#include "guest/slab.h"
#include "ir/telemetry.h"

namespace ktstr::guest {

/// The part of a histogram that came after `base`; its extremes to the width of a bucket.
ir::Histogram difference(const ktstr_histogram& now, const ktstr_histogram& base);

class Member {
 public:
  Member(ir::WorkerInfo info, Slab& slab, Meter meter);

  [[nodiscard]] const ir::WorkerInfo& info() const { return report_.info; }
  [[nodiscard]] Slab& slab() const { return slab_; }
  [[nodiscard]] bool begun() const { return report_.info.started != Nanos(0); }
  [[nodiscard]] bool stopped() const { return stopped_.has_value(); }

  /// The NUMA nodes of the CPUs that its cgroup may use.
  void set_near(topology::CpuSet nodes) { near_ = std::move(nodes); }
  /// Nodes that have memory and no CPUs.
  void set_slow(topology::CpuSet nodes) { slow_ = std::move(nodes); }
  /// Counters count from here; it still waits at the start barrier.
  void prepare();
  /// Its work begins, right before the barrier opens.
  void begin(Nanos now);
  /// From here on it cannot run, or can again. Thawed shortly before it really is.
  void set_frozen(bool frozen, Nanos now);
  [[nodiscard]] bool frozen() const { return frozen_since_.has_value(); }

  void open_phase(std::uint32_t phase, Nanos now);
  [[nodiscard]] bool in_phase() const { return open_.has_value(); }
  void close_phase(Nanos now);
  /// A full reading for itself: what follows is counted by what it found.
  void look(Nanos now) { read(last_, now); }
  /// A quick one leaves out the counters that cost most to read.
  ir::WorkerSample sample(Nanos now, Depth depth);
  /// It was told to stop: from here on it is no longer to run.
  void stop(Nanos now);

  /// Its process ended, and nobody has reaped it yet. Closes a phase that is open.
  void end(ir::WorkerEnd how, std::int32_t status, Nanos now);
  /// Something it could not do; the first one stays.
  void note_error(const std::string& error);
  [[nodiscard]] const ir::WorkerReport& report() const { return report_; }

 private:
  struct Open {
    std::uint32_t phase;
    Nanos begin;
    Values base;
    std::map<std::size_t, ktstr_histogram> histograms;  ///< Those that are not empty, by slot.
  };

  [[nodiscard]] Nanos frozen_for(Nanos now) const;
  [[nodiscard]] Nanos lived(Nanos now) const;
  void read(Values& values, Nanos now, Depth depth = Depth::full) const;
  void place_pages(Values& values) const;
  void harvest_cpus();
  [[nodiscard]] std::int64_t maximum_of(std::size_t slot, Nanos now) const;

  Slab& slab_;
  Meter meter_;
  ir::WorkerReport report_;
  std::uint64_t phases_ = 0;  ///< The slab's number of the open phase.
  Values start_;
  Values last_;  ///< What a reading that fails leaves as it was.
  std::optional<Open> open_;
  std::optional<Nanos> stopped_;
  Nanos frozen_before_{0};
  std::optional<Nanos> frozen_since_;
  topology::CpuSet phase_cpus_;
  topology::CpuSet sample_cpus_;
  topology::CpuSet near_, slow_;  ///< NUMA nodes.
};

}  // namespace ktstr::guest
