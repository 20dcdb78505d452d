// SPDX-License-Identifier: GPL-2.0-only
// Child processes. A Process is killed with its owner: PDEATHSIG covers our own sudden death, the
// destructor an orderly end. PDEATHSIG fires when the *thread* that spawned dies, so spawn from a
// thread that lives as long as the child should.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr {

struct Command {
  std::vector<std::string> argv;  ///< argv[0] is looked up in $PATH when it has no slash.
  std::vector<std::pair<int, int>> inherit;  ///< {our descriptor, the child's descriptor number}.
  std::vector<std::string> environment;      ///< `NAME=value`, added to ours.
};

struct Exit {
  int code = 0;    ///< Exit code, when `signal` is 0.
  int signal = 0;  ///< The signal that ended it, or 0.

  bool operator==(const Exit&) const = default;
  [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
};

/// `exit 3` or `signal 9 (Killed)`.
std::string describe(const Exit& exit);

class [[nodiscard]] Process {
 public:
  Process() = default;
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();  ///< SIGKILL and reap when still running.

  /// Starts `command`: standard input is /dev/null and the other two streams are ours unless
  /// `inherit` says otherwise; nothing else of ours leaks, as every descriptor is close-on-exec.
  /// Fails when the program cannot be executed.
  static Result<Process> spawn(const Command& command);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const Fd& pidfd() const { return pidfd_; }  ///< Readable once the child is dead.
  Status signal(int number);
  /// Waits up to `timeout`; nullopt when it still runs then.
  Result<std::optional<Exit>> wait(Nanos timeout);

 private:
  pid_t pid_ = -1;
  Fd pidfd_;
};

/// As many open files as this process may have: a machine takes two for each vCPU.
void raise_descriptor_limit();

struct Output {
  Exit exit;
  std::string out;
  std::string err;
};

/// Runs to the end and collects both streams, each up to `limit`; kills the child at `timeout`.
Result<Output> run_command(const Command& command, Nanos timeout, Bytes limit = 16_MiB);

}  // namespace ktstr
