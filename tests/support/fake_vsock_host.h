// SPDX-License-Identifier: GPL-2.0-only
// What stands behind the device core in tests: keeps everything in memory and remembers every call.
// `VsockRig` joins it with a device and a fake driver.
#pragma once

#include <map>
#include <set>
#include <string>

#include "support/fake_vsock_driver.h"
#include "vmm/virtio/vsock/device.h"

namespace fake {

using ktstr::vmm::vsock::Id;

class VsockHost final : public ktstr::vmm::vsock::Host {
 public:
  struct Stream {
    std::string received;                ///< From the guest.
    std::string outbox;                  ///< For the guest.
    std::size_t room = std::size_t(-1);  ///< How much more `take` takes.
    bool connected = false;
    bool guest_ended = false;
    bool guest_deaf = false;
    bool closed = false;
    bool clean = false;
  };

  bool accept(Id id) override {
    if (!ports.contains(id.host_port)) return false;
    streams[key(id)] = {};
    return true;
  }
  void connected(Id id) override { streams[key(id)].connected = true; }
  std::size_t take(Id id, ktstr::ByteView bytes) override {
    Stream& stream = streams.at(key(id));
    const std::size_t count = std::min(stream.room, bytes.size());
    stream.received += ktstr::as_text(bytes.first(count));
    stream.room -= count;
    return count;
  }
  std::size_t give(Id id, ktstr::ByteSpan room) override {
    Stream& stream = streams.at(key(id));
    const std::size_t count = std::min(stream.outbox.size(), room.size());
    std::memcpy(room.data(), stream.outbox.data(), count);
    stream.outbox.erase(0, count);
    return count;
  }
  void peer_shutdown(Id id, bool sends_no_more, bool receives_no_more) override {
    Stream& stream = streams.at(key(id));
    stream.guest_ended = stream.guest_ended || sends_no_more;
    stream.guest_deaf = stream.guest_deaf || receives_no_more;
  }
  void closed(Id id, bool clean) override {
    Stream& stream = streams[key(id)];
    stream.closed = true;
    stream.clean = clean;
  }

  Stream& operator[](Id id) { return streams[key(id)]; }

  std::set<std::uint32_t> ports{1000};

 private:
  static std::pair<std::uint32_t, std::uint32_t> key(Id id) {
    return {id.host_port, id.guest_port};
  }
  std::map<std::pair<std::uint32_t, std::uint32_t>, Stream> streams;
};

struct VsockRig {
  explicit VsockRig(std::uint16_t queue_size = 128, bool event_index = true)
      : driver(queue_size, event_index) {
    start();
    driver.provide(queue_size);
  }

  void start() {
    rx.emplace(ktstr::vmm::Queue::create(driver.ram.memory, driver.rx.layout).value());
    tx.emplace(ktstr::vmm::Queue::create(driver.ram.memory, driver.tx.layout).value());
  }

  /// Lets the device work until it has nothing to do; aborts when it never stops.
  void run() {
    for (int rounds = 0; device.process(*rx, *tx, now); ++rounds)
      if (rounds > 100'000) std::abort();
  }
  /// Runs, then returns what the guest received, all its buffers given back.
  std::vector<Packet> exchange() {
    run();
    std::vector<Packet> packets = driver.receive();
    driver.provide(driver.rx.size());
    return packets;
  }
  std::vector<Packet> exchange(Header header, std::string_view payload = {}) {
    if (!driver.send(header, payload)) std::abort();
    return exchange();
  }
  /// An established connection from `guest_port` to host port 1000.
  Id connected(std::uint32_t guest_port = 5000) {
    const auto reply = exchange(VsockDriver::header(Op::request, guest_port, 1000));
    if (reply.size() != 1 || reply[0].op() != Op::response) std::abort();
    return {1000, guest_port};
  }

  VsockDriver driver;
  VsockHost host;
  ktstr::vmm::vsock::Device device{VsockDriver::cid, host};
  std::optional<ktstr::vmm::Queue> rx;
  std::optional<ktstr::vmm::Queue> tx;
  ktstr::Nanos now{};
};

}  // namespace fake
