// SPDX-License-Identifier: GPL-2.0-only
// ControlHelper: control files of the real kernel, changed by a forked process that may get stuck
// where init must not. A change that misses its deadline fails, and the stuck process is killed
// and replaced.
#pragma once

#include <optional>

#include <sys/types.h>

#include "guest/control_files.h"
#include "guest/loop.h"

namespace ktstr::guest {

class ControlHelper final : public ControlFiles {
 public:
  explicit ControlHelper(Loop& loop) : loop_(loop) {}
  ControlHelper(const ControlHelper&) = delete;
  ControlHelper& operator=(const ControlHelper&) = delete;
  ~ControlHelper() override { end(); }

  Status make_directory(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Status write(const std::string& path, const std::string& text) override;
  Result<std::string> read(const std::string& path) const override;
  void pause(Nanos time) override;

 private:
  enum class Change : char { make, remove, write };

  Status ask(Change change, const std::string& path, const std::string& text);
  Status begin();
  void end();
  static int perform(Change change, const char* path, const char* text, std::size_t size);
  [[noreturn]] static void serve(int socket, pid_t parent);

  Loop& loop_;
  Fd process_;  ///< A pidfd.
  Fd socket_;
  std::optional<int> answer_;  ///< Of the change that is asked for: 0, an errno, or -1 for death.
};

}  // namespace ktstr::guest
