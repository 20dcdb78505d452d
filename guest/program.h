// SPDX-License-Identifier: GPL-2.0-only
// A program that runs beside the scenario, a scheduler or a payload: a child of init in a process
// group of its own, whose output is taken as it comes and which is told of when it ends.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <signal.h>

#include "guest/loop.h"

namespace ktstr::guest {

class Program {
 public:
  struct End {
    int code = 0;
    int signal = 0;
  };
  enum class Stream { out, err };
  /// Told of what comes, any bytes, and of the end of a stream by an empty piece.
  using OnOutput = std::function<void(Stream, std::string_view)>;

  /// How it is started.
  struct Start {
    const std::vector<std::string>& argv;  ///< What cannot be executed ends with status 127.
    std::string directory = "/";
    bool one_stream = false;  ///< Both of its streams are told as `out`, in their order.
    /// Done to the process before it becomes the program.
    std::function<Status(pid_t)> place = [](pid_t) { return Status(); };
  };

  Program(Loop& loop, OnOutput on_output) : loop_(loop), on_output_(std::move(on_output)) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  Status start(const Start& start);
  /// Whoever reaps init's children asks each program whether it was its; true then.
  bool reaped(const siginfo_t& info);

  [[nodiscard]] bool runs() const { return pid_ > 0 && !end_; }
  [[nodiscard]] const std::optional<End>& end() const { return end_; }
  /// To the program alone.
  void signal(int number) const;
  void signal_group(int number) const;
  /// What the pipes still hold.
  void drain();

 private:
  static constexpr std::array streams{Stream::out, Stream::err};

  Fd& end_of(Stream stream) { return outputs_[static_cast<std::size_t>(stream)]; }
  bool read_some(Stream stream);

  Loop& loop_;
  OnOutput on_output_;
  pid_t pid_ = -1;
  std::optional<End> end_{};
  std::array<Fd, 2> outputs_{};  ///< Ours, while anyone may write.
};

/// `status 3` or `signal 9`.
std::string to_text(const Program::End& end);

}  // namespace ktstr::guest
