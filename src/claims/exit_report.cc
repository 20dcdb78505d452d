// SPDX-License-Identifier: GPL-2.0-only
#include "claims/exit_report.h"

#include <algorithm>
#include <charconv>

#include "claims/kernel_log.h"

namespace ktstr::claims {
namespace {

struct Reason {
  std::string_view kind;
  std::string_view text;
};

constexpr Reason reasons[] = {
    {"UNREG", "unregistered from user space"},
    {"UNREG_BPF", "unregistered from BPF"},
    {"UNREG_KERN", "unregistered from the main kernel"},
    {"SYSRQ", "disabled by sysrq-S"},
    {"PARENT", "parent exiting"},
    {"PARENT", "killed by parent scheduler"},
    {"ERROR", "runtime error"},
    {"ERROR_BPF", "scx_bpf_error"},
    {"ERROR_STALL", "runnable task stall"},
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  const std::size_t end = text.find_last_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

/// `function+0x1/0x2`
bool is_frame(std::string_view line) {
  line = trimmed(line);
  return line.find("+0x") != std::string_view::npos && line.find("/0x") != std::string_view::npos &&
         line.find('=') == std::string_view::npos;
}

/// `reason (message)`; the message may hold brackets of its own.
void take_reason(std::string_view text, ExitReport& out) {
  text = trimmed(text);
  const std::size_t open = text.find(" (");
  out.reason = text.substr(0, open);
  if (open != std::string_view::npos) {
    std::string_view message = text.substr(open + 2);
    if (message.ends_with(')')) message.remove_suffix(1);
    out.message = message;
  }
  out.kind = kind_of_reason(out.reason);
}

template <class Number>
bool take(std::string_view text, Number& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
}

/// The value behind `key=`, up to the next blank.
std::string_view value_of(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + key.size());
  return line.substr(0, line.find(' '));
}

/// `CPU 3   : nr_run=2 flags=…`
std::optional<ir::DumpCpu> cpu_of(std::string_view line) {
  if (!line.starts_with("CPU ")) return std::nullopt;
  const std::size_t colon = line.find(": nr_run=");
  ir::DumpCpu out;
  if (colon == std::string_view::npos || !take(trimmed(line.substr(4, colon - 4)), out.cpu))
    return std::nullopt;
  take(line.substr(colon + 9), out.nr_running);
  return out;
}

/// ` *R name[12] -2025ms`, where newer kernels put more between the name and the time.
std::optional<ir::DumpTask> task_of(std::string_view line) {
  line = trimmed(line);
  if (!line.ends_with("ms")) return std::nullopt;
  ir::DumpTask out;
  if ((out.current = line.starts_with('*'))) line.remove_prefix(1);
  if (line.size() < 3 || line[1] != ' ') return std::nullopt;
  out.state = line.substr(0, 1);
  line.remove_prefix(2);
  const std::size_t time = line.rfind(' ');
  if (time == std::string_view::npos) return std::nullopt;
  std::int64_t milliseconds = 0;
  if (!take(line.substr(time + 1), milliseconds)) return std::nullopt;
  out.runnable_ms = milliseconds < 0 ? -milliseconds : 0;
  line = line.substr(0, time);
  const std::size_t close = line.rfind(']');
  const std::size_t open = close == std::string_view::npos ? close : line.rfind('[', close);
  if (open == std::string_view::npos || !take(line.substr(open + 1), out.pid)) return std::nullopt;
  out.comm = trimmed(line.substr(0, open));
  return out;
}

class DumpReader {
 public:
  explicit DumpReader(std::span<const std::string> lines) : lines_(lines) {}

  std::optional<DumpReport> read() {
    constexpr std::string_view key = " triggered exit kind ";
    for (; at_ < lines_.size(); ++at_) {
      const std::string_view text = line();
      const std::size_t found = text.find(key);
      if (found == std::string_view::npos) continue;
      out_.dump.trigger = trimmed(text.substr(0, found));
      take(text.substr(found + key.size()), out_.dump.exit_kind);
      ++at_;
      if (at_ < lines_.size()) take_reason(line(), out_.exit);
      // A reason of a kernel newer than this table is still an error by its number.
      constexpr std::int64_t first_error = 1024;
      if (out_.dump.exit_kind < first_error && out_.exit.kind == "ERROR") out_.exit.kind = "UNREG";
      for (++at_; at_ < lines_.size() && !ends(line()); ++at_) each(line());
      return std::move(out_);
    }
    return std::nullopt;
  }

