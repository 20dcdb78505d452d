// SPDX-License-Identifier: GPL-2.0-only
// Reservations as advisory locks: flock(2) on a file per LLC and per CPU, exclusive for those who
// take it alone, shared for the others. The kernel drops a lock with its holder, however that ends,
// so there is nothing to clean up; the empty files stay. Only programs that ask are kept out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"
#include "ir/reservation.h"
#include "schema/record.h"

namespace ktstr::host {

/// Somebody's lock.
struct LockHolder {
  std::string what;  ///< `llc-8`, `cpu-3`; `llc-8.next` for one who waits to have it alone.
  bool alone = false;
  pid_t pid = 0;
  std::string command;  ///< The holder's command line, shortened; empty when it is gone.

  bool operator==(const LockHolder&) const = default;
  static constexpr auto schema = schema::record(
      "lock_holder", "Somebody's lock.",
      schema::Field{"what", &LockHolder::what, "The LLC or CPU; `.next` for one who waits."},
      schema::Field{"alone", &LockHolder::alone, "Whether others are kept out."},
      schema::Field{"pid", &LockHolder::pid, "The process."},
      schema::Field{"command", &LockHolder::command, "Its command line."});
};

/// Locks that are held until it is destroyed.
class [[nodiscard]] Holding {
 public:
  Holding() = default;

 private:
  friend class Locks;
  std::vector<Fd> files_;
};

/// Safe to use from several threads and processes.
class Locks {
 public:
  /// /run/ktstr, which all users share, or $XDG_RUNTIME_DIR/ktstr where there is no access to it.
  static Result<std::string> default_directory();
  /// Makes the directory if need be. Fails on file systems whose locks may not be real.
  static Result<Locks> open(std::string directory);

  /// All of it, or nullopt, and nothing, when somebody is in the way.
  [[nodiscard]] Result<std::optional<Holding>> try_take(const ir::Reservation& wanted) const;
  /// Until the result is destroyed, nobody new gets a share of what `wanted` has alone: else those
  /// who share an LLC by turns would keep others waiting for ever.
  [[nodiscard]] Holding queue_for(const ir::Reservation& wanted) const;

  /// Everybody's locks, also our own, by name. `root` stands before /proc.
  [[nodiscard]] std::vector<LockHolder> holders(const std::string& root = "") const;
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  explicit Locks(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<std::optional<Fd>> lock(const std::string& name, int operation) const;

  std::string directory_;
};

/// What is taken, as far as it can be seen from here.
ir::Reservation taken(const std::vector<LockHolder>& holders);
/// The first of those in the way of `wanted`: `LLC 8, which ktstr-run a.yaml (4711) has alone`.
std::optional<std::string> in_the_way(const ir::Reservation& wanted,
                                      const std::vector<LockHolder>& holders);

}  // namespace ktstr::host
