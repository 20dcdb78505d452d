// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/store.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <sys/file.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace ktstr::kernel {

Result<Fd> lock_file(const std::string& path, const std::function<void()>& waits, int stop) {
  constexpr int interval = 100;  // Milliseconds.
  Fd fd = TRY(open_file(path, O_RDWR | O_CREAT, 0644));
  for (bool told = false; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; told = true) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno("lock " + path);
    if (!told) waits();
    pollfd watch{stop, POLLIN, 0};
    if (::poll(&watch, 1, interval) == 1) return fail_code(EINTR, "wait for " + path);
  }
  return fd;
}

Status remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return fail_code(error.value(), "remove " + path);
  return {};
}

Status put_in_place(const std::string& staged, const std::string& target) {
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (errno != EEXIST) return fail_errno("rename to " + target);
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0)
    return fail_errno("exchange " + target);
  return remove_tree(staged);  // What was there before.
}

Status point_at(const std::string& target, const std::string& link, const std::string& scratch) {
  const std::string made = scratch + "/link";
  TRY(remove_tree(made));
  if (::symlink(target.c_str(), made.c_str()) != 0) return fail_errno("link " + made);
  if (::rename(made.c_str(), link.c_str()) != 0) return fail_errno("rename to " + link);
  return {};
}

}  // namespace ktstr::kernel
