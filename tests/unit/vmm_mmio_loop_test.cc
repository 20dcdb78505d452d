// SPDX-License-Identifier: GPL-2.0-only
// virtio-mmio devices on the threads of their loops: kicks and interrupts, resets in the middle of
// work, and the vsock device, which vhost-user serves from the same loop.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "support/fake_mmio_driver.h"
#include "support/fake_vsock_driver.h"
#include "vmm/console.h"
#include "vmm/virtio/console_port.h"
#include "vmm/virtio/rng.h"
#include "vmm/virtio/vsock/sockets.h"

using namespace ktstr;
using namespace ktstr::vmm;
using D = fake::MmioDriver;
using virtio::ConsolePort;
using virtio::Rng;

namespace {

/// Reads until `size` bytes came or nothing comes.
std::string read_some(const Fd& fd, std::size_t size) {
  std::string text;
  pollfd waiting{fd.get(), POLLIN, 0};
  while (text.size() < size && ::poll(&waiting, 1, 10'000) == 1) {
    char chunk[4096];
    const ssize_t got = ::read(fd.get(), chunk, std::min(sizeof chunk, size - text.size()));
    if (got <= 0) break;
    text.append(chunk, static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

TEST_CASE("a kick is answered by an interrupt (4.2.3.3, 4.2.3.4)") {
  D driver(std::make_shared<Rng>());
  REQUIRE(driver.mmio->serve());
  driver.start();
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t at = driver.ram.allocate(64);
    bool notify = false;
    driver.queues[0].add({{at, 64, true}}, &notify);
    if (notify) driver.set(D::queue_notify, 0);
    const auto used = driver.wait(0);
    REQUIRE(used);
    CHECK(used->written == 64);
    if (i % 50 == 49) std::this_thread::sleep_for(1ms);  // Lets the loop fall asleep.
  }
}

TEST_CASE("after a reset, the device leaves memory alone (2.4.1, 4.2.2.1)") {
  D driver(std::make_shared<Rng>());
  REQUIRE(driver.mmio->serve());
  for (int round = 0; round < 50; ++round) {
    driver.ram.top = 0;
    driver.start(64);
    const std::uint64_t buffers = driver.ram.allocate(64 * 4096);
    for (std::uint64_t i = 0; i < 64; ++i) driver.queues[0].add({{buffers + i * 4096, 4096, true}});
    driver.set(D::queue_notify, 0);
    driver.set(D::status, 0);
    const ByteSpan memory = driver.ram.at(fake::Ram::base, driver.ram.top);
    std::memset(memory.data(), 0x5a, memory.size());
    std::this_thread::sleep_for(100us);
    std::size_t wrong = 0;
    for (const std::byte byte : memory) wrong += byte != std::byte{0x5a};
    REQUIRE(wrong == 0);
  }
}

TEST_CASE("a device that is held leaves its queue alone until it is released") {
  D driver(std::make_shared<Rng>());
  REQUIRE(driver.mmio->serve());
  driver.start();
  for (int i = 0; i < 20; ++i) {
    driver.mmio->hold();
    driver.mmio->hold();  // Changes nothing.
    driver.queues[0].add({{driver.ram.allocate(64), 64, true}});
    driver.set(D::queue_notify, 0);
    std::this_thread::sleep_for(2ms);
    CHECK_FALSE(driver.queues[0].has_used());
    driver.mmio->release();
    CHECK(driver.wait(0));
  }
}

TEST_CASE("a device that is held is still reset, and ended") {
  D driver(std::make_shared<Rng>());
  REQUIRE(driver.mmio->serve());
  driver.start();
  driver.mmio->hold();
  driver.set(D::status, 0);
  CHECK(driver.get(D::status) == 0);
  driver.mmio.reset();
}

TEST_CASE("registers may be used by several threads at once") {
  D driver(std::make_shared<Rng>());
  REQUIRE(driver.mmio->serve());
  std::vector<std::thread> vcpus;
  for (unsigned seed = 1; seed <= 3; ++seed)
    vcpus.emplace_back([&driver, seed] {
      unsigned state = seed;
      for (int i = 0; i < 3000; ++i) {
        state = state * 1103515245 + 12345;
        const std::uint64_t at = (state >> 16) % 0x108;
        if ((state >> 30) == 0) {
          driver.set(at & ~std::uint64_t{3}, state >> 8 & 15);
        } else {
          static_cast<void>(driver.get(at & ~std::uint64_t{3}));
        }
      }
    });
  for (std::thread& vcpu : vcpus) vcpu.join();
  driver.ram.top = 0;
  driver.start();
  driver.queues[0].add({{driver.ram.allocate(64), 64, true}});
  driver.set(D::queue_notify, 0);
  CHECK(driver.wait(0));
}

TEST_CASE("the console's input waits for the guest's buffers (5.3.6)") {
  Console console;
  std::pair<Fd, Fd> pair = stream_pair().value();
  D driver(std::make_shared<ConsolePort>(console, std::move(pair.first)));
  REQUIRE(driver.mmio->serve());
  driver.start();
  REQUIRE(write_all(pair.second, as_bytes("hello"), "input"));
  std::string text;
  while (text.size() < 5) {
    const std::uint64_t at = driver.ram.allocate(16);
    driver.queues[0].add({{at, 3, true}});
    driver.set(D::queue_notify, 0);
    const auto used = driver.wait(0);
    REQUIRE(used);
    text += as_text(driver.ram.at(at, used->written));
  }
  CHECK(text == "hello");
}

TEST_CASE("a stream of the guest over the vsock device on virtio-mmio (5.10)") {
  using fake::Header;
  using fake::Op;
  std::pair<Fd, Fd> told = stream_pair().value();  // Carries the descriptor's number across.
  Fd stream;
  D driver(vsock::SocketDevice::create(fake::VsockDriver::cid, {{1000,
                                                                 [&](Fd fd) {
                                                                   stream = std::move(fd);
                                                                   told.first.reset();
                                                                 }}})
               .value());
  REQUIRE(driver.mmio->serve());
  CHECK(driver.get(D::device_id) == 19);
  CHECK(driver.mmio->read(D::config, 8) == fake::VsockDriver::cid);
  CHECK(driver.mmio->queue_count() == 3);
  driver.start(16);

  const std::uint64_t inbox = driver.ram.allocate(4096);
  driver.queues[0].add({{inbox, 4096, true}});
  const auto send = [&](Op op, std::string_view payload) {
    Header header = fake::VsockDriver::header(op, 5000, 1000);
    header.len = static_cast<std::uint32_t>(payload.size());
    const std::uint64_t at = driver.ram.allocate(sizeof header + payload.size());
    std::memcpy(driver.ram.at(at, sizeof header).data(), &header, sizeof header);
    std::memcpy(driver.ram.at(at + sizeof header, payload.size()).data(), payload.data(),
                payload.size());
    driver.queues[1].add({{at, static_cast<std::uint32_t>(sizeof header + payload.size()), false}});
    driver.set(D::queue_notify, 1);
  };
  send(Op::request, "");
  const auto answer = driver.wait(0);
  REQUIRE(answer);
  REQUIRE(answer->written == sizeof(Header));
  CHECK(load_le<std::uint16_t>(driver.ram.at(inbox, 44), 30) ==
        static_cast<std::uint16_t>(Op::response));
  CHECK(read_some(told.second, 1).empty());  // The stream has been handed out.
  REQUIRE(stream);
  send(Op::rw, "from the guest");
  CHECK(read_some(stream, 14) == "from the guest");

  driver.queues[0].add({{inbox, 4096, true}});
  driver.set(D::queue_notify, 0);
  REQUIRE(write_all(stream, as_bytes("from the host"), "stream"));
  const auto data = driver.wait(0);
  REQUIRE(data);
  CHECK(as_text(driver.ram.at(inbox + 44, data->written - 44)) == "from the host");

  driver.set(D::status, 0);  // §2.4: every stream ends.
  CHECK(read_some(stream, 1).empty());
}
