// SPDX-License-Identifier: GPL-2.0-only
// Loop: the one place where init waits. Code that runs a scenario is straight-line and waits by
// `run`, which meanwhile serves everything watched: messages, samples, dead children. Handlers
// never call `run` themselves.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr::guest {

class Loop {
 public:
  using Handler = std::function<void()>;

  static Result<Loop> make();

  /// Calls `handler` whenever `fd` is readable, or writable where that is wanted, until
  /// `unwatch`. The descriptor stays the caller's.
  Status watch(int fd, Handler handler);
  void unwatch(int fd);
  /// Whether to care for the descriptor being writable.
  void want_write(int fd, bool wanted);

  /// Serves until `done()` says so, asked before and after everything served, or until the time
  /// `until`. Gives whether `done()` did.
  bool run(Nanos until, const std::function<bool()>& done);
  void run_until(Nanos until) {
    run(until, [] { return false; });
  }

 private:
  explicit Loop(Fd epoll) : epoll_(std::move(epoll)) {}

  struct Watch {
    Handler handler;
    bool wants_write = false;
  };
  Fd epoll_;
  std::map<int, std::shared_ptr<Watch>> watches_;
};

}  // namespace ktstr::guest
