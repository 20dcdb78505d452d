// SPDX-License-Identifier: GPL-2.0-only
// The virtio socket device core with a well-behaved guest; sections are those of virtio 1.2.
#include <catch2/catch_test_macros.hpp>

#include "support/fake_vsock_host.h"

using namespace ktstr;
using namespace ktstr::vmm::vsock;
using fake::Packet;
using fake::VsockDriver;
using fake::VsockRig;

namespace {

std::vector<Op> ops(const std::vector<Packet>& packets) {
  std::vector<Op> out;
  for (const Packet& packet : packets) out.push_back(packet.op());
  return out;
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

}  // namespace

TEST_CASE("a request to a listening port is answered with a response (5.10.6.5)") {
  VsockRig rig;
  const auto reply = rig.exchange(VsockDriver::header(Op::request, 5000, 1000));
  REQUIRE(ops(reply) == std::vector{Op::response});
  Header expected;
  expected.src_cid = host_cid;
  expected.dst_cid = VsockDriver::cid;
  expected.src_port = 1000;
  expected.dst_port = 5000;
  expected.op = static_cast<std::uint16_t>(Op::response);
  expected.buf_alloc = Device::buffer_size;
  CHECK(reply[0].header == expected);
  CHECK(rig.device.connections() == 1);
}

TEST_CASE("a request to a closed port is answered with RST (5.10.6.5)") {
  VsockRig rig;
  const auto reply = rig.exchange(VsockDriver::header(Op::request, 5000, 999));
  REQUIRE(ops(reply) == std::vector{Op::rst});
  CHECK(reply[0].header.src_port == 999);
  CHECK(reply[0].header.dst_port == 5000);
  CHECK(rig.device.connections() == 0);
  CHECK(rig.device.counters().refused == 1);
}

TEST_CASE("bytes flow both ways, in order (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  const std::string sent = pattern(100'000);
  for (std::size_t at = 0; at < sent.size(); at += 10'000)
    rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), sent.substr(at, 10'000));
  CHECK(rig.host[id].received == sent);

  rig.host[id].outbox = sent.substr(0, 50'000);
  rig.device.has_data(id);
  std::string got;
  for (const Packet& packet : rig.exchange()) {
    CHECK(packet.op() == Op::rw);
    got += packet.payload;
  }
  CHECK(got == sent.substr(0, 50'000));
}

TEST_CASE("a packet may be split over descriptors anywhere (2.7.4.1)") {
  VsockRig rig;
  const Id id = rig.connected();
  const std::uint64_t at = rig.driver.ram.allocate(256);
  Header header = VsockDriver::header(Op::rw, 5000, 1000);
  header.len = 6;
  const auto bytes = rig.driver.ram.at(at, 50);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, "sixteen", 6);
  rig.driver.tx.add(
      {{at, 3, false}, {at + 3, 40, false}, {at + 43, 4, false}, {at + 47, 3, false}});
  rig.run();
  CHECK(rig.host[id].received == "sixtee");

  rig.driver.receive();
  rig.driver.rx.reset();
  rig.driver.tx.reset();
  rig.start();
  const std::uint64_t to = rig.driver.ram.allocate(256);
  rig.driver.rx.add({{to, 5, true}, {to + 5, 40, true}, {to + 45, 2, true}, {to + 47, 60, true}});
  rig.host[id].outbox = "answer";
  rig.device.has_data(id);
  rig.run();
  const auto used = rig.driver.rx.reap();
  REQUIRE(used);
  CHECK(used->written == 50);
  CHECK(as_text(rig.driver.ram.at(to + 44, 6)) == "answer");
}

TEST_CASE("payload beyond len is not part of the packet (5.10.6)") {
  VsockRig rig;
  const Id id = rig.connected();
  Header header = VsockDriver::header(Op::rw, 5000, 1000);
  header.len = 3;
  rig.exchange(header, "abcdef");
  CHECK(rig.host[id].received == "abc");
}

TEST_CASE("a guest that stops sending may still receive (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  Header header = VsockDriver::header(Op::shutdown, 5000, 1000);
  header.flags = no_send;
  CHECK(rig.exchange(header).empty());
  CHECK(rig.host[id].guest_ended);
  CHECK_FALSE(rig.host[id].guest_deaf);
  rig.host[id].outbox = "still here";
  rig.device.has_data(id);
  const auto packets = rig.exchange();
  REQUIRE(ops(packets) == std::vector{Op::rw});
  CHECK(packets[0].payload == "still here");
}

TEST_CASE("a guest that stops receiving may still send (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  Header header = VsockDriver::header(Op::shutdown, 5000, 1000);
  header.flags = no_receive;
  CHECK(rig.exchange(header).empty());
  CHECK(rig.host[id].guest_deaf);
  CHECK_FALSE(rig.host[id].guest_ended);
  rig.host[id].outbox = "unheard";
  rig.device.has_data(id);
  CHECK(rig.exchange().empty());
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "hello");
  CHECK(rig.host[id].received == "hello");
}

TEST_CASE("shutdown hints are permanent and add up to a disconnect ended by RST (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  Header header = VsockDriver::header(Op::shutdown, 5000, 1000);
  header.flags = no_receive;
  CHECK(rig.exchange(header).empty());
  header.flags = no_send;  // Without the first bit, which still holds.
  CHECK(ops(rig.exchange(header)) == std::vector{Op::rst});
  CHECK(rig.host[id].closed);
  CHECK(rig.host[id].clean);
  CHECK(rig.device.connections() == 0);
}

TEST_CASE("a disconnect waits until the host has taken everything (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.host[id].room = 2;
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "abcdef");
  Header header = VsockDriver::header(Op::shutdown, 5000, 1000);
  header.flags = no_more;
  CHECK(rig.exchange(header).empty());
  CHECK_FALSE(rig.host[id].guest_ended);
  CHECK(rig.host[id].received == "ab");
  rig.host[id].room = 100;
  rig.device.can_take(id);
  CHECK(ops(rig.exchange()) == std::vector{Op::rst});
  CHECK(rig.host[id].received == "abcdef");
  CHECK(rig.host[id].guest_ended);
  CHECK(rig.host[id].clean);
}

TEST_CASE("bytes that were kept back come before later ones (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.host[id].room = 2;
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "abcd");
  rig.host[id].room = 100;
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "efgh");
  rig.device.can_take(id);
  CHECK(rig.host[id].received == "abcdefgh");
}

