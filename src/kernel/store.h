// SPDX-License-Identifier: GPL-2.0-only
// How kernels enter the cache: one process at a time, made aside and renamed into place, so that a
// reader never sees half of one.
#pragma once

#include <functional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace ktstr::kernel {

/// Locks the file at `path`, made if need be, until the descriptor and all copies of it are closed.
/// `waits` is called once if another process holds it; the wait ends with EINTR when the descriptor
/// `stop` becomes readable.
Result<Fd> lock_file(const std::string& path, const std::function<void()>& waits, int stop = -1);

/// Removes what stands at `path`, if anything.
Status remove_tree(const std::string& path);

/// Renames the directory `staged` to `target` and removes what was there before.
Status put_in_place(const std::string& staged, const std::string& target);

/// Makes `link` a symbolic link to `target`, made in the directory `scratch` first.
Status point_at(const std::string& target, const std::string& link, const std::string& scratch);

}  // namespace ktstr::kernel
