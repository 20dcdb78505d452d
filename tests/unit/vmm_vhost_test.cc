// SPDX-License-Identifier: GPL-2.0-only
// The vhost-user backend against a fake frontend: the protocol, the streams it hands out and
// frontends that talk nonsense.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <fcntl.h>

#include "support/fake_vhost_frontend.h"
#include "vmm/vhost/session.h"
#include "vmm/vhost/vsock_server.h"

using namespace ktstr;
using namespace ktstr::vmm;
using namespace ktstr::vmm::vsock;
using fake::Packet;
using fake::Request;
using fake::VhostFrontend;
using fake::VsockDriver;

namespace {

/// The streams of accepted connections, from the server's thread to the test's.
class Accepted {
 public:
  void push(Fd stream) {
    const std::lock_guard lock(mutex_);
    streams_.push_back(std::move(stream));
    changed_.notify_one();
  }
  Fd pop() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 10s, [this] { return !streams_.empty(); })) return {};
    Fd stream = std::move(streams_.front());
    streams_.pop_front();
    return stream;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Fd> streams_;
};

struct Rig {
  explicit Rig(bool event_index = true) : Rig(stream_pair().value(), event_index) {}

  Fd connect(std::uint32_t guest_port = 5000) {
    frontend.send_packet(VsockDriver::header(Op::request, guest_port, 1000));
    const auto packets = frontend.receive();
    if (packets.size() != 1 || packets[0].op() != Op::response) return {};
    return accepted.pop();
  }
  void start() {
    REQUIRE(frontend.negotiate());
    REQUIRE(frontend.start());
    frontend.provide(128);
  }
  std::string failure() {
    pollfd waiting{server.ended().get(), POLLIN, 0};
    REQUIRE(::poll(&waiting, 1, 10'000) == 1);
    return server.failure() ? describe(*server.failure()) : "none";
  }

  Accepted accepted;
  VhostFrontend frontend;
  vhost::VsockServer server;

 private:
  Rig(std::pair<Fd, Fd> pair, bool event_index)
      : frontend(std::move(pair.first), event_index),
        server(vhost::VsockServer::start(
                   std::move(pair.second),
                   {VsockDriver::cid,
                    {{1000, [this](Fd stream) { accepted.push(std::move(stream)); }}},
                    20us})
                   .value()) {}
};

/// Reads exactly `size` bytes, or what there is before the end.
std::string read_some(const Fd& fd, std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    pollfd waiting{fd.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) break;
    const ssize_t got = ::read(fd.get(), text.data() + have, size - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 131 + i / 65'521);
  return text;
}

Header shutdown_packet(std::uint32_t flags) {
  Header header = VsockDriver::header(Op::shutdown, 5000, 1000);
  header.flags = flags;
  return header;
}

}  // namespace

TEST_CASE("the frontend learns features and the guest's CID") {
  Rig rig;
  REQUIRE(rig.frontend.negotiate());
  CHECK(rig.frontend.features == vhost::Session::features);
  CHECK(rig.frontend.guest_cid == VsockDriver::cid);
}

TEST_CASE("a connection of the guest becomes a stream, both ways") {
  Rig rig(GENERATE(true, false));
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), "from the guest");
  CHECK(read_some(stream, 14) == "from the guest");
  REQUIRE(write_all(stream, as_bytes("from the host"), "stream"));
  const auto packets = rig.frontend.receive();
  REQUIRE(packets.size() == 1);
  CHECK(packets[0].payload == "from the host");
}

TEST_CASE("half-shutdown passes through in both directions (virtio 1.2 5.10.6.5)") {
  Rig rig;
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  SECTION("the guest ends first") {
    rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), "bye");
    rig.frontend.send_packet(shutdown_packet(no_send));
    CHECK(read_some(stream, 100) == "bye");
    REQUIRE(write_all(stream, as_bytes("answer"), "stream"));
    CHECK(rig.frontend.receive().at(0).payload == "answer");
    REQUIRE(::shutdown(stream.get(), SHUT_WR) == 0);
    std::uint32_t flags = 0;
    while (flags != no_more)
      for (const Packet& packet : rig.frontend.receive()) {
        REQUIRE(packet.op() == Op::shutdown);
        flags = packet.header.flags;
      }
  }
  SECTION("the host ends first") {
    REQUIRE(write_all(stream, as_bytes("bye"), "stream"));
    REQUIRE(::shutdown(stream.get(), SHUT_WR) == 0);
    std::string got;
    std::uint32_t flags = 0;
    while (flags == 0)
      for (const Packet& packet : rig.frontend.receive()) {
        got += packet.payload;
        flags = packet.header.flags;
      }
    CHECK(got == "bye");
    CHECK(flags == no_send);
    rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), "answer");
    CHECK(read_some(stream, 6) == "answer");
  }
  SECTION("the guest stops receiving") {
    rig.frontend.send_packet(shutdown_packet(no_receive));
    rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), "x");
    CHECK(read_some(stream, 1) == "x");  // So the shutdown has been processed.
    CHECK(::send(stream.get(), "y", 1, MSG_NOSIGNAL) == -1);
    CHECK(errno == EPIPE);
  }
}

