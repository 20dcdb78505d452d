// SPDX-License-Identifier: GPL-2.0-only
#include "guest/member.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace ktstr::guest {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

ir::Histogram difference(const ktstr_histogram& now, const ktstr_histogram& base) {
  ir::Histogram out;
  out.sum = now.sum - base.sum;
  for (std::uint32_t index = 0; index < KTSTR_HISTOGRAM_BUCKETS; ++index) {
    const std::uint64_t count = now.buckets[index] - base.buckets[index];
    if (count == 0) continue;
    out.buckets.push_back(index);
    out.counts.push_back(count);
    out.count += count;
  }
  if (out.count == 0) return out;
  out.minimum = std::max<std::uint64_t>(ktstr_bucket_low(out.buckets.front()), now.minimum);
  const bool last = out.buckets.back() == KTSTR_HISTOGRAM_BUCKETS - 1;
  out.maximum =
      last ? now.maximum
           : std::min<std::uint64_t>(ktstr_bucket_high(out.buckets.back()) - 1, now.maximum);
  return out;
}

Member::Member(ir::WorkerInfo info, Slab& slab, Meter meter)
    : slab_(slab), meter_(std::move(meter)) {
  report_.info = std::move(info);
}

Nanos Member::frozen_for(Nanos now) const {
  return frozen_before_ + (frozen_since_ ? now - *frozen_since_ : Nanos(0));
}

Nanos Member::lived(Nanos now) const {
  if (!begun()) return Nanos(0);
  const Nanos end = std::min(now, stopped_.value_or(now));
  return std::max(end - report_.info.started - frozen_for(end), Nanos(0));
}

void Member::read(Values& values, Nanos now, Depth depth) const {
  const Values before = last_;
  values = before;
  meter_.read(values, depth);
  // The CPU time since the last reading was had as what the worker was then.
  const ir::MetricId cpu = ir::metric("cpu_time"), ext = ir::metric("ext_time");
  if (before.on_ext || values.on_ext)
    values.set(ext, before[ext] + (before.on_ext.value_or(false) ? values[cpu] - before[cpu] : 0));
  for (std::size_t i = 0; i < counter_rows.size(); ++i)
    values.set(counter_rows[i], static_cast<std::int64_t>(slab_.counters[i].load(relaxed)));
  values.set(ir::metric("wall_time"), lived(now).count());
  if (!values.pages.empty()) place_pages(values);
}

/// Those that came since the start; what it had then it shares with init.
void Member::place_pages(Values& values) const {
  std::int64_t all = 0, near = 0, slow = 0;
  for (std::uint32_t node = 0; node < values.pages.size(); ++node) {
    const std::int64_t had = node < start_.pages.size() ? start_.pages[node] : 0;
    const std::int64_t gained = std::max<std::int64_t>(0, values.pages[node] - had);
    all += gained;
    if (near_.contains(node)) near += gained;
    if (slow_.contains(node)) slow += gained;
  }
  values.set(ir::metric("pages"), all);
  values.set(ir::metric("local_pages"), near);
  values.set(ir::metric("slow_pages"), slow);
}

void Member::harvest_cpus() {
  for (std::size_t i = 0; i < slab_.cpus.size(); ++i) {
    if (slab_.cpus[i].load(relaxed) == 0) continue;
    for (std::uint64_t bits = slab_.cpus[i].exchange(0, relaxed); bits != 0; bits &= bits - 1) {
      const auto cpu =
          static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(bits));
      phase_cpus_.add(cpu);
      sample_cpus_.add(cpu);
    }
  }
}

void Member::prepare() {
  read(start_, Nanos(0));
  start_.clear_levels();
  last_ = start_;
}

void Member::begin(Nanos now) {
  CHECK(!begun());
  report_.info.started = now;
  // Time that it was frozen before does not matter to it.
  frozen_before_ = Nanos(0);
  if (frozen_since_) frozen_since_ = now;
  slab_.frozen.store(0, relaxed);
  slab_.armed_frozen.store(frozen_for(now).count(), relaxed);
  slab_.armed_at.store(now.count(), relaxed);
}

