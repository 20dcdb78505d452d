// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>

#include "base/check.h"
#include "base/clock.h"

namespace ktstr::guest {

Result<Loop> Loop::make() {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("epoll_create1");
  return Loop(std::move(epoll));
}

Status Loop::watch(int fd, Handler handler) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno("epoll_ctl");
  watches_[fd] = std::make_shared<Watch>(Watch{std::move(handler)});
  return {};
}

void Loop::unwatch(int fd) {
  if (watches_.erase(fd) > 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::want_write(int fd, bool wanted) {
  const auto found = watches_.find(fd);
  if (found == watches_.end() || found->second->wants_write == wanted) return;
  found->second->wants_write = wanted;
  epoll_event event{.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.fd = fd}};
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

bool Loop::run(Nanos until, const std::function<bool()>& done) {
  while (true) {
    if (done()) return true;
    const Nanos left = std::max(until - monotonic_now(), Nanos(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), (left - seconds).count()};
    std::array<epoll_event, 16> events;
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     &timeout, nullptr);
    CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      const auto found = watches_.find(events[static_cast<std::size_t>(i)].data.fd);
      if (found == watches_.end()) continue;  // A handler before it has ended the watch.
      const std::shared_ptr<Watch> kept = found->second;
      kept->handler();
    }
    if (monotonic_now() >= until) return done();
  }
}

}  // namespace ktstr::guest
