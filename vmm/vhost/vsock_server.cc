// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vhost/vsock_server.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>

#include <sys/eventfd.h>

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "vmm/vhost/session.h"

namespace ktstr::vmm::vhost {
namespace {

constexpr std::size_t rx = 0;
constexpr std::size_t tx = 1;

Result<Fd> create_event() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fail_errno("eventfd");
  return fd;
}

// An eventfd whose counter is full has been signalled already, and a frontend that passed
// something else than an eventfd hurts only itself: neither result matters.
void signal(const Fd& event) {
  const std::uint64_t one = 1;
  if (event) [[maybe_unused]]
    const ssize_t ignored = ::write(event.get(), &one, sizeof one);
}

void clear(const Fd& event) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t ignored = ::read(event.get(), &count, sizeof count);
}

Buffer config_space(std::uint32_t guest_cid) {
  Buffer config;
  append_le<std::uint64_t>(config, guest_cid);  // Virtio 1.2 §5.10.4.
  return config;
}

}  // namespace

class VsockServer::Loop {
 public:
  Loop(Fd frontend, std::unique_ptr<vsock::SocketDevice> sockets, Buffer config, Nanos spin,
       Fd wake, Fd ended)
      : channel_(std::move(frontend)),
        session_(std::move(config)),
        sockets_(std::move(sockets)),
        spin_(spin),
        wake_(std::move(wake)),
        ended_(std::move(ended)),
        thread_([this] { run(); }) {}

  ~Loop() {
    stopping_ = true;
    signal(wake_);
    thread_.join();
  }

  Result<Fd> connect(std::uint32_t guest_port) {
    std::pair<Fd, Fd> pair = TRY(stream_pair());
    {
      const std::lock_guard lock(mutex_);
      if (over_) return fail_code(ENOTCONN, "connect to the guest: its vsock device is gone");
      wanted_.emplace_back(guest_port, std::move(pair.first));
    }
    signal(wake_);
    return std::move(pair.second);
  }

  [[nodiscard]] const Fd& ended() const { return ended_; }
  [[nodiscard]] std::optional<Error> failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  void run() {
    Status status;
    while (status && !stopping_ && !frontend_gone_) {
      status = work();
      if (status) status = wait();
    }
    sockets_->device().reset();
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      wanted_.clear();
      if (!status) failure_ = status.error();
    }
    channel_ = Channel(Fd());  // The frontend need not wait for us to be destroyed.
    signal(ended_);
  }

  /// Moves packets; sets `busy_` when there is more to do at once.
  Status work() {
    busy_ = false;
    if (session_.take_restart()) sockets_->device().reset();
    if (!session_.running()) return {};
    Ring& rx_ring = session_.ring(rx);
    Ring& tx_ring = session_.ring(tx);
    const auto before = std::pair(rx_ring.queue->next(), tx_ring.queue->next());
    const Nanos now = monotonic_now();
    busy_ = sockets_->device().process(*rx_ring.queue, *tx_ring.queue, now);
    if (before != std::pair(rx_ring.queue->next(), tx_ring.queue->next())) last_progress_ = now;
    for (Ring* ring : {&rx_ring, &tx_ring}) {
      if (ring->queue->should_interrupt()) signal(ring->call);
      if (ring->queue->broken().empty()) continue;
      signal(ring->error);
      return fail_code(EPROTO,
                       "the guest broke its vsock ring: " + std::string(ring->queue->broken()));
    }
    return {};
  }

  /// How long to sleep, having asked the driver for notifications.
  int timeout() {
    if (busy_) return 0;
    if (!session_.running()) return -1;
    if (monotonic_now() - last_progress_ < spin_) return 0;
    const vsock::Device& device = sockets_->device();
    const bool packets = session_.ring(tx).queue->arm();
    const bool buffers = device.starved() && session_.ring(rx).queue->arm();
    if (packets || buffers) return 0;
    if (!device.deadline()) return -1;
    const Nanos left = *device.deadline() - monotonic_now();
    return static_cast<int>(
        std::chrono::ceil<std::chrono::milliseconds>(std::max(left, Nanos())).count());
  }

  Status wait() {
    const int sleep = timeout();
    std::array<pollfd, 5> fds{{{channel_.fd().get(), POLLIN, 0},
                               {wake_.get(), POLLIN, 0},
                               {sockets_->events().get(), POLLIN, 0},
                               {session_.ring(rx).kick.get(), POLLIN, 0},
                               {session_.ring(tx).kick.get(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), sleep) < 0 && errno != EINTR)
      return fail_errno("poll of the vsock device");
    if (session_.running() && sleep != 0)
      for (const std::size_t index : {rx, tx}) session_.ring(index).queue->disarm();
    if (((fds[3].revents | fds[4].revents) & (POLLERR | POLLHUP | POLLNVAL)) != 0)
      return fail_code(EPROTO, "vhost-user: a kick that is not an eventfd");
    if (fds[3].revents != 0) clear(session_.ring(rx).kick);
    if (fds[4].revents != 0) clear(session_.ring(tx).kick);
    if (fds[2].revents != 0) sockets_->dispatch();
    if (fds[1].revents != 0) connect_wanted();
    if (fds[0].revents != 0) return obey();
    return {};
  }

  void connect_wanted() {
    clear(wake_);
    const std::lock_guard lock(mutex_);
    // A connection that cannot be made closes its stream, which is all its owner needs to know.
    for (auto& [port, stream] : wanted_)
      static_cast<void>(sockets_->connect(port, std::move(stream)));
    wanted_.clear();
  }

  Status obey() {
    while (true) {
      Message message;
      const Channel::Received received = TRY(channel_.receive(message));
      if (received == Channel::Received::nothing) return {};
      if (received == Channel::Received::end) {
        frontend_gone_ = true;
        return {};
      }
      const std::optional<Buffer> reply = TRY(session_.handle(message));
      if (reply) TRY(channel_.reply(message.request, *reply));
    }
  }

  Channel channel_;
  Session session_;
  std::unique_ptr<vsock::SocketDevice> sockets_;
  Nanos spin_;
  Fd wake_;
  Fd ended_;
  Nanos last_progress_{};
  bool busy_ = false;
  bool frontend_gone_ = false;
  std::atomic<bool> stopping_ = false;

  mutable std::mutex mutex_;
  std::vector<std::pair<std::uint32_t, Fd>> wanted_;  // Under the mutex, as the two below.
  std::optional<Error> failure_;
  bool over_ = false;

  std::thread thread_;  // Last: it uses everything above.
};

VsockServer::VsockServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
VsockServer::VsockServer(VsockServer&&) noexcept = default;
VsockServer& VsockServer::operator=(VsockServer&&) noexcept = default;
VsockServer::~VsockServer() = default;

Result<VsockServer> VsockServer::start(Fd frontend, VsockOptions options) {
  auto sockets = TRY(vsock::SocketDevice::create(options.guest_cid, std::move(options.listeners)));
  Fd wake = TRY(create_event());
  Fd ended = TRY(create_event());
  try {
    return VsockServer(std::make_unique<Loop>(std::move(frontend), std::move(sockets),
                                              config_space(options.guest_cid), options.spin,
                                              std::move(wake), std::move(ended)));
  } catch (const std::system_error& error) {
    return fail_code(error.code().value(), "start the vsock device's thread");
  }
}

Result<Fd> VsockServer::connect(std::uint32_t guest_port) {
  return loop_->connect(guest_port);
}

const Fd& VsockServer::ended() const {
  return loop_->ended();
}

std::optional<Error> VsockServer::failure() const {
  return loop_->failure();
}

}  // namespace ktstr::vmm::vhost
