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

/// `ext.enabled      :      1`, a line of /proc/PID/sched.
std::optional<std::int64_t> number_of(std::string_view sched, const std::string& name) {
  const std::size_t at = sched.find("\n" + name);
  if (at == std::string_view::npos) return std::nullopt;
  sched.remove_prefix(at + 1 + name.size());
  sched.remove_prefix(std::min(sched.find_first_not_of(" :"), sched.size()));
  return take_number(sched);
}

}  // namespace

std::vector<ir::MetricValue> Values::since(const Values& base) const {
  std::vector<ir::MetricValue> out;
  for (std::uint16_t row = 0; row < ir::metric_count; ++row)
    if (known[row]) out.push_back({row, of[row] - base.of[row]});
  return out;
}

void Values::clear_levels() {
  for (std::uint16_t row = 0; row < ir::metric_count; ++row)
    if (ir::metrics[row].kind == ir::MetricKind::level) of[row] = 0;
}

Result<Meter> Meter::of(const Task& task) {
  const std::string process = std::to_string(task.pid);
  const std::string directory = "/proc/" + process + "/task/" + std::to_string(task.tid) + "/";
  const auto open = [&](const char* name) {
    Result<Fd> file = open_file(directory + name, O_RDONLY);
    return file ? std::move(*file) : Fd();
  };
  std::optional<clockid_t> clock;
  if (!task.shares_process)
    if (const int code = ::clock_getcpuclockid(task.pid, &clock.emplace()); code != 0)
      return fail_code(code, "find the CPU clock of process " + process);
  Meter out(clock, task.has_threads);
  if (!task.has_threads) {
    out.status_ = TRY(open_file(directory + "status", O_RDONLY));
    out.schedstat_ = open("schedstat");
  }
  // A process has the page faults of all its threads.
  out.stat_ = TRY(
      open_file(task.shares_process ? directory + "stat" : "/proc/" + process + "/stat", O_RDONLY));
  out.sched_ = open("sched");
  if (task.tells_memory) out.numa_maps_ = open("numa_maps");
  return out;
}

void Meter::read(Values& values, Depth depth) const {
  timespec time{};
  if (clock_ && ::clock_gettime(*clock_, &time) == 0)
    values.set(ir::metric("cpu_time"),
               Nanos(std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec)).count());

  std::array<char, 128> numbers;
  std::string_view schedstat = reread(schedstat_, numbers);
  const auto on_cpu = take_number(schedstat);  // As of the last tick; the clock is exact.
  const auto run_delay = take_number(schedstat);
  const auto run_count = take_number(schedstat);
  if (on_cpu && !clock_) values.set(ir::metric("cpu_time"), *on_cpu);
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
  const std::string_view sched = reread(sched_, lines);
  if (const auto on = number_of(sched, "ext.enabled")) values.on_ext = *on != 0;
  if (const auto count = number_of(sched, "numa_pages_migrated"); count && !has_threads_)
    values.set(ir::metric("pages_migrated"), *count);
  if (!numa_maps_) return;
  if (NodePages pages = read_node_pages(numa_maps_.get()); !pages.empty())
    values.pages = std::move(pages);
}

}  // namespace ktstr::guest
