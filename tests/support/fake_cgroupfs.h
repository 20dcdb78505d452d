// SPDX-License-Identifier: GPL-2.0-only
// A cgroup v2 hierarchy in memory that does to processes what the kernel would, as far as a process
// can: a cpuset becomes an affinity, freezing a SIGSTOP. For hosts without v2 controllers.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "guest/control_files.h"
#include "topology/cpuset.h"

class FakeCgroupfs : public ktstr::guest::ControlFiles {
 public:
  using CpuSet = ktstr::topology::CpuSet;

  explicit FakeCgroupfs(const std::string& root, const CpuSet& cpus = {0, 1}) : root_(root) {
    Group& top = groups_[root];
    top.offered = {"cpuset", "cpu", "memory", "io", "pids"};
    top.effective = cpus;
  }

  ktstr::Status make_directory(const std::string& path) override {
    if (groups_.contains(path)) return ktstr::fail_code(EEXIST, path);
    const auto parent = groups_.find(parent_of(path));
    if (parent == groups_.end()) return ktstr::fail_code(ENOENT, path);
    Group group;
    group.effective = parent->second.effective;
    groups_[path] = group;
    return {};
  }

  ktstr::Status remove_directory(const std::string& path) override {
    if (!groups_.contains(path)) return ktstr::fail_code(ENOENT, path);
    const bool has_children = std::ranges::any_of(
        groups_, [&](const auto& entry) { return entry.first.starts_with(path + "/"); });
    if (has_children || !alive(groups_[path]).empty()) return ktstr::fail_code(EBUSY, path);
    groups_.erase(path);
    return {};
  }

  ktstr::Status write(const std::string& path, const std::string& text) override {
    const std::string directory = parent_of(path);
    const std::string file = path.substr(directory.size() + 1);
    const auto found = groups_.find(directory);
    if (found == groups_.end() || !has_file(directory, file)) return ktstr::fail_code(ENOENT, path);
    Group& group = found->second;
    written.push_back(path.substr(root_.size() + 1) + "=" + text);
    if (const auto failure = failures.find(path.substr(root_.size() + 1));
        failure != failures.end() && failure->second.second-- > 0)
      return ktstr::fail_code(failure->second.first, path);
    if (file == "cgroup.procs") return add(directory, std::stoi(text));
    if (file == "cgroup.subtree_control") {
      if (!offered(directory).contains(text.substr(1))) return ktstr::fail_code(ENOENT, path);
      group.enabled.insert(text.substr(1));
    } else if (file == "cpuset.cpus") {
      const auto cpus = CpuSet::parse(text);
      if (!cpus || !cpus->subset_of(groups_[root_].effective))
        return ktstr::fail_code(EINVAL, path);
      group.cpus = *cpus;
      update_effective();
    } else if (file == "cgroup.freeze") {
      group.frozen = text == "1";
      for (auto& [name, each] : groups_)
        if (name == directory || name.starts_with(directory + "/"))
          for (const pid_t pid : alive(each)) ::kill(pid, frozen(name) ? SIGSTOP : SIGCONT);
    } else if (file == "cgroup.kill") {
      for (const pid_t pid : alive(group)) ::kill(pid, SIGKILL);
    } else {
      group.values[file] = text;
    }
    return {};
  }

  ktstr::Result<std::string> read(const std::string& path) const override {
    const std::string directory = parent_of(path);
    const std::string file = path.substr(directory.size() + 1);
    const auto found = groups_.find(directory);
    if (found == groups_.end() || !has_file(directory, file)) return ktstr::fail_code(ENOENT, path);
    const Group& group = found->second;
    if (file == "cgroup.subtree_control") return joined(group.enabled);
    if (file == "cgroup.controllers") return joined(offered(directory));
    if (file == "cgroup.events")
      return std::string("populated 0\nfrozen ") + (frozen(directory) ? "1" : "0") + "\n";
    if (file == "cpuset.cpus") return to_text(group.cpus) + "\n";
    if (file == "cpuset.cpus.effective") return to_text(group.effective) + "\n";
    if (file == "cgroup.procs") {
      std::string out;
      for (const pid_t pid : alive(group)) out += std::to_string(pid) + "\n";
      return out;
    }
    const auto value = group.values.find(file);
    return value == group.values.end() ? std::string() : value->second;
  }

  void pause(ktstr::Nanos time) override {
    const timespec length{0, static_cast<long>(time.count())};
    ::nanosleep(&length, nullptr);
  }

  [[nodiscard]] std::vector<std::string> directories() const {
    std::vector<std::string> out;
    for (const auto& [name, group] : groups_)
      if (name != root_) out.push_back(name.substr(root_.size() + 1));
    return out;
  }

  std::vector<std::string> written;                     ///< `file=text`, in order.
  std::map<std::string, std::pair<int, int>> failures;  ///< file → errno and how often.

 private:
  struct Group {
    std::set<std::string> offered, enabled;
    CpuSet cpus, effective;
    bool frozen = false;
    std::vector<pid_t> pids;
    std::map<std::string, std::string> values;
  };

  static std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

  static std::string joined(const std::set<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out + "\n";
  }

  [[nodiscard]] std::set<std::string> offered(const std::string& directory) const {
    return directory == root_ ? groups_.at(root_).offered
                              : groups_.at(parent_of(directory)).enabled;
  }

  [[nodiscard]] bool has_file(const std::string& directory, const std::string& file) const {
    const std::string controller = file.substr(0, file.find('.'));
    if (controller != "cgroup") return offered(directory).contains(controller);
    return directory != root_ || (file != "cgroup.events" && file != "cgroup.freeze");
  }

  [[nodiscard]] bool frozen(const std::string& directory) const {
    for (std::string each = directory; each.size() >= root_.size(); each = parent_of(each))
      if (groups_.at(each).frozen) return true;
    return false;
  }

  static bool is_alive(pid_t pid) {
    const auto stat = ktstr::read_text("/proc/" + std::to_string(pid) + "/stat");
    if (!stat) return false;
    return stat->substr(stat->rfind(')') + 2, 1) != "Z";
  }

  static std::vector<pid_t> alive(const Group& group) {
    std::vector<pid_t> out;
    std::ranges::copy_if(group.pids, std::back_inserter(out), &FakeCgroupfs::is_alive);
    return out;
  }

  ktstr::Status add(const std::string& directory, pid_t pid) {
    if (!is_alive(pid)) return ktstr::fail_code(ESRCH, directory);
    for (auto& [name, group] : groups_) std::erase(group.pids, pid);
    groups_[directory].pids.push_back(pid);
    bind(pid, groups_[directory].effective);
    if (directory != root_) ::kill(pid, frozen(directory) ? SIGSTOP : SIGCONT);
    return {};
  }

  static void bind(pid_t pid, const CpuSet& cpus) {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    for (const std::uint32_t cpu : cpus.members()) CPU_SET(cpu, &mask);
    ::sched_setaffinity(pid, sizeof mask, &mask);
  }

  void update_effective() {
    for (auto& [name, group] : groups_) {  // Parents sort before their children.
      if (name == root_) continue;
      const CpuSet parent = groups_.at(parent_of(name)).effective;
      const CpuSet own = group.cpus & parent;
      group.effective = own.empty() ? parent : own;
      for (const pid_t pid : alive(group)) bind(pid, group.effective);
    }
  }

  std::string root_;
  std::map<std::string, Group> groups_;
};
