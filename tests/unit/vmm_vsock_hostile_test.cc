// SPDX-License-Identifier: GPL-2.0-only
// Credit, and guests that break the rules; sections are those of virtio 1.2.
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

std::size_t payload(const std::vector<Packet>& packets) {
  std::size_t sum = 0;
  for (const Packet& packet : packets) sum += packet.payload.size();
  return sum;
}

Header credit(std::uint32_t buf_alloc, std::uint32_t fwd_cnt) {
  Header header = VsockDriver::header(Op::credit_update, 5000, 1000);
  header.buf_alloc = buf_alloc;
  header.fwd_cnt = fwd_cnt;
  return header;
}

/// A connection whose peer announced `buf_alloc` and `fwd_cnt`, with `size` bytes to send.
Id connect_with(VsockRig& rig, std::uint32_t buf_alloc, std::uint32_t fwd_cnt, std::size_t size) {
  Header header = VsockDriver::header(Op::request, 5000, 1000);
  header.buf_alloc = buf_alloc;
  header.fwd_cnt = fwd_cnt;
  REQUIRE(ops(rig.exchange(header)) == std::vector{Op::response});
  const Id id{1000, 5000};
  rig.host[id].outbox.assign(size, 'x');
  rig.device.has_data(id);
  return id;
}

}  // namespace

