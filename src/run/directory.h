// SPDX-License-Identifier: GPL-2.0-only
// The run directory: what a run leaves for people to look at, a directory per case with its
// console, telemetry and result. While the run goes on it carries `.partial` in its name and a
// lock; what a killed run left so is removed by the next one.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "ir/case.h"

namespace ktstr::run {

class RunDirectory {
 public:
  /// Makes a new one below `parent`, named by time and process, removes partial ones of dead
  /// processes and the oldest beyond the last 50. What else is in `parent` stays as it is.
  static Result<RunDirectory> create(const std::string& parent);
  RunDirectory(RunDirectory&&) = default;
  RunDirectory& operator=(RunDirectory&&) = default;

  /// The directory of a case, made on the first call; `round` counts repetitions from 0.
  [[nodiscard]] Result<std::string> case_directory(const ir::CaseId& id, std::size_t round) const;
  /// Where the directory will be once it is finished.
  [[nodiscard]] const std::string& final_path() const { return final_; }
  /// The path of something in the directory as it will be.
  [[nodiscard]] std::string finally(const std::string& path) const;
  /// The run is over: gives the directory its lasting name.
  Status finish();

 private:
  RunDirectory(std::string path, std::string final, Fd lock)
      : path_(std::move(path)), final_(std::move(final)), lock_(std::move(lock)) {}

  std::string path_;
  std::string final_;
  Fd lock_;
};

/// Where runs are kept: $XDG_STATE_HOME/ktstr/runs or ~/.local/state/ktstr/runs.
Result<std::string> runs_home();

}  // namespace ktstr::run
