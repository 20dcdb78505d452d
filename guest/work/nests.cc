// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/nests.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace ktstr::guest {

Nests::Nests(Worker& worker, std::int64_t count)
    : worker_(worker), home_(worker.surroundings().id % static_cast<std::size_t>(count)) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string path = worker.surroundings().cgroup + "/" + nest_name(i) + "/cgroup.procs";
    Result<Fd> procs = open_file(path, O_WRONLY);
    if (!procs) worker.fail(describe(procs.error()));
    procs_.push_back(std::move(*procs));
  }
}

bool Nests::move(pid_t pid, std::size_t nest) {
  const std::string text = std::to_string(pid);
  while (::write(procs_[nest].get(), text.data(), text.size()) < 0) {
    if (errno == EINTR && !worker_.stopping()) continue;
    if (errno == EINTR || errno == ESRCH) return false;
    worker_.fail_errno("move a task to another cgroup");
  }
  return true;
}

}  // namespace ktstr::guest
