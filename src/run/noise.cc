// SPDX-License-Identifier: GPL-2.0-only
#include "run/noise.h"

#include <algorithm>
#include <sstream>

#include "base/fd.h"

namespace ktstr::run {

NoiseMeter::NoiseMeter(pid_t process, const std::vector<pid_t>& threads, std::string proc)
    : tasks_(std::move(proc) + "/" + std::to_string(process) + "/task/") {
  for (const pid_t thread : threads) last_.emplace(thread, read(thread));
}

void NoiseMeter::tick() {
  Nanos worst{0};
  for (auto& [thread, last] : last_) {
    const Times now = read(thread);
    // A thread that is gone reads as zero: it adds nothing.
    const Nanos delay = std::max(Nanos(0), now.run_delay - last.run_delay);
    noise_.on_cpu += std::max(Nanos(0), now.on_cpu - last.on_cpu);
    noise_.run_delay += delay;
    worst = std::max(worst, delay);
    last = now;
  }
  noise_.worst_per_second.push_back(worst);
}

NoiseMeter::Times NoiseMeter::read(pid_t thread) const {
  const Result<std::string> text = read_text(tasks_ + std::to_string(thread) + "/schedstat");
  std::int64_t on_cpu = 0;
  std::int64_t run_delay = 0;
  if (text) std::istringstream(*text) >> on_cpu >> run_delay;
  return {Nanos(on_cpu), Nanos(run_delay)};
}

}  // namespace ktstr::run