TEST_CASE("closing a stream disconnects the guest, cleanly") {
  Rig rig;
  rig.start();
  Fd stream = rig.connect();
  REQUIRE(stream);
  stream.reset();
  std::uint32_t flags = 0;
  while (flags != no_more)
    for (const Packet& packet : rig.frontend.receive()) {
      REQUIRE(packet.op() == Op::shutdown);
      flags = packet.header.flags;
    }
  rig.frontend.send_packet(VsockDriver::header(Op::rst, 5000, 1000));
  CHECK(rig.connect());  // The same ports again.
}

TEST_CASE("a stream nobody reads holds the guest back and loses nothing") {
  Rig rig;
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  const std::string chunk = pattern(16'384);
  std::uint32_t sent = 0;
  std::uint32_t forwarded = 0;
  const auto fill = [&] {
    while (sent - forwarded + chunk.size() <= Device::buffer_size) {
      rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), chunk);
      sent += static_cast<std::uint32_t>(chunk.size());
    }
  };
  const auto ask = [&] {
    rig.frontend.send_packet(VsockDriver::header(Op::credit_request, 5000, 1000));
    for (const Packet& packet : rig.frontend.receive()) forwarded = packet.header.fwd_cnt;
  };
  // Until the credit is used up in spite of asking: socket and device are full.
  for (std::uint32_t before = UINT32_MAX; before != sent;) {
    before = sent;
    fill();
    ask();
  }
  CHECK(sent > Device::buffer_size);
  CHECK(sent < 8 * Device::buffer_size);
  for (std::uint32_t at = 0; at < sent; at += static_cast<std::uint32_t>(chunk.size()))
    if (read_some(stream, chunk.size()) != chunk) FAIL("differs at " << at);
  while (forwarded != sent) ask();
}

TEST_CASE("megabytes arrive as they were sent") {
  Rig rig(GENERATE(true, false));
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  const std::string data = pattern(8 << 20);
  std::thread host([&] { static_cast<void>(write_all(stream, as_bytes(data), "stream")); });
  std::string got;
  std::uint32_t forwarded = 0;
  while (got.size() < data.size()) {
    const auto packets = rig.frontend.receive();
    if (packets.empty()) break;
    for (const Packet& packet : packets) got += packet.payload;
    if (got.size() - forwarded < 32 * 1024) continue;
    forwarded = static_cast<std::uint32_t>(got.size());
    Header credit = VsockDriver::header(Op::credit_update, 5000, 1000);
    credit.fwd_cnt = forwarded;
    rig.frontend.send_packet(credit);
  }
  host.join();
  CHECK(got == data);
}

TEST_CASE("the host can connect to the guest, and learns of a refusal") {
  Rig rig;
  rig.start();
  const Fd stream = rig.server.connect(77).value();
  const auto request = rig.frontend.receive();
  REQUIRE(request.size() == 1);
  REQUIRE(request[0].op() == Op::request);
  const std::uint32_t port = request[0].header.src_port;
  SECTION("accepted") {
    rig.frontend.send_packet(VsockDriver::header(Op::response, 77, port));
    rig.frontend.send_packet(VsockDriver::header(Op::rw, 77, port), "hi");
    CHECK(read_some(stream, 2) == "hi");
  }
  SECTION("refused") {
    rig.frontend.send_packet(VsockDriver::header(Op::rst, 77, port));
    CHECK(read_some(stream, 1).empty());
  }
}

TEST_CASE("a driver that starts anew loses its streams and can connect again (2.4)") {
  Rig rig;
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  REQUIRE(rig.frontend.stop());
  rig.frontend.driver.reset();
  REQUIRE(rig.frontend.start());
  rig.frontend.provide(128);
  CHECK(read_some(stream, 1).empty());
  const Fd again = rig.connect();
  REQUIRE(again);
  rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), "again");
  CHECK(read_some(again, 5) == "again");
}

TEST_CASE("a pause keeps the streams") {
  Rig rig;
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  const auto next = rig.frontend.stop();
  REQUIRE(next);
  CHECK((*next)[1] == 1);
  REQUIRE(write_all(stream, as_bytes("meanwhile"), "stream"));
  REQUIRE(rig.frontend.start(*next));
  CHECK(rig.frontend.receive().at(0).payload == "meanwhile");
  rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), "resumed");
  CHECK(read_some(stream, 7) == "resumed");
}

TEST_CASE("a new memory table while the rings run keeps everything") {
  Rig rig;
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  REQUIRE(rig.frontend.share_memory());
  rig.frontend.send_packet(VsockDriver::header(Op::rw, 5000, 1000), "moved");
  CHECK(read_some(stream, 5) == "moved");
}

TEST_CASE("when the frontend goes away every stream ends") {
  Rig rig;
  rig.start();
  const Fd stream = rig.connect();
  REQUIRE(stream);
  rig.frontend.hang_up();
  CHECK(rig.failure() == "none");
  CHECK(read_some(stream, 1).empty());
  CHECK_FALSE(rig.server.connect(1));
}

