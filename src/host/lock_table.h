// SPDX-License-Identifier: GPL-2.0-only
// Who holds which locks, from /proc/locks (proc_locks(5)), and what the names of ours mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace ktstr::host {

struct HeldLock {
  bool is_flock = false;  ///< By flock(2), not fcntl(2).
  bool alone = false;
  pid_t pid = 0;  ///< Of the process that took it.
  dev_t device = 0;
  ino_t inode = 0;

  bool operator==(const HeldLock&) const = default;
};

/// Locks somebody waits for are left out, and so are those of processes that cannot be seen.
std::vector<HeldLock> read_lock_table(const std::string& root);

struct LockedPart {
  bool is_llc = false;
  bool is_queued = false;  ///< Waited for.
  std::uint32_t number = 0;

  bool operator==(const LockedPart&) const = default;
};

/// nullopt for files that are not ours.
std::optional<LockedPart> parse_lock_name(std::string_view name);

/// A command line on one short line; empty when there is no such process.
std::string command_of(const std::string& root, pid_t pid);

}  // namespace ktstr::host