TEST_CASE("counters of credit wrap at 2^32 (5.10.6.3)") {
  SendCredit send(0xffff'ff00);
  send.announced(1000, 0xffff'ff00);
  CHECK(send.free() == 1000);
  send.sent(600);  // Past zero.
  CHECK(send.free() == 400);
  send.announced(1000, 0x100);
  CHECK(send.free() == 912);
  send.announced(1000, 0xffff'fff0);
  CHECK(send.free() == 1000 - 600 + 0xf0);

  ReceiveCredit receive(1000, 0xffff'ff00);
  CHECK_FALSE(receive.stale());
  receive.forwarded(0x100);
  CHECK_FALSE(receive.stale());
  receive.forwarded(0x100);
  CHECK(receive.stale());
  CHECK(receive.announce() == 0x100);
  CHECK_FALSE(receive.stale());
}

TEST_CASE("no byte is sent beyond the peer's credit, which is asked for once (5.10.6.3)") {
  VsockRig rig;
  connect_with(rig, 5000, 0, 20'000);
  const auto packets = rig.exchange();
  CHECK(payload(packets) == 5000);
  CHECK(ops(packets) == std::vector{Op::rw, Op::rw, Op::credit_request});
  CHECK(rig.exchange().empty());
  const auto more = rig.exchange(credit(5000, 3000));
  CHECK(payload(more) == 3000);
  CHECK(more.back().op() == Op::credit_request);
  CHECK(payload(rig.exchange(credit(5000, 8000))) == 5000);
}

TEST_CASE("a peer without any buffer gets nothing (5.10.6.3)") {
  VsockRig rig;
  connect_with(rig, 0, 0, 100);
  CHECK(ops(rig.exchange()) == std::vector{Op::credit_request});
  CHECK(rig.exchange(credit(0, 0)).empty());  // An answer without credit is no reason to ask again.
  CHECK(payload(rig.exchange(credit(100, 0))) == 100);
}

TEST_CASE("a buf_alloc that shrinks below what is in flight stops the sender (5.10.6.3)") {
  VsockRig rig;
  connect_with(rig, 8000, 0, 20'000);
  CHECK(payload(rig.exchange()) == 8000);
  CHECK(payload(rig.exchange(credit(4000, 2000))) == 0);  // 6000 are in flight.
  CHECK(payload(rig.exchange(credit(4000, 4500))) == 500);
  CHECK(payload(rig.exchange(credit(4000, 8500))) == 4000);
}

TEST_CASE("the peer's fwd_cnt wraps in the device too (5.10.6.3)") {
  VsockRig rig;
  connect_with(rig, 1000, 0xffff'ff00, 5000);  // As if 256 bytes were on their way.
  CHECK(payload(rig.exchange()) == 1000 - 256);
  CHECK(payload(rig.exchange(credit(1000, 0))) == 256);
  CHECK(payload(rig.exchange(credit(1000, 1000))) == 1000);
}

TEST_CASE("the guest learns of room unasked, and at once when it asks (5.10.6.3)") {
  VsockRig rig;
  const Id id = rig.connected();
  const std::string chunk(32 * 1024, 'c');
  std::vector<std::uint32_t> told;
  for (int i = 0; i < 16; ++i)
    for (const Packet& packet : rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), chunk)) {
      CHECK(packet.op() == Op::credit_update);
      CHECK(packet.header.buf_alloc == Device::buffer_size);
      told.push_back(packet.header.fwd_cnt);
    }
  CHECK(told == std::vector<std::uint32_t>{128 << 10, 256 << 10, 384 << 10, 512 << 10});
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "x");
  const auto reply = rig.exchange(VsockDriver::header(Op::credit_request, 5000, 1000));
  REQUIRE(ops(reply) == std::vector{Op::credit_update});
  CHECK(reply[0].header.fwd_cnt == (512 << 10) + 1);
  CHECK(rig.host[id].received.size() == (512u << 10) + 1);
}

TEST_CASE("bytes the host does not take are kept, up to buf_alloc and no further (5.10.6.3)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.host[id].room = 0;
  const std::string chunk(64 * 1024, 'c');
  for (int i = 0; i < 4; ++i)
    CHECK(rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), chunk).empty());
  const auto reply = rig.exchange(VsockDriver::header(Op::credit_request, 5000, 1000));
  CHECK(reply.at(0).header.fwd_cnt == 0);
  SECTION("taken later") {
    rig.host[id].room = 100'000;
    rig.device.can_take(id);
    CHECK(rig.exchange().empty());  // Less than half the buffer: not worth a packet.
    rig.host[id].room = 1 << 20;
    rig.device.can_take(id);
    const auto update = rig.exchange();
    REQUIRE(ops(update) == std::vector{Op::credit_update});
    CHECK(update[0].header.fwd_cnt == 256 << 10);
    CHECK(rig.host[id].received.size() == 256u << 10);
  }
  SECTION("one byte too many") {
    CHECK(ops(rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "x")) == std::vector{Op::rst});
    CHECK(rig.host[id].closed);
    CHECK(rig.device.counters().malformed == 1);
  }
}

TEST_CASE("a length beyond its buffer resets the connection (5.10.6)") {
  VsockRig rig;
  const Id id = rig.connected();
  Header header = VsockDriver::header(Op::rw, 5000, 1000);
  SECTION("by one") {
    header.len = 4;
  }
  SECTION("by all") {
    header.len = UINT32_MAX;
  }
  CHECK(ops(rig.exchange(header, "abc")) == std::vector{Op::rst});
  CHECK(rig.host[id].closed);
  CHECK(rig.host[id].received.empty());
  CHECK(rig.device.counters().malformed == 1);
}

TEST_CASE("a buffer too short for a header is used up and ignored (5.10.6)") {
  VsockRig rig;
  const Header header = VsockDriver::header(Op::request, 5000, 1000);  // All but its last byte.
  REQUIRE(rig.driver.send_raw(object_bytes(header).first(43), ""));
  CHECK(rig.exchange().empty());
  CHECK(rig.driver.reap_sent() == 1);
  CHECK(rig.device.counters().malformed == 1);
}

TEST_CASE("an unknown type is answered with RST of that type (5.10.6.4.2)") {
  VsockRig rig;
  const Id id = rig.connected();
  Header header = VsockDriver::header(Op::rw, 5000, 1000);
  for (const std::uint16_t type : std::initializer_list<std::uint16_t>{0, 2, 3, 65535}) {
    header.type = type;
    const auto reply = rig.exchange(header, "x");
    REQUIRE(ops(reply) == std::vector{Op::rst});
    CHECK(reply[0].header.type == type);
  }
  CHECK_FALSE(rig.host[id].closed);  // The stream of the same ports is another connection.
  CHECK(rig.host[id].received.empty());
}

TEST_CASE("an unknown op resets the connection (5.10.6)") {
  VsockRig rig;
  for (const std::uint16_t op : std::initializer_list<std::uint16_t>{0, 8, 65535}) {
    const Id id = rig.connected();
    Header header = VsockDriver::header(Op::rw, 5000, 1000);
    header.op = op;
    CHECK(ops(rig.exchange(header)) == std::vector{Op::rst});
    CHECK(rig.host[id].closed);
    CHECK(ops(rig.exchange(header)) == std::vector{Op::rst});  // And without a connection.
  }
}

TEST_CASE("a packet of no connection is answered with RST, an RST never (5.10.6.5)") {
  VsockRig rig;
  for (const Op op : {Op::response, Op::shutdown, Op::rw, Op::credit_update, Op::credit_request})
    CHECK(ops(rig.exchange(VsockDriver::header(op, 1, 1000))) == std::vector{Op::rst});
  CHECK(rig.exchange(VsockDriver::header(Op::rst, 1, 1000)).empty());
  Header other_type = VsockDriver::header(Op::rst, 1, 1000);
  other_type.type = 9;
  CHECK(rig.exchange(other_type).empty());
}

TEST_CASE("packets from another CID are ignored, packets to one refused (5.10.6.4.1)") {
  VsockRig rig;
  Header header = VsockDriver::header(Op::request, 5000, 1000);
  header.src_cid = 8;
  CHECK(rig.exchange(header).empty());
  header = VsockDriver::header(Op::request, 5000, 1000);
  header.src_cid |= std::uint64_t{1} << 32;  // §5.10.6: reserved and zeroed.
  CHECK(rig.exchange(header).empty());
  header = VsockDriver::header(Op::request, 5000, 1000);
  header.dst_cid = 3;
  const auto reply = rig.exchange(header);
  REQUIRE(ops(reply) == std::vector{Op::rst});
  CHECK(reply[0].header.src_cid == 3);
  CHECK(rig.device.connections() == 0);
}

TEST_CASE("ops that do not fit the state reset the connection (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  SECTION("a second request") {
    CHECK(ops(rig.exchange(VsockDriver::header(Op::request, 5000, 1000))) == std::vector{Op::rst});
  }
  SECTION("an unasked response") {
    CHECK(ops(rig.exchange(VsockDriver::header(Op::response, 5000, 1000))) == std::vector{Op::rst});
  }
  SECTION("data after promising none") {
    Header header = VsockDriver::header(Op::shutdown, 5000, 1000);
    header.flags = no_send;
    rig.exchange(header);
    CHECK(ops(rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "x")) == std::vector{Op::rst});
  }
  CHECK(rig.host[id].closed);
  CHECK_FALSE(rig.host[id].clean);
}