 private:
  /// Without what the trace buffer puts before it.
  [[nodiscard]] std::string_view line() const {
    std::string_view text = lines_[at_];
    constexpr std::string_view event = "sched_ext_dump: ";
    if (const std::size_t found = text.find(event); found != std::string_view::npos)
      text.remove_prefix(found + event.size());
    return text;
  }
  static bool ends(std::string_view text) {
    return text.starts_with("====") || text.starts_with("-- END DUMP --") ||
           text.find("EXIT: ") != std::string_view::npos;
  }

  void each(std::string_view text) {
    const std::string_view bare = trimmed(text);
    if (bare.empty() || bare.find_first_not_of('-') == std::string_view::npos) return;
    if (bare == "Backtrace:" || bare == "CPU states" || bare == "Runqueue states") return;
    std::vector<ir::DumpCpu>& cpus = out_.dump.cpus;
    if (const std::optional<ir::DumpCpu> cpu = cpu_of(text)) return cpus.push_back(*cpu);
    if (cpus.empty()) {
      if (is_frame(bare))
        out_.exit.backtrace.emplace_back(bare);
      else
        out_.dump.notes.emplace_back(bare);
      return;
    }
    ir::DumpCpu& cpu = cpus.back();
    if (const std::optional<ir::DumpTask> task = task_of(text)) return cpu.tasks.push_back(*task);
    if (bare.starts_with("curr=")) {
      const std::size_t name = bare.rfind(" class=");
      cpu.current = bare.substr(5, name == std::string_view::npos ? name : name - 5);
      cpu.scheduling_class = value_of(bare, "class=");
      return;
    }
    if (cpu.tasks.empty()) return;
    ir::DumpTask& task = cpu.tasks.back();
    if (is_frame(bare)) task.stack.emplace_back(bare);
    if (const std::string_view dsq = value_of(bare, "dsq_id="); !dsq.empty()) task.dsq = dsq;
    if (bare.starts_with("cpus=")) task.cpus = value_of(bare, "cpus=");
  }

  std::span<const std::string> lines_;
  std::size_t at_ = 0;
  DumpReport out_{};
};

}  // namespace

std::string_view kind_of_reason(std::string_view reason) {
  const auto* found = std::ranges::find(reasons, reason, &Reason::text);
  return found == std::end(reasons) ? "ERROR" : found->kind;
}

std::optional<ExitReport> exit_in_kernel_log(std::span<const std::string> log, std::string_view ops,
                                             std::size_t earlier) {
  constexpr std::string_view begin = "sched_ext: BPF scheduler \"", disabled = "\" disabled (";
  for (std::size_t i = 0; i < log.size(); ++i) {
    const std::string_view text = message_of(log[i]);
    const std::size_t end = text.starts_with(begin) ? text.find(disabled) : std::string_view::npos;
    if (end == std::string_view::npos) continue;
    const std::string_view name = text.substr(begin.size(), end - begin.size());
    if ((!ops.empty() && name != ops) || earlier-- > 0) continue;
    ExitReport out;
    std::string_view reason = trimmed(text.substr(end + disabled.size()));
    if (reason.ends_with(')')) reason.remove_suffix(1);
    out.reason = reason;
    out.kind = kind_of_reason(reason);
    out.at = time_of(log[i]);
    const std::string said = "sched_ext: " + std::string(name) + ": ";
    for (++i; i < log.size(); ++i) {
      const std::string_view next = message_of(log[i]);
      if (next.starts_with(said) && out.message.empty())
        out.message = trimmed(next.substr(said.size()));
      else if (next.starts_with(' ') && is_frame(next))
        out.backtrace.emplace_back(trimmed(next));
      else
        break;
    }
    return out;
  }
  return std::nullopt;
}

std::optional<ExitReport> exit_in_output(std::span<const std::string> output) {
  constexpr std::string_view mark = "EXIT: ", own_mark = ": ended: ";
  for (std::size_t i = output.size(); i-- > 0;) {
    const std::string_view line = output[i];
    if (const std::size_t at = line.find(mark); at != std::string_view::npos) {
      ExitReport out;
      take_reason(line.substr(at + mark.size()), out);
      return out;
    }
    // Our own loaders: `scx_fifo: ended: ERROR_STALL (1026): reason: message`.
    const std::size_t at = line.find(own_mark);
    const std::size_t reason = at == std::string_view::npos ? at : line.find("): ", at);
    if (reason == std::string_view::npos) continue;
    const std::string_view text = line.substr(reason + 3);
    ExitReport out;
    out.reason = text.substr(0, text.find(": "));
    out.message = text.substr(std::min(out.reason.size() + 2, text.size()));
    out.kind = kind_of_reason(out.reason);
    return out;
  }
  return std::nullopt;
}

std::optional<DumpReport> find_dump(std::span<const std::string> lines) {
  return DumpReader(lines).read();
}

}  // namespace ktstr::claims
