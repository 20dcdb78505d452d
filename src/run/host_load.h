// SPDX-License-Identifier: GPL-2.0-only
// Load on the host that a scenario asks for (`spawn_host`): processes that keep its CPUs busy. They
// are children of ours in our own process group and die with the thread that started them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/units.h"

namespace ktstr::run {

class HostLoad {
 public:
  /// Of all steps together.
  static constexpr std::size_t most = 256;

  HostLoad() = default;
  HostLoad(const HostLoad&) = delete;
  HostLoad& operator=(const HostLoad&) = delete;
  ~HostLoad();

  /// An op by its place in the program.
  struct Origin {
    std::uint32_t step;
    std::uint32_t op;
    bool operator==(const Origin&) const = default;
  };
  /// Starts so many processes, each busy for this share of its time, in place of those that the
  /// same op started before: a step that repeats its ops has the load of one round.
  Status start(Origin origin, std::uint32_t count, Share load);
  /// Ends those of a step.
  void end(std::uint32_t step);

  [[nodiscard]] std::size_t running() const { return children_.size(); }

 private:
  struct Child {
    pid_t pid;
    Origin origin;
  };
  void end_if(const std::function<bool(const Origin&)>& ends);

  std::vector<Child> children_{};
};

}  // namespace ktstr::run
