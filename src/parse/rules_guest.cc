// SPDX-License-Identifier: GPL-2.0-only
// What the guest is prepared with, as far as the scenario alone can tell.
#include <algorithm>
#include <set>
#include <string>

#include "ir/kernel_arguments.h"
#include "parse/rules.h"

namespace ktstr::parse {
namespace {

constexpr std::size_t longest_tag = 64;
constexpr std::size_t most_files = 256;

/// Where the guest's own files and the kernel's are.
constexpr std::string_view taken[] = {"/init",     "/modules", "/schedulers", "/payloads",
                                      "/scenario", "/dev",     "/proc",       "/sys"};

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= longest_tag && std::ranges::all_of(tag, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

void check_tags(const Ruled& ruled, Diagnostics& diagnostics) {
  const std::vector<std::string>& tags = ruled.scenario.tags;
  for (std::size_t i = 0; i < tags.size(); ++i)
    if (!is_tag(tags[i]) && !(tags[i].empty() && !ruled.complete))
      diagnostics.add({code("bad_value"), ruled.map.find(item_path("tags", i)),
                       "`" + tags[i] + "` cannot be a tag",
                       "letters, digits, `_`, `-` and `.`, at most 64 of them"});
}

/// Why nothing can be put there; empty when something can.
std::string flaw_of_path(const std::string& path) {
  if (!path.starts_with('/') || path.ends_with('/')) return "the whole path of a file is needed";
  constexpr std::size_t longest = 4000;
  if (path.size() > longest) return "the path is too long";
  const std::string slashed = path + "/";
  for (const std::string_view bad : {"//", "/./", "/../"})
    if (slashed.find(bad) != std::string::npos) return "the path must be plain";
  for (const std::string_view each : taken)
    if (path == each || path.starts_with(std::string(each) + "/"))
      return "what is at " + std::string(each) + " is not the scenario's";
  return {};
}

bool is_mode(std::string_view mode) {
  if (mode.size() == 4 && mode[0] == '0') mode.remove_prefix(1);
  return mode.size() == 3 && std::ranges::all_of(mode, [](char c) { return c >= '0' && c <= '7'; });
}

void check_files(const Ruled& ruled, Diagnostics& diagnostics) {
  const std::vector<ir::FileSpec>& files = ruled.scenario.files;
  const auto wrong = [&](Code code, const std::string& path, std::string message,
                         std::string hint = {}) {
    diagnostics.add({code, ruled.map.find(path), std::move(message), std::move(hint)});
  };
  if (files.size() > most_files)
    wrong(code("out_of_range"), "files", "a scenario may have at most 256 files");
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string path = item_path("files", i);
    const ir::FileSpec& file = files[i];
    if (file.to.empty() && !ruled.complete) continue;
    if (const std::string flaw = flaw_of_path(file.to); !flaw.empty())
      wrong(code("bad_file"), path + ".to", "`" + file.to + "` cannot be a file of the guest",
            flaw);
    if (!seen.insert(file.to).second)
      wrong(code("bad_file"), path + ".to", "`" + file.to + "` is put there twice");
    if (file.from.has_value() == file.text.has_value() && ruled.complete)
      wrong(code("bad_file"), path, "a file has either a `from` or a `text`");
    if (!is_mode(file.mode))
      wrong(code("bad_value"), path + ".mode", "`" + file.mode + "` are no permissions",
            "three octal digits, for example \"755\"");
  }
}

}  // namespace

void check_sysctls(const std::map<std::string, ir::SysctlValue>& sysctls, const Ruled& ruled,
                   const std::string& path, Diagnostics& diagnostics) {
  for (const auto& [name, value] : sysctls)
    if (name.empty() || name.find("..") != std::string::npos || name.starts_with('/'))
      diagnostics.add({code("bad_value"), ruled.map.find(path),
                       "`" + name + "` is no name of a sysctl",
                       "for example kernel.sched_rt_runtime_us"});
}

void check_kargs(const std::vector<std::string>& kargs, const Ruled& ruled, const std::string& path,
                 Diagnostics& diagnostics) {
  constexpr std::size_t longest = 1024;  // The kernel has room for 2047 with ours.
  std::size_t length = 0;
  for (const std::string& word : kargs) length += word.size() + 1;
  if (length > longest)
    diagnostics.add(
        {code("out_of_range"), ruled.map.find(path),
         "words of " + std::to_string(length) + " bytes are too many for the kernel's command line",
         "at most " + std::to_string(longest)});
  for (std::size_t i = 0; i < kargs.size(); ++i) {
    const std::string& word = kargs[i];
    const Place place = ruled.map.find(item_path(path, i));
    if (word.empty() || word.find_first_of(" \t\n\"") != std::string::npos)
      diagnostics.add({code("bad_value"), place,
                       "`" + word + "` is no word of a kernel command line", "one item per word"});
    else if (ir::is_ours(word))
      diagnostics.add({code("conflict"), place,
                       "`" + word + "` would change what ktstr itself relies on",
                       "`ktstr emit cmdline FILE` shows what every machine is booted with"});
  }
}

void check_guest(const Ruled& ruled, Diagnostics& diagnostics) {
  check_tags(ruled, diagnostics);
  check_sysctls(ruled.scenario.sysctls, ruled, "sysctls", diagnostics);
  check_kargs(ruled.scenario.kargs, ruled, "kargs", diagnostics);
  check_files(ruled, diagnostics);
  const std::string& root = ruled.scenario.cgroup_root;
  if (root.empty()) return;
  if (const std::string flaw = flaw_of_cgroup_name(root); !flaw.empty())
    diagnostics.add({code("bad_value"), ruled.map.find("cgroup_root"),
                     "`" + root + "` cannot be the name of a cgroup", flaw});
}

}  // namespace ktstr::parse
