// SPDX-License-Identifier: GPL-2.0-only
// Session: init's side of the conversation with the host. It answers pings by itself, sends what it
// is given, and turns the host's wish to stop, its silence for good and every broken frame into the
// one reason why waiting fails.
#pragma once

#include <optional>

#include "guest/loop.h"
#include "wire/channel.h"

namespace ktstr::guest {

class Session {
 public:
  Session(Loop& loop, wire::Channel channel);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { loop_.unwatch(channel_.fd()); }

  Status begin();

  /// What cannot be sent breaks the session, which the next wait tells.
  void send(const wire::Message& message);
  /// Waits for the host's program.
  Result<ir::Program> program(Nanos patience);
  /// Waits until `until`; fails as soon as the host wants a stop or the session is broken.
  Status wait(Nanos until);
  Status wait_for(Nanos time);
  /// Fails if the host wants a stop or the session is broken.
  [[nodiscard]] Status check() const;
  /// The run makes no sense any more: every wait fails for this reason from here on.
  void abandon(Error why);
  /// Says Done and waits until the host has seen it.
  void finish(const std::string& error, Nanos patience);

  [[nodiscard]] bool broken() const { return broken_.has_value(); }

 private:
  void serve();
  void take(wire::Message message);
  void update_interest();
  void break_off(Error why);

  Loop& loop_;
  wire::Channel channel_;
  std::optional<Error> broken_;
  std::optional<Error> abandoned_;
  std::optional<ir::Program> program_;
  bool running_ = false;
  bool stop_ = false;
  bool done_seen_ = false;
};

}  // namespace ktstr::guest
