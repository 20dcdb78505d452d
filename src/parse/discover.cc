// SPDX-License-Identifier: GPL-2.0-only
#include "parse/discover.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "doc/load.h"

namespace ktstr::parse {
namespace {

namespace fs = std::filesystem;

void unreadable(Diagnostics& diagnostics, const std::string& path, std::string message,
                std::string hint = {}) {
  const auto source = std::make_shared<const Source>(Source{path, ""});
  diagnostics.add({code("unreadable"), {source, {}}, std::move(message), std::move(hint)});
}

bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('_') || name.starts_with('.');
}

/// Appends the scenario files under `directory`; errors name the directory they are about.
void list(const fs::path& directory, std::vector<fs::path>& out, Diagnostics& diagnostics) {
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    std::error_code ignored;
    if (is_hidden(path)) continue;
    if (fs::is_directory(entry->symlink_status(ignored)))
      list(path, out, diagnostics);
    else if (doc::format_of(path.string()) && !fs::is_directory(entry->status(ignored)))
      out.push_back(path);
  }
  if (error) unreadable(diagnostics, directory.string(), "cannot list it: " + error.message());
}

/// Gives files that would share their stem one that says more.
void set_apart(std::vector<ScenarioFile>& files,
               const std::function<std::string(const ScenarioFile&)>& longer) {
  std::map<std::string, int> uses;
  for (const ScenarioFile& file : files) ++uses[file.stem];
  for (ScenarioFile& file : files)
    if (uses[file.stem] > 1) file.stem = longer(file);
}

}  // namespace

std::vector<ScenarioFile> discover(const std::vector<std::string>& arguments,
                                   Diagnostics& diagnostics) {
  std::vector<ScenarioFile> out;
  std::set<std::string> seen;
  const auto add = [&](const fs::path& path, const fs::path& stem) {
    if (seen.insert(path.lexically_normal().string()).second)
      out.push_back({path.string(), fs::path(stem).replace_extension().generic_string()});
  };
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (!fs::is_directory(argument, error)) {
      add(argument, fs::path(argument).filename());
      continue;
    }
    std::vector<fs::path> paths;
    const std::size_t errors = diagnostics.errors();
    list(argument, paths, diagnostics);
    std::ranges::sort(paths);
    if (paths.empty() && diagnostics.errors() == errors)
      unreadable(diagnostics, argument, "no scenario files in this directory",
                 "they end in .yaml, .yml, .toml or .json and do not begin with `_` or `.`");
    for (const fs::path& path : paths) add(path, path.lexically_relative(argument));
  }
  set_apart(out, [](const ScenarioFile& file) {
    return file.stem + fs::path(file.path).extension().string();
  });
  set_apart(out, [](const ScenarioFile& file) { return fs::path(file.path).generic_string(); });
  return out;
}

}  // namespace ktstr::parse