void Member::set_frozen(bool frozen, Nanos now) {
  if (frozen == this->frozen()) return;
  if (frozen) {
    frozen_since_ = now;
  } else {
    frozen_before_ += now - *frozen_since_;
    frozen_since_.reset();
    slab_.frozen.store(frozen_before_.count(), relaxed);
  }
}

void Member::open_phase(std::uint32_t phase, Nanos now) {
  CHECK(begun() && !open_);
  harvest_cpus();
  phase_cpus_ = {};
  open_.emplace();
  open_->phase = phase;
  open_->begin = now;
  read(last_, now);
  open_->base = last_;
  open_->base.clear_levels();
  for (std::size_t i = 0; i < slab_.histograms.size(); ++i)
    if (slab_.has_recorded(i)) open_->histograms.emplace(i, slab_.histograms[i]);
  slab_.phase_frozen.store(frozen_for(now).count(), relaxed);
  slab_.phase_begin.store(now.count(), relaxed);
  slab_.phase.store(++phases_, std::memory_order_release);
}

std::int64_t Member::maximum_of(std::size_t slot, Nanos now) const {
  const std::int64_t seen = TaggedMaximum::of(slab_.maxima[slot].load(relaxed), phases_);
  if (!(maximum_rows[slot] == ir::metric("max_gap"))) return seen;
  // The gap that is still open: from the last checkpoint, or the phase's begin, until now.
  const Nanos armed(slab_.armed_at.load(relaxed));
  const bool clipped = open_->begin > armed;
  const Nanos end = std::min(now, stopped_.value_or(now));
  const Nanos frozen = frozen_for(end) - Nanos(clipped ? slab_.phase_frozen.load(relaxed)
                                                       : slab_.armed_frozen.load(relaxed));
  const Nanos gap = end - std::max(armed, open_->begin) - std::max(frozen, Nanos(0));
  return std::max(seen, gap.count());
}

void Member::close_phase(Nanos now) {
  CHECK(open_.has_value());
  harvest_cpus();
  read(last_, now);
  ir::Slice slice;
  slice.worker = report_.info.id;
  slice.phase = open_->phase;
  slice.values = last_.since(open_->base);
  slice.lived = Nanos(last_[ir::metric("wall_time")] - open_->base[ir::metric("wall_time")]);
  // Checkpoints are those of the worker itself.
  for (std::size_t i = 0; !meter_.has_threads() && i < maximum_rows.size(); ++i)
    slice.values.push_back({maximum_rows[i].row, std::max<std::int64_t>(0, maximum_of(i, now))});
  slice.cpus = phase_cpus_;
  for (std::size_t i = 0; i < distribution_rows.size(); ++i) {
    if (!slab_.has_recorded(i)) continue;
    ir::Histogram part = difference(slab_.histograms[i], open_->histograms[i]);
    if (part.count > 0) slice.histograms.push_back({distribution_rows[i].row, std::move(part)});
  }
  report_.slices.push_back(std::move(slice));
  open_.reset();
}

ir::WorkerSample Member::sample(Nanos now, Depth depth) {
  harvest_cpus();
  read(last_, now, depth);
  Values shown = last_;
  if (depth == Depth::quick) {
    for (const ir::MetricId unread :
         {ir::metric("voluntary_switches"), ir::metric("involuntary_switches"),
          ir::metric("page_faults"), ir::metric("pages"), ir::metric("local_pages"),
          ir::metric("slow_pages"), ir::metric("pages_migrated")})
      shown.forget(unread);
  }
  return {report_.info.id, shown.since(start_), std::exchange(sample_cpus_, {})};
}

void Member::stop(Nanos now) {
  if (!stopped_) stopped_ = now;
  slab_.stop.store(1, relaxed);
}

void Member::end(ir::WorkerEnd how, std::int32_t status, Nanos now) {
  if (open_) close_phase(now);
  const std::string_view error(
      slab_.error.data(),
      static_cast<std::size_t>(std::ranges::find(slab_.error, '\0') - slab_.error.begin()));
  note_error(std::string(error));
  report_.end = how;
  report_.status = status;
  report_.ended = now;
}

void Member::note_error(const std::string& error) {
  if (report_.error.empty()) report_.error = error;
}

}  // namespace ktstr::guest
