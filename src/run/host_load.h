// SPDX-License-Identifier: GPL-2.0-only
// Load on the host that a scenario asks for (`spawn_host`): processes that keep its CPUs busy. They
// are children of ours in our own process group and die with the thread that started them.
#pragma once

#include <cstdint>
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

  /// Starts so many processes for a step, each busy for this share of its time.
  Status start(std::uint32_t step, std::uint32_t count, Share load);
  /// Ends those of a step.
  void end(std::uint32_t step);

  [[nodiscard]] std::size_t running() const { return children_.size(); }

 private:
  struct Child {
    pid_t pid;
    std::uint32_t step;
  };
  std::vector<Child> children_{};
};

}  // namespace ktstr::run
