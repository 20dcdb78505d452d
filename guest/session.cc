// SPDX-License-Identifier: GPL-2.0-only
#include "guest/session.h"

#include <cerrno>

#include "base/clock.h"
#include "base/overload.h"

namespace ktstr::guest {

Session::Session(Loop& loop, wire::Channel channel) : loop_(loop), channel_(std::move(channel)) {}

Status Session::begin() {
  return loop_.watch(channel_.fd(), [this] { serve(); });
}

void Session::break_off(Error why) {
  if (!broken_) broken_ = std::move(why);
  loop_.unwatch(channel_.fd());
}

void Session::update_interest() {
  loop_.want_write(channel_.fd(), channel_.wants_write());
}

void Session::send(const wire::Message& message) {
  if (broken_) return;
  if (Status sent = channel_.send(message); !sent) return break_off(std::move(sent).error());
  update_interest();
}

void Session::serve() {
  if (Status flushed = channel_.flush(); !flushed) return break_off(std::move(flushed).error());
  update_interest();
  while (!broken_) {
    Result<std::optional<wire::Message>> got = channel_.receive();
    if (!got) return break_off(std::move(got).error());
    if (!*got) return;
    take(std::move(**got));
  }
}

void Session::take(wire::Message message) {
  std::visit(Overload{
                 [&](wire::Ping& ping) {
                   send(wire::Pong{ping.host, monotonic_now()});
                 },
                 [&](wire::Stop&) { stop_ = true; },
                 [&](wire::DoneSeen&) { done_seen_ = true; },
                 [&](wire::Run& run) {
                   if (running_) return break_off({"receive a second program", EBADMSG, {}});
                   running_ = true;
                   program_ = std::move(run.program);
                 },
                 [&]<class Type>(Type&) {
                   break_off({"receive `" + std::string(Type::schema.name) +
                                  "`, which only the guest sends",
                              EBADMSG,
                              {}});
                 },
             },
             message);
}

Status Session::check() const {
  if (broken_) return tl::unexpected(*broken_);
  if (stop_) return fail_code(ECANCELED, "the host ended the run");
  if (abandoned_) return tl::unexpected(*abandoned_);
  return {};
}

Result<ir::Program> Session::program(Nanos patience) {
  loop_.run(monotonic_now() + patience,
            [this] { return program_.has_value() || broken_ || stop_; });
  if (program_) return *std::exchange(program_, std::nullopt);
  TRY(check());
  return fail_code(ETIMEDOUT, "wait for the host's program");
}

Status Session::wait(Nanos until) {
  loop_.run(until, [this] { return broken_ || stop_ || abandoned_; });
  return check();
}

Status Session::wait_for(Nanos time) {
  return wait(monotonic_now() + time);
}

void Session::abandon(Error why) {
  if (!abandoned_) abandoned_ = std::move(why);
}

void Session::finish(const std::string& error, Nanos patience) {
  send(wire::Done{error, channel_.samples_lost()});
  loop_.run(monotonic_now() + patience, [this] { return done_seen_ || broken_; });
}

}  // namespace ktstr::guest