TEST_CASE("a guest that breaks a ring ends the server with the reason") {
  Rig rig;
  rig.start();
  rig.frontend.driver.tx.set_available(1000);
  rig.frontend.notify(1);
  CHECK(rig.failure() ==
        "the guest broke its vsock ring: the available index runs ahead of the queue size (2.7.6): "
        "Protocol error");
}

TEST_CASE("destroying a server leaves no descriptor behind") {
  const auto open_descriptors = [] {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) != -1 ? 1 : 0;
    return count;
  };
  const int before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    Rig rig;
    rig.start();
    const Fd stream = rig.connect();
    CHECK(stream);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("nonsense from the frontend ends the server with the reason") {
  Rig rig;
  VhostFrontend& frontend = rig.frontend;
  REQUIRE(frontend.negotiate());
  const int memory = frontend.driver.ram.fd.get();
  const auto table = [&](std::uint32_t count, std::vector<int> fds, vhost::Region region) {
    Buffer payload;
    append_le<std::uint32_t>(payload, count);
    append_le<std::uint32_t>(payload, 0);
    for (std::uint32_t i = 0; i < std::min(count, 12u); ++i) {
      const ByteView bytes = object_bytes(region);
      payload.insert(payload.end(), bytes.begin(), bytes.end());
      region.guest_address += 0x1000'0000;
    }
    frontend.send(static_cast<std::uint32_t>(Request::set_mem_table), vhost::version,
                  static_cast<std::uint32_t>(payload.size()), payload, fds);
  };
  std::string expected;
  SECTION("an unknown request") {
    frontend.send(99, vhost::version, 0, {});
    expected = "unknown request 99";
  }
  SECTION("another version") {
    frontend.send(1, 2, 0, {});
    expected = "a message of unknown version";
  }
  SECTION("a huge message") {
    frontend.send(1, vhost::version, UINT32_MAX, {});
    expected = "a message of 4294967295 bytes";
  }
  SECTION("a payload of the wrong size") {
    frontend.say(Request::set_vring_num, std::uint32_t{1});
    expected = "request 8 with a payload of 4 bytes";
  }
  SECTION("a ring that does not exist") {
    frontend.say(Request::set_vring_base, vhost::VringState{2, 0});
    expected = "ring 2";
  }
  SECTION("a ring that is too long") {
    frontend.say(Request::set_vring_num, vhost::VringState{0, 65'536});
    expected = "a ring that is too long";
  }
  SECTION("features nobody offered") {
    frontend.say(Request::set_features, ~std::uint64_t{0});
    expected = "features that were not offered";
  }
  SECTION("no eventfd") {
    frontend.say(Request::set_vring_kick, std::uint64_t{0});
    expected = "a ring's eventfd is missing";
  }
  SECTION("configuration beyond its end") {
    Buffer config(sizeof(vhost::ConfigAccess) + 8);
    store_le<std::uint32_t>(config, 0, 1);
    store_le<std::uint32_t>(config, 4, 8);
    frontend.send(static_cast<std::uint32_t>(Request::get_config), vhost::version,
                  static_cast<std::uint32_t>(config.size()), config);
    expected = "GET_CONFIG beyond the configuration space";
  }
  SECTION("more regions than descriptors") {
    table(2, {memory}, {0, 4096, 0, 0});
    expected = "a memory table of 2 regions, 1 descriptors and 72 bytes";
  }
  SECTION("too many regions") {
    table(9, {memory}, {0, 4096, 0, 0});
    expected = "a memory table of 9 regions";
  }
  SECTION("more descriptors than any message has") {
    frontend.say(Request::set_vring_call, std::uint64_t{0}, std::vector<int>(20, memory));
    expected = "too many descriptors";
  }
  SECTION("a region beyond its file") {
    table(1, {memory}, {0, 1u << 30, 0, 0});
    expected = "a region that is not within its file";
  }
  SECTION("a region whose offset wraps") {
    table(1, {memory}, {0, 8192, 0, UINT64_MAX - 4095});
    expected = "a region that is not within its file";
  }
  SECTION("an empty region") {
    table(1, {memory}, {0, 0, 0, 0});
    expected = "mmap";
  }
  SECTION("a ring outside the memory table") {
    REQUIRE(frontend.share_memory());
    frontend.say(Request::set_vring_num, vhost::VringState{0, 128});
    frontend.say(Request::set_vring_addr, vhost::VringAddress{0, 0, 0x1000, 0x2000, 0x3000, 0});
    frontend.say(Request::set_vring_enable, vhost::VringState{0, 1});
    const Fd event(::eventfd(0, EFD_CLOEXEC));
    frontend.say(Request::set_vring_kick, std::uint64_t{0}, {event.get()});
    expected = "a ring outside the memory table";
  }
  CHECK(rig.failure().find(expected) != std::string::npos);
  CHECK_FALSE(expected.empty());
}

TEST_CASE("a reserved CID is refused (virtio 1.2 5.10.4)") {
  for (const std::uint32_t cid : {0u, 1u, 2u, UINT32_MAX})
    CHECK_FALSE(vhost::VsockServer::start(Fd(), {cid, {}, 0us}));
}
