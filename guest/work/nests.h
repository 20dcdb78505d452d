// SPDX-License-Identifier: GPL-2.0-only
// Nests: the cgroups that init nests in that of workers which move tasks between cgroups.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "guest/work/worker.h"

namespace ktstr::guest {

inline std::string nest_name(std::int64_t index) {
  return "nest_" + std::to_string(index);
}

class Nests {
 public:
  /// Gives up for the worker when they are not there.
  Nests(Worker& worker, std::int64_t count);

  /// The one that init started the worker in.
  [[nodiscard]] std::size_t home() const { return home_; }
  [[nodiscard]] std::size_t after(std::size_t nest) const { return (nest + 1) % procs_.size(); }
  /// Moves a process, or with 0 the caller. False when it is gone, or leaving.
  bool move(pid_t pid, std::size_t nest);

 private:
  Worker& worker_;
  std::vector<Fd> procs_;
  std::size_t home_;
};

}  // namespace ktstr::guest
