// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/loop.h"

#include <cerrno>
#include <system_error>

#include <poll.h>
#include <pthread.h>

#include "base/clock.h"
#include "vmm/virtio/event.h"

namespace ktstr::vmm::virtio {
namespace {

/// Changes whenever a buffer is taken: a turn's budget is far below the 2^16 of an index.
std::uint64_t position(Queues queues) {
  std::uint64_t sum = 0;
  for (const Queue* queue : queues)
    if (queue != nullptr) sum = sum * 31 + queue->next();
  return sum;
}

bool running(Queues queues) {
  for (const Queue* queue : queues)
    if (queue != nullptr) return true;
  return false;
}

}  // namespace

Result<Turn> take_turn(Device& device, Transport& transport, Nanos now) {
  const Queues queues = transport.queues();
  if (!running(queues)) return Turn{};
  const std::uint64_t before = position(queues);
  Turn turn;
  turn.more = device.work(queues, now);
  turn.progress = position(queues) != before;
  std::size_t broken = queues.size();
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (queues[i] == nullptr) continue;
    if (queues[i]->should_interrupt()) transport.interrupt(i);
    if (!queues[i]->broken().empty() && broken == queues.size()) broken = i;
  }
  if (broken == queues.size()) return turn;
  TRY(transport.broke(broken, queues[broken]->broken()));
  return Turn{};
}

Loop::Loop(Device& device, Transport& transport, Nanos spin, Fd wake, Fd ended)
    : device_(device),
      transport_(transport),
      spin_(spin),
      wake_(std::move(wake)),
      ended_(std::move(ended)),
      thread_([this] { run(); }) {}

Result<std::unique_ptr<Loop>> Loop::start(Device& device, Transport& transport, Nanos spin) {
  Fd wake = TRY(create_event());
  Fd ended = TRY(create_event());
  try {
    return std::unique_ptr<Loop>(
        new Loop(device, transport, spin, std::move(wake), std::move(ended)));
  } catch (const std::system_error& error) {
    return fail_code(error.code().value(), std::string("start the thread of ") + device.name());
  }
}

Loop::~Loop() {
  stopping_ = true;
  release();
  signal_event(wake_);
  thread_.join();
}

std::optional<Error> Loop::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

bool Loop::call(const std::function<void()>& act) {
  Call call{&act};
  std::unique_lock lock(mutex_);
  if (over_) return false;
  calls_.push_back(&call);
  signal_event(wake_);
  changed_.notify_all();
  changed_.wait(lock, [&] { return call.done || call.refused; });
  return call.done;
}

void Loop::hold() {
  std::unique_lock lock(mutex_);
  held_ = true;
  signal_event(wake_);
  changed_.wait(lock, [this] { return resting_ || over_; });
}

void Loop::release() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

/// Returns when the loop is not held, or no longer.
void Loop::rest() {
  std::unique_lock lock(mutex_);
  while (held_ && !stopping_) {
    serve_calls();
    resting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_ || !calls_.empty(); });
  }
  resting_ = false;
}

/// Under the mutex.
void Loop::serve_calls() {
  if (calls_.empty()) return;
  for (Call* call : calls_) {
    (*call->act)();
    call->done = true;
  }
  calls_.clear();
  changed_.notify_all();
}

void Loop::run() {
  ::pthread_setname_np(::pthread_self(), device_.name());
  Status status;
  bool go_on = true;
  while (status && go_on && !stopping_) {
    rest();
    status = work();
    if (!status) break;
    Result<bool> waited = wait();
    if (waited)
      go_on = *waited;
    else
      status = tl::unexpected(std::move(waited).error());
  }
  device_.reset();
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (Call* call : calls_) call->refused = true;
    calls_.clear();
    changed_.notify_all();
    if (!status) failure_ = status.error();
  }
  transport_.ended();
  signal_event(ended_);
}

Status Loop::work() {
  const Nanos now = monotonic_now();
  const Turn turn = TRY(take_turn(device_, transport_, now));
  more_ = turn.more;
  if (turn.progress) last_progress_ = now;
  return {};
}

/// How long to sleep, in milliseconds for poll(2), having asked the driver for notifications.
int Loop::timeout() {
  if (more_) return 0;
  const Queues queues = transport_.queues();
  if (!running(queues)) return -1;
  if (monotonic_now() - last_progress_ < spin_) return 0;
  bool arrived = false;
  for (std::size_t i = 0; i < queues.size(); ++i)
    if (queues[i] != nullptr && device_.wants(i) && queues[i]->arm()) arrived = true;
  if (arrived) return 0;
  const std::optional<Nanos> deadline = device_.deadline();
  if (!deadline) return -1;
  const Nanos left = std::max(*deadline - monotonic_now(), Nanos());
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

Result<bool> Loop::wait() {
  const int sleep = timeout();
  const Fd* control = transport_.control();
  const auto add = [this](int fd) { polled_.push_back({fd, POLLIN, 0}); };
  polled_.clear();
  add(wake_.get());
  add(control != nullptr ? control->get() : -1);
  add(device_.events());
  const std::size_t kicks = polled_.size();
  const std::size_t count = device_.queue_sizes().size();
  for (std::size_t i = 0; i < count; ++i) {
    const Fd* kick = transport_.kick(i);
    add(kick != nullptr ? kick->get() : -1);
  }
  if (::poll(polled_.data(), polled_.size(), sleep) < 0 && errno != EINTR)
    return fail_errno(std::string("poll of ") + device_.name());
  if (sleep != 0)
    for (Queue* queue : transport_.queues())
      if (queue != nullptr) queue->disarm();
  for (std::size_t i = 0; i < count; ++i) {
    const short happened = polled_[kicks + i].revents;
    if ((happened & (POLLERR | POLLHUP | POLLNVAL)) != 0)
      return fail_code(EPROTO, std::string(device_.name()) + ": a kick that is not an eventfd");
    if (happened != 0) clear_event(*transport_.kick(i));
  }
  if (polled_[2].revents != 0) device_.dispatch();
  if (polled_[0].revents != 0) {
    clear_event(wake_);
    const std::lock_guard lock(mutex_);
    serve_calls();
  }
  if (polled_[1].revents != 0) return transport_.obey();
  return true;
}

}  // namespace ktstr::vmm::virtio
