// SPDX-License-Identifier: GPL-2.0-only
// Bytes a second through the vsock device core with a driver and a host in this process, and
// through sockets as the run layer sees it. One line per figure.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/socket.h>

#include "base/clock.h"
#include "support/fake_vsock_driver.h"
#include "vmm/virtio/vsock/sockets.h"

using namespace ktstr;
using namespace ktstr::vmm;
using namespace ktstr::vmm::vsock;
using fake::VsockDriver;

namespace {

constexpr std::uint64_t amount = std::uint64_t{1} << 30;
constexpr double promise = 200;

/// Takes and gives by copying, as a socket does, without the system calls.
class CopyingHost final : public Host {
 public:
  bool accept(Id) override { return true; }
  void connected(Id) override {}
  std::size_t take(Id, ByteView bytes) override {
    for (ByteView rest = bytes; !rest.empty();) {
      const std::size_t step = std::min(rest.size(), buffer_.size());
      std::memcpy(buffer_.data(), rest.data(), step);
      rest = rest.subspan(step);
    }
    moved += bytes.size();
    return bytes.size();
  }
  std::size_t give(Id, ByteSpan room) override {
    const std::size_t step = std::min(room.size(), buffer_.size());
    std::memcpy(room.data(), buffer_.data(), step);
    moved += step;
    return step;
  }
  void peer_shutdown(Id, bool, bool) override {}
  void closed(Id, bool) override { std::abort(); }

  std::uint64_t moved = 0;

 private:
  std::array<std::byte, 64 * 1024> buffer_{};
};

struct Line {
  explicit Line(Device& to) : device(to) {
    driver.provide(128);
    Header request = VsockDriver::header(Op::request, 5000, 1000);
    request.buf_alloc = 256 * 1024;
    driver.send(request);
    run();
    driver.receive();
    driver.provide(128);
  }

  void run() {
    while (device.process(rx, tx, monotonic_now())) {
    }
  }

  VsockDriver driver;
  Device& device;
  Queue rx = Queue::create(driver.ram.memory, driver.rx.layout).value();
  Queue tx = Queue::create(driver.ram.memory, driver.tx.layout).value();
};

void print(std::string_view name, std::uint64_t bytes, Nanos time, bool promised) {
  const double speed =
      static_cast<double>(bytes) / 1e6 / std::chrono::duration<double>(time).count();
  std::printf("bench: vsock.%s %.0f MB/s", std::string(name).c_str(), speed);
  if (promised) std::printf(" (promise >= %.0f MB/s)", promise);
  std::printf("\n");
}

/// Packets of 16 KiB from the guest until `amount` is through. `consume` empties the host's side.
template <class Consume>
Nanos guest_to_host(Line& line, Consume&& consume) {
  const std::string payload(16 * 1024, 'g');
  const Header header = VsockDriver::header(Op::rw, 5000, 1000);
  const Nanos start = monotonic_now();
  std::uint64_t sent = 0;
  while (sent < amount) {
    for (int i = 0; i < 8 && line.driver.send(header, payload); ++i) sent += payload.size();
    line.run();
    consume();
    line.run();
    line.driver.provide(line.driver.receive().size());
  }
  return monotonic_now() - start;
}

/// The guest takes what comes, in buffers of 4 KiB, and gives credit at every turn.
template <class Produce>
Nanos host_to_guest(Line& line, Produce&& produce) {
  Header credit = VsockDriver::header(Op::credit_update, 5000, 1000);
  credit.buf_alloc = 1 << 20;
  line.driver.send(credit);
  const Nanos start = monotonic_now();
  std::uint64_t received = 0;
  while (received < amount) {
    produce();
    line.run();
    std::size_t packets = 0;
    for (const fake::Packet& packet : line.driver.receive()) {
      received += packet.payload.size();
      ++packets;
    }
    line.driver.provide(packets);
    credit.fwd_cnt = static_cast<std::uint32_t>(received);
    line.driver.send(credit);
  }
  return monotonic_now() - start;
}

void measure_core() {
  CopyingHost host;
  Device device(VsockDriver::cid, host);
  Line line(device);
  print("guest_to_host", amount, guest_to_host(line, [] {}), true);
  print("host_to_guest", amount, host_to_guest(line, [&] { device.has_data({1000, 5000}); }), true);
}

void measure_sockets() {
  Fd stream;
  const auto sockets =
      SocketDevice::create(VsockDriver::cid, {{1000, [&](Fd fd) { stream = std::move(fd); }}})
          .value();
  Line line(sockets->core());
  std::string buffer(64 * 1024, 'h');
  print("guest_to_host_socket", amount,
        guest_to_host(line,
                      [&] {
                        while (::recv(stream.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0)
                          sockets->dispatch();
                      }),
        false);
  print(
      "host_to_guest_socket", amount,
      host_to_guest(line,
                    [&] {
                      while (::send(stream.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
                      }
                      sockets->dispatch();
                    }),
      false);
}

}  // namespace

int main() {
  measure_core();
  measure_sockets();
}
