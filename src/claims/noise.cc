// SPDX-License-Identifier: GPL-2.0-only
#include "claims/noise.h"

#include <algorithm>
#include <cmath>

#include "claims/value.h"

namespace ktstr::claims {
namespace {

std::string show_time(double nanos) {
  return show(nanos, Dim{1, 0});
}

}  // namespace

Nanos Noise::widening(double value) const {
  const std::vector<Nanos>& seconds = host_->worst_per_second;
  const double whole = std::ceil(std::max(value, 1e9) / 1e9);
  const std::size_t window = whole < static_cast<double>(seconds.size())
                                 ? static_cast<std::size_t>(whole)
                                 : seconds.size();
  Nanos largest{0};
  Nanos sum{0};
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    sum += seconds[i];
    if (i >= window) sum -= seconds[i - window];
    largest = std::max(largest, sum);
  }
  return largest;
}

double Noise::delay_ratio() const {
  if (host_->run_delay <= Nanos(0)) return 0;
  if (host_->on_cpu <= Nanos(0)) return HUGE_VAL;
  return static_cast<double>(host_->run_delay.count()) / static_cast<double>(host_->on_cpu.count());
}

std::string Noise::excuse() const {
  if (accelerator_ == Accelerator::tcg) return "work done under emulation depends on the host";
  if (delay_ratio() > contended)
    return "the host was contended: its run delay was " + show(delay_ratio(), {}, true) +
           " of the vCPUs' time on CPU";
  return {};
}

namespace {

/// A delay makes a time that was measured longer, never shorter.
Softened soften_time(const Noise& noise, const Violation& violation) {
  const bool above = violation.side == Violation::Side::above;
  if (!(above ? violation.value_grows : violation.limit_grows)) return {};
  const auto [smaller, larger] = std::minmax(violation.value, violation.limit);
  const auto widening = static_cast<double>(noise.widening(larger).count());
  const std::string numbers = "value " + show_time(violation.value) + ", limit " +
                              show_time(violation.limit) + ", host delay H " + show_time(widening);
  if (larger > smaller + widening) return {ir::Outcome::fail, numbers};
  return {ir::Outcome::inconclusive, numbers + ": the host may have caused the excess"};
}

}  // namespace

Softened soften(const Noise& noise, ir::MetricClass metric_class, const Violation& violation) {
  switch (metric_class) {
    case ir::MetricClass::fact:
    case ir::MetricClass::cpu_time:
      return {};
    case ir::MetricClass::wall:
      // Ratios, counts and shapes of wall times depend on the host as work does.
      if (!violation.is_time || violation.side == Violation::Side::other) break;
      return soften_time(noise, violation);
    case ir::MetricClass::work:
      break;
  }
  const std::string excuse = violation.against_zero ? "" : noise.excuse();
  if (excuse.empty()) return {};
  return {ir::Outcome::inconclusive, excuse};
}

}  // namespace ktstr::claims