TEST_CASE("an RST in mid-stream closes at once and frees the ports (5.10.6.5)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.host[id].room = 3;
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "abcdef");
  rig.host[id].outbox.assign(100'000, 'x');
  rig.device.has_data(id);
  rig.exchange();
  CHECK(rig.exchange(VsockDriver::header(Op::rst, 5000, 1000)).empty());
  CHECK(rig.host[id].closed);
  CHECK_FALSE(rig.host[id].clean);
  CHECK(rig.device.connections() == 0);
  rig.device.has_data(id);  // Late calls of the host are ignored.
  rig.device.can_take(id);
  rig.device.shutdown(id, true, true);
  rig.device.abort(id);
  CHECK(rig.exchange().empty());
  rig.connected();
  rig.exchange(VsockDriver::header(Op::rw, 5000, 1000), "new");
  CHECK(rig.host[id].received == "new");
}

TEST_CASE("answers kept outside a full rx are bounded (5.10.6.1.2)") {
  VsockRig rig(8);
  rig.connected();
  rig.host.ports.clear();
  rig.driver.rx.reset();  // No receive buffers at all.
  rig.driver.tx.reset();
  rig.start();
  std::size_t accepted = 0;
  for (std::uint32_t port = 0; port < 3000; ++port) {
    if (!rig.driver.send(VsockDriver::header(Op::request, port, 1))) break;
    ++accepted;
    rig.run();
  }
  CHECK(accepted >= Device::max_connections);
  CHECK(accepted <= Device::max_connections + 8);  // And then tx waits, without spinning.
  std::size_t answers = 0;
  rig.driver.provide(8);
  while (true) {
    const auto packets = rig.exchange();
    if (packets.empty()) break;
    answers += packets.size();
  }
  CHECK(answers == accepted);
}

TEST_CASE("receive buffers without room are used up and ignored (5.10.6)") {
  VsockRig rig;
  const Id id = rig.connected();
  rig.driver.rx.reset();
  rig.driver.tx.reset();
  rig.start();
  rig.driver.provide(3, 43);
  rig.driver.provide(1, 44);  // A header, but never data.
  rig.driver.provide(1, 45);
  rig.host[id].outbox = "z";
  rig.device.has_data(id);
  rig.run();
  const auto packets = rig.driver.receive();
  REQUIRE(ops(packets) == std::vector{Op::rw});
  CHECK(packets[0].payload == "z");
  CHECK(rig.device.counters().malformed == 4);
}

TEST_CASE("one call moves at most its budget") {
  VsockRig rig;
  for (std::uint32_t port = 0; port < 50; ++port)
    REQUIRE(rig.driver.send(VsockDriver::header(Op::request, port, 1)));
  CHECK(rig.device.process(*rig.rx, *rig.tx, rig.now, 20));
  CHECK(rig.driver.reap_sent() == 20);
  CHECK(rig.driver.receive().size() == 20);
  rig.run();
  CHECK(rig.driver.reap_sent() == 30);
}
