// SPDX-License-Identifier: GPL-2.0-only
#include "run/directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <vector>

#include <sys/file.h>

#include <fcntl.h>
#include <unistd.h>

namespace ktstr::run {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view partial = ".partial";
constexpr std::size_t kept_runs = 50;

/// Locks the directory itself: no lock file is left, and the lock goes with the process.
Result<Fd> lock_directory(const std::string& path) {
  Fd fd = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return fail_errno("lock " + path);
  return fd;
}

/// The name of a run directory, `YYYYMMDD-HHMMSS-PID[.partial]`. Whatever is called otherwise is
/// not ours.
struct RunName {
  pid_t process = 0;
  bool finished = true;
};

std::optional<RunName> run_name(std::string_view name) {
  RunName out;
  if (name.ends_with(partial)) {
    out.finished = false;
    name.remove_suffix(partial.size());
  }
  constexpr std::string_view form = "dddddddd-dddddd-";
  if (name.size() <= form.size()) return std::nullopt;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? !digit(name[i]) : name[i] != form[i]) return std::nullopt;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + form.size(), end, out.process);
  if (error != std::errc() || rest != end || out.process <= 0) return std::nullopt;
  return out;
}

bool is_gone(pid_t process) {
  return ::kill(process, 0) != 0 && errno == ESRCH;
}

/// What a dead run left, of which both its process and its lock must be gone: the lock may be held
/// in another container, and is not taken at once. Then the oldest runs. `parent` may be anybody's
/// directory, so that nothing else in it is touched.
void sweep(const std::string& parent) {
  std::error_code ignored;
  std::vector<fs::path> finished;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const std::string file = entry.path().filename();
    const std::optional<RunName> name = run_name(file);
    if (!name || !fs::is_directory(entry.symlink_status(ignored))) continue;
    if (name->finished)
      finished.push_back(entry.path());
    else if (is_gone(name->process) && lock_directory(entry.path()))
      fs::remove_all(entry.path(), ignored);
  }
  std::ranges::sort(finished);
  for (std::size_t i = 0; i + kept_runs < finished.size(); ++i)
    fs::remove_all(finished[i], ignored);
}

std::string stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &local);
  return std::string(text.data()) + "-" + std::to_string(::getpid());
}

}  // namespace

Result<std::string> runs_home() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/ktstr/runs";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/state/ktstr/runs";
  return fail("find a place for run directories", "set HOME, or give --run-dir DIRECTORY");
}

Result<RunDirectory> RunDirectory::create(const std::string& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) return fail_code(error.value(), "make " + parent, "give --run-dir DIRECTORY");
  sweep(parent);
  const std::string final = parent + "/" + stamp();
  const std::string path = final + std::string(partial);
  fs::create_directory(path, error);
  if (error) return fail_code(error.value(), "make " + path, "give --run-dir DIRECTORY");
  Fd lock = TRY(lock_directory(path));
  return RunDirectory(path, final, std::move(lock));
}

Result<std::string> RunDirectory::case_directory(const ir::CaseId& id, std::size_t round) const {
  std::string name = to_text(id);
  std::ranges::replace(name, '/', '~');
  if (name.starts_with('.')) name.insert(0, 1, '_');
  constexpr std::size_t longest = 200;
  if (name.size() > longest) name.erase(0, name.size() - longest);
  if (round > 0) name += "#" + std::to_string(round + 1);
  const std::string path = path_ + "/" + name;
  std::error_code error;
  fs::create_directory(path, error);
  if (error) return fail_code(error.value(), "make " + path);
  return path;
}

std::string RunDirectory::finally(const std::string& path) const {
  return path.starts_with(path_) ? final_ + path.substr(path_.size()) : path;
}

Status RunDirectory::finish() {
  if (::rename(path_.c_str(), final_.c_str()) != 0) return fail_errno("rename " + path_);
  return {};
}

}  // namespace ktstr::run