TEST_CASE("the host's half-shutdown reaches the guest once, after its data (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.host[id].outbox = "last words";
  rig.device.has_data(id);
  auto packets = rig.exchange();
  rig.device.shutdown(id, true, false);
  rig.device.shutdown(id, true, false);
  const auto more = rig.exchange();
  REQUIRE(ops(packets) == std::vector{Op::rw});
  REQUIRE(ops(more) == std::vector{Op::shutdown});
  CHECK(more[0].header.flags == no_send);
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "reply");
  CHECK(rig.host[id].received == "reply");
  rig.device.shutdown(id, false, true);
  const auto full = rig.exchange();
  REQUIRE(ops(full) == std::vector{Op::shutdown});
  CHECK(full[0].header.flags == no_more);
  CHECK(rig.exchange(VsockDriver::header(Op::rst, 5000, 1000)).empty());
  CHECK(rig.host[id].clean);
}

TEST_CASE("a guest that does not answer a full shutdown gets RST in the end (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  CHECK_FALSE(rig.device.deadline());
  rig.now = 1s;
  rig.device.shutdown(id, true, true);
  CHECK(ops(rig.exchange()) == std::vector{Op::shutdown});
  REQUIRE(rig.device.deadline() == 1s + Device::answer_timeout);
  rig.now = *rig.device.deadline() - 1ns;
  CHECK(rig.exchange().empty());
  rig.now += 1ns;
  CHECK(ops(rig.exchange()) == std::vector{Op::rst});
  CHECK(rig.host[id].closed);
  CHECK_FALSE(rig.host[id].clean);
  CHECK_FALSE(rig.device.deadline());
}

TEST_CASE("after the host stops receiving, bytes are dropped and credited (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.host[id].room = 0;
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "kept back");
  rig.device.shutdown(id, false, true);
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "late");
  rig.device.can_take(id);
  const auto reply = rig.exchange(VsockDriver::header(Op::credit_request, 5000, 1000));
  REQUIRE(ops(reply) == std::vector{Op::credit_update});
  CHECK(reply[0].header.fwd_cnt == 13);
  CHECK(rig.host[id].received.empty());
}

TEST_CASE("an abort by the host is an RST (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.device.abort(id);
  const auto packets = rig.exchange();
  REQUIRE(ops(packets) == std::vector{Op::rst});
  CHECK(packets[0].header.src_port == 1000);
  CHECK(packets[0].header.dst_port == 5000);
  CHECK(rig.host[id].closed);
}

