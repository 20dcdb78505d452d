// SPDX-License-Identifier: GPL-2.0-only
#include "guest/cgroup.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ranges>
#include <sstream>

#include "base/clock.h"

namespace ktstr::guest {
namespace {

constexpr std::string_view control_directory_prefix = "cgroup.";
constexpr std::size_t most_name = 255, most_depth = 16;

/// What is wrong with a name; empty when nothing is.
std::string flaw_of(const std::string& name) {
  std::size_t depth = 0;
  std::size_t at = 0;
  while (at <= name.size()) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = std::string_view(name).substr(at, end - at);
    if (part.empty() || part == "." || part == ".." || part.size() > most_name ||
        part.starts_with(control_directory_prefix) ||
        part.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos)
      return "`" + name.substr(0, most_name) + "` cannot be the name of a cgroup";
    if (++depth > most_depth) return "cgroups may nest 16 deep";
    at = end + 1;
  }
  return {};
}

bool has_word(const std::string& text, std::string_view word) {
  std::istringstream words(text);
  std::string each;
  while (words >> each)
    if (each == word) return true;
  return false;
}

/// The number behind a key in a file of `key number` lines; 0 without it.
std::uint64_t value_of(const std::string& text, std::string_view key) {
  std::istringstream lines(text);
  std::string name;
  std::uint64_t value = 0;
  while (lines >> name >> value)
    if (name == key) return value;
  return 0;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

bool within(const std::string& name, const std::string& ancestor) {
  return name == ancestor || name.starts_with(ancestor + "/");
}

}  // namespace

Cgroups::Cgroups(ControlFiles& files, std::string root, std::string base, topology::CpuSet online)
    : files_(files),
      root_(std::move(root)),
      base_(base.empty() ? "" : std::move(base) + "/"),
      online_(std::move(online)) {}

std::string Cgroups::path(const std::string& name) const {
  return root_ + "/" + base_ + name;
}

std::string Cgroups::parent_path(const std::string& name) const {
  const std::string own = path(name);
  return own.substr(0, own.rfind('/'));
}

bool Cgroups::exists(const std::string& name) const {
  return std::ranges::find(names_, name) != names_.end();
}

Status Cgroups::expect(const std::string& name) const {
  if (exists(name)) return {};
  std::string known;
  for (const std::string& each : names_) known += (known.empty() ? "" : ", ") + each;
  return fail("there is no cgroup `" + name.substr(0, most_name) + "`",
              known.empty() ? "there are none" : "there are " + known.substr(0, 500));
}

std::vector<std::string> Cgroups::tree(const std::string& name) const {
  std::vector<std::string> out;
  // What is nested is created later, so the reverse order is deepest first.
  for (auto each = names_.rbegin(); each != names_.rend(); ++each)
    if (within(*each, name)) out.push_back(*each);
  return out;
}

std::string Cgroups::state(const std::string& name) const {
  const auto seen = [&](const std::string& file) {
    const Result<std::string> text = files_.read(file);
    return text ? "`" + one_line(*text) + "`" : "absent";
  };
  const std::string parent = parent_path(name);
  return "of its parent " + parent + " cgroup.controllers is " +
         seen(parent + "/cgroup.controllers") + " and cgroup.subtree_control " +
         seen(parent + "/cgroup.subtree_control") + ", its own subtree_control " +
         seen(path(name) + "/cgroup.subtree_control");
}

Status Cgroups::write(const std::string& name, const std::string& file, const std::string& text) {
  const Status written = files_.write(path(name) + "/" + file, text);
  if (written) return {};
  return fail_code(written.error().code, "write `" + text + "` to " + path(name) + "/" + file,
                   written.error().hint.empty() ? state(name) : written.error().hint);
}

Status Cgroups::enable(const std::string& name, const std::string& controller) {
  // A file of the controller in the cgroup itself needs it enabled in every ancestor.
  const std::string own = path(name);
  for (std::size_t end = root_.size(); end != std::string::npos; end = own.find('/', end + 1)) {
    const std::string file = own.substr(0, end) + "/cgroup.subtree_control";
    const std::string enabled = TRY(files_.read(file));
    if (has_word(enabled, controller)) continue;
    if (const Status done = files_.write(file, "+" + controller); !done)
      return fail_code(done.error().code, "enable the controller `" + controller + "` in " + file,
                       state(name));
  }
  return {};
}

Status Cgroups::make_base() {
  if (!made_.empty()) return {};
  for (std::size_t end = base_.find('/'); end != std::string::npos;
       end = base_.find('/', end + 1)) {
    const std::string directory = root_ + "/" + base_.substr(0, end);
    const Status made = files_.make_directory(directory);
    if (!made && made.error().code != EEXIST)
      return fail_code(made.error().code, "create the cgroup " + directory, made.error().hint);
    if (made) made_.push_back(directory);
  }
  return {};
}

Status Cgroups::remove_base() {
  Status first;
  for (const std::string& directory : made_ | std::views::reverse)
    if (Status removed = files_.remove_directory(directory); !removed && first)
      first = fail_code(removed.error().code, "remove the cgroup " + directory);
  made_.clear();
  return first;
}

Status Cgroups::create(const std::string& name) {
  if (const std::string flaw = flaw_of(name); !flaw.empty()) return fail(flaw);
  if (exists(name)) return fail_code(EEXIST, "create the cgroup `" + name + "`");
  if (const std::size_t slash = name.rfind('/'); slash != std::string::npos)
    if (const std::string parent = name.substr(0, slash); !exists(parent)) TRY(create(parent));
  TRY(make_base());
  if (const Status made = files_.make_directory(path(name)); !made)
    return fail_code(made.error().code, "create the cgroup " + path(name), made.error().hint);
  names_.push_back(name);
  return {};
}

Status Cgroups::remove(const std::string& name) {
  TRY(expect(name));
  for (const std::string& each : tree(name)) TRY(remove_one(each));
  return {};
}

void Cgroups::kill(const std::string& name) {
  static_cast<void>(files_.write(path(name) + "/cgroup.kill", "1"));
}

Status Cgroups::remove_all() {
  Status first;
  while (!names_.empty()) {
    const std::string name = names_.back();
    if (Status removed = remove_one(name); !removed) {
      if (first) first = std::move(removed);
      std::erase(names_, name);
    }
  }
  Status base = remove_base();
  return first ? base : first;
}

Status Cgroups::remove_one(const std::string& name) {
  constexpr Nanos patience = 2s, step = 10ms;
  const Deadline deadline(patience);
  while (true) {
    const Result<std::vector<pid_t>> left = processes(name);
    if (left)
      for (const pid_t pid : *left)
        static_cast<void>(files_.write(root_ + "/cgroup.procs", std::to_string(pid)));
    const Status removed = files_.remove_directory(path(name));
    if (removed || removed.error().code == ENOENT) break;
    if (removed.error().code != EBUSY || deadline.passed())
      return fail_code(removed.error().code, "remove the cgroup " + path(name),
                       removed.error().hint);
    files_.pause(step);
  }
  std::erase(names_, name);
  return {};
}

Status Cgroups::set_cpus(const std::string& name, const topology::CpuSet& cpus) {
  TRY(enable(name, "cpuset"));
  return write(name, "cpuset.cpus", to_text(cpus));
}

Status Cgroups::clear_cpus(const std::string& name) {
  TRY(enable(name, "cpuset"));
  return write(name, "cpuset.cpus", "\n");
}

Status Cgroups::set_nodes(const std::string& name, const topology::CpuSet& nodes) {
  TRY(enable(name, "cpuset"));
  return write(name, "cpuset.mems", to_text(nodes));
}

Result<topology::CpuSet> Cgroups::own_cpus(const std::string& name) const {
  const Result<std::string> text = files_.read(path(name) + "/cpuset.cpus");
  if (!text && text.error().code == ENOENT) return topology::CpuSet();
  if (!text) return tl::unexpected(text.error());
  const auto cpus = topology::CpuSet::parse(*text);
  if (!cpus) return fail("read `" + one_line(*text) + "` in " + path(name) + "/cpuset.cpus");
  return *cpus;
}

Result<topology::CpuSet> Cgroups::effective_cpus(const std::string& name) const {
  std::string directory = path(name);
  while (directory.size() >= root_.size()) {
    const std::string file = directory + "/cpuset.cpus.effective";
    if (const Result<std::string> text = files_.read(file)) {
      const auto cpus = topology::CpuSet::parse(*text);
      if (!cpus) return fail("read `" + one_line(*text) + "` in " + file);
      return *cpus;
    }
    directory.resize(directory.rfind('/'));
  }
  return online_;
}

Status Cgroups::add(const std::string& name, pid_t pid) {
  constexpr int tries = 4;
  constexpr Nanos between = 100ms;
  for (int left = tries; true; --left) {
    Status moved = write(name, "cgroup.procs", std::to_string(pid));
    if (moved || moved.error().code == ESRCH) return {};
    if (moved.error().code != EBUSY || left == 1) return moved;
    files_.pause(between);
  }
}

Result<std::vector<pid_t>> Cgroups::processes(const std::string& name) const {
  std::istringstream lines(TRY(files_.read(path(name) + "/cgroup.procs")));
  std::vector<pid_t> out;
  pid_t pid = 0;
  while (lines >> pid) out.push_back(pid);
  return out;
}

Status Cgroups::freeze(const std::string& name, bool frozen) {
  TRY(write(name, "cgroup.freeze", frozen ? "1" : "0"));
  const std::string file = path(name) + "/cgroup.events";
  const Deadline deadline(ControlFiles::deadline);
  constexpr Nanos step = 1ms;
  // A cgroup in a frozen one stays frozen, so only what was asked for can be waited for.
  while (frozen) {
    if (value_of(TRY(files_.read(file)), "frozen") == 1) break;
    if (deadline.passed())
      return fail_code(ETIMEDOUT, "freeze the cgroup " + path(name),
                       "not all of its tasks came to a halt within 2 s");
    files_.pause(step);
  }
  return {};
}

std::uint64_t Cgroups::oom_kills(const std::string& name) const {
  const Result<std::string> text = files_.read(path(name) + "/memory.events.local");
  return text ? value_of(*text, "oom_kill") : 0;
}

}  // namespace ktstr::guest
