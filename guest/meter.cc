// SPDX-License-Identifier: GPL-2.0-only
#include "guest/meter.h"

#include <charconv>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"

namespace ktstr::guest {
namespace {

template <std::size_t size>
std::string_view reread(const Fd& fd, std::array<char, size>& room) {
  const ssize_t got = fd ? ::pread(fd.get(), room.data(), room.size(), 0) : 0;
  return {room.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

/// Takes a number and the blanks before it off the front.
std::optional<std::int64_t> take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::int64_t> number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  return take_number(text);
}

/// The page faults in /proc/PID/stat, minor and major: fields 10 and 12, of which the state, the
/// third, follows the name in parentheses.
std::optional<std::int64_t> faults_of(std::string_view stat) {
  stat.remove_prefix(std::min(stat.rfind(')') + 1, stat.size()));
  stat.remove_prefix(std::min<std::size_t>(2, stat.size()));  // The state.
  std::optional<std::int64_t> fields[9];                      // From the fourth to the twelfth.
  for (std::optional<std::int64_t>& field : fields) field = take_number(stat);
  if (!fields[6] || !fields[8]) return std::nullopt;
  return *fields[6] + *fields[8];
}

/// `ext.enabled      :      1`
std::optional<bool> class_of(std::string_view sched) {
  constexpr std::string_view key = "\next.enabled";
  const std::size_t at = sched.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  sched.remove_prefix(at + key.size());
  sched.remove_prefix(std::min(sched.find_first_not_of(" :"), sched.size()));
  const auto value = take_number(sched);
  return value ? std::optional(*value != 0) : std::nullopt;
}

}  // namespace

std::vector<ir::MetricValue> Values::since(const Values& base) const {
  std::vector<ir::MetricValue> out;
  for (std::uint16_t row = 0; row < ir::metric_count; ++row)
    if (known[row]) out.push_back({row, of[row] - base.of[row]});
  return out;
}

Result<Meter> Meter::of(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid) + "/";
  clockid_t clock;
  if (const int code = ::clock_getcpuclockid(pid, &clock); code != 0)
    return fail_code(code, "find the CPU clock of process " + std::to_string(pid));
  Fd status = TRY(open_file(directory + "status", O_RDONLY));
  Fd stat = TRY(open_file(directory + "stat", O_RDONLY));
  Result<Fd> schedstat = open_file(directory + "schedstat", O_RDONLY);
  Result<Fd> sched = open_file(directory + "sched", O_RDONLY);
  return Meter(clock, schedstat ? std::move(*schedstat) : Fd(), std::move(status), std::move(stat),
               sched ? std::move(*sched) : Fd());
}

void Meter::read(Values& values, Depth depth) const {
  timespec time{};
  if (::clock_gettime(clock_, &time) == 0)
    values.set(ir::metric("cpu_time"),
               Nanos(std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec)).count());

  std::array<char, 128> numbers;
  std::string_view schedstat = reread(schedstat_, numbers);
  const auto on_cpu = take_number(schedstat);  // Of the last tick; the clock is exact.
  const auto run_delay = take_number(schedstat);
  const auto run_count = take_number(schedstat);
  if (on_cpu && run_delay) values.set(ir::metric("run_delay"), *run_delay);
  if (run_count) values.set(ir::metric("run_count"), *run_count);

  if (depth == Depth::quick) return;
  std::array<char, 16 * 1024> lines;
  const std::string_view status = reread(status_, lines);
  if (const auto count = number_after(status, "\nvoluntary_ctxt_switches:"))
    values.set(ir::metric("voluntary_switches"), *count);
  if (const auto count = number_after(status, "\nnonvoluntary_ctxt_switches:"))
    values.set(ir::metric("involuntary_switches"), *count);
  if (const auto count = faults_of(reread(stat_, lines)))
    values.set(ir::metric("page_faults"), *count);
  if (const auto on = class_of(reread(sched_, lines))) values.on_ext = *on;
}

}  // namespace ktstr::guest