TEST_CASE("the host can connect to the guest (5.10.6.5)") {
  VsockRig rig;
  const auto id = rig.device.connect(77);
  REQUIRE(id);
  const auto request = rig.exchange();
  REQUIRE(ops(request) == std::vector{Op::request});
  CHECK(request[0].header.dst_port == 77);
  SECTION("accepted") {
    rig.device.shutdown(*id, true, false);  // Waits for the connection.
    CHECK(rig.exchange().empty());
    const auto reply = rig.exchange(VsockDriver::header(Op::response, 77, id->host_port));
    CHECK(ops(reply) == std::vector{Op::shutdown});
    CHECK(rig.host[*id].connected);
  }
  SECTION("refused") {
    CHECK(rig.exchange(VsockDriver::header(Op::rst, 77, id->host_port)).empty());
    CHECK(rig.host[*id].closed);
    CHECK_FALSE(rig.host[*id].connected);
  }
  SECTION("ignored") {
    rig.now = Device::answer_timeout;
    CHECK(ops(rig.exchange()) == std::vector{Op::rst});
    CHECK(rig.host[*id].closed);
  }
  SECTION("answered with anything else") {
    CHECK(ops(rig.exchange(VsockDriver::header(Op::rw, 77, id->host_port), "x")) ==
          std::vector{Op::rst});
    CHECK(rig.host[*id].closed);
  }
}

TEST_CASE("1,024 connections work at once, the next is refused (5.10.6.5)") {
  VsockRig rig;
  for (std::uint32_t port = 0; port < 1024; ++port) {
    const Id id = rig.connected(port);
    rig.exchange(VsockDriver::header(Op::rw, port, 1000), std::to_string(port));
    if (rig.host[id].received != std::to_string(port)) FAIL("lost on " << port);
    rig.host[id].outbox = "to " + std::to_string(port);
  }
  for (std::uint32_t port = 0; port < 1024; ++port) rig.device.has_data({1000, port});
  CHECK(rig.device.connections() == 1024);
  CHECK_FALSE(rig.device.connect(77));
  std::set<std::uint32_t> answered;
  while (true) {
    const auto packets = rig.exchange();
    if (packets.empty()) break;
    for (const Packet& packet : packets)
      if (packet.payload == "to " + std::to_string(packet.header.dst_port))
        answered.insert(packet.header.dst_port);
  }
  CHECK(answered.size() == 1024);
  CHECK(ops(rig.exchange(VsockDriver::header(Op::request, 9999, 1000))) == std::vector{Op::rst});
  rig.exchange(VsockDriver::header(Op::rst, 5, 1000));
  CHECK(ops(rig.exchange(VsockDriver::header(Op::request, 9999, 1000))) ==
        std::vector{Op::response});
}

TEST_CASE("connections take turns for receive buffers") {
  VsockRig rig;
  const Id one = rig.connected(1);
  const Id two = rig.connected(2);
  rig.host[one].outbox = rig.host[two].outbox = pattern(20'000);
  rig.device.has_data(one);
  rig.device.has_data(two);
  const auto packets = rig.exchange();
  REQUIRE(packets.size() == 10);
  for (std::size_t i = 0; i + 1 < packets.size(); ++i)
    CHECK(packets[i].header.dst_port != packets[i + 1].header.dst_port);
}

TEST_CASE("tx is processed while rx is full (5.10.6.1.2)") {
  VsockRig rig(8);
  const Id id = rig.connected();
  rig.host[id].outbox = pattern(60'000);
  rig.device.has_data(id);
  rig.run();
  CHECK(rig.device.starved());
  REQUIRE(rig.driver.send(VsockDriver::header(Op::rw, 5000, 1000), "through"));
  rig.run();
  CHECK(rig.host[id].received == "through");
  std::string got;
  while (true) {
    const auto packets = rig.exchange();
    if (packets.empty()) break;
    for (const Packet& packet : packets) got += packet.payload;
  }
  CHECK(got == pattern(60'000));
  CHECK_FALSE(rig.device.starved());
}

TEST_CASE("a device reset closes every connection and the driver starts over (2.4)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "mid-");
  rig.host[id].outbox = "never";
  rig.device.has_data(id);
  rig.driver.reset();  // No receive buffers: an RST has to wait.
  rig.start();
  REQUIRE(rig.driver.send(VsockDriver::header(Op::request, 6000, 999)));
  rig.run();
  REQUIRE(rig.device.starved());
  rig.device.reset();
  CHECK(rig.host[id].closed);
  CHECK(rig.device.connections() == 0);
  rig.driver.reset();
  rig.start();
  rig.driver.provide(128);
  CHECK(rig.exchange().empty());
  CHECK(rig.connected() == id);  // The same ports again.
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "again");
  CHECK(rig.host[id].received == "again");
}
