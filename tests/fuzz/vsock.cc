// SPDX-License-Identifier: GPL-2.0-only
// The input is a script for a guest and the host's side of a vsock device: packets with any header,
// buffers of any size, data, shutdowns, resets. Whatever happens, the device comes to rest, keeps
// to its limits and to the guest's credit.
#include <cstdint>
#include <cstdlib>

#include "support/fake_vsock_host.h"

using namespace ktstr;
using namespace ktstr::vmm::vsock;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  [[nodiscard]] bool more() const { return at_ != end_; }
  std::uint8_t byte() { return more() ? *at_++ : std::uint8_t{0}; }
  /// Small values mostly, sometimes ones near a border.
  std::uint32_t number() {
    const std::uint8_t first = byte();
    if (first < 0xf0) return first;
    static constexpr std::uint32_t borders[] = {0x100,       0xffff,      0x10000,     0x3ffff,
                                                0x40000,     0x40001,     0x7fffffff,  0x80000000,
                                                0xffffff00u, 0xfffffff0u, 0xfffffffeu, 0xffffffffu,
                                                43,          44,          1000,        4096};
    return borders[first & 0xf];
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

/// Few ports, so that packets meet connections.
Id any_id(Script& script) {
  const std::uint8_t byte = script.byte();
  return {(byte & 1) != 0 ? 1000u : 1u << 30, byte / 2u % 4};
}

Header any_packet(Script& script, Id id) {
  Header header = fake::VsockDriver::header(Op{script.byte()}, id.guest_port, id.host_port);
  const std::uint8_t odd = script.byte();
  header.op = odd < 250 ? header.op % 9 : header.op;
  if ((odd & 1) != 0) header.buf_alloc = script.number();
  if ((odd & 2) != 0) header.fwd_cnt = script.number();
  if ((odd & 4) != 0) header.flags = script.byte();
  if ((odd & 0x38) == 0x38) header.len = script.number();
  if ((odd & 0xf0) == 0xf0) header.type = script.byte();
  if ((odd & 0xf0) == 0xe0) header.src_cid = script.number();
  if ((odd & 0xf0) == 0xd0) header.dst_cid = script.number();
  return header;
}

void check_received(fake::VsockRig& rig) {
  for (const fake::Packet& packet : rig.driver.receive()) {
    require(packet.payload.size() == packet.header.len);
    require(packet.header.dst_cid == fake::VsockDriver::cid);
    require(packet.op() == Op::rst || packet.header.buf_alloc == Device::buffer_size);
    require(packet.op() == Op::rw || packet.header.len == 0);
  }
}

void step(Script& script, fake::VsockRig& rig) {
  const std::uint8_t what = script.byte();
  switch (what % 12) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const Header header = any_packet(script, any_id(script));
      rig.driver.send(header, std::string(script.number() & 0xffff, 'p'));
      break;
    }
    case 4:
      rig.driver.provide(what / 12u, script.number() & 0xfff);
      break;
    case 5: {
      auto& stream = rig.host[any_id(script)];
      stream.room = script.number();
      break;
    }
    case 6: {
      const Id id = any_id(script);
      rig.host[id].outbox.assign(script.number() & 0xffff, 'h');
      rig.device.has_data(id);
      break;
    }
    case 7:
      rig.device.can_take(any_id(script));
      break;
    case 8:
      rig.device.shutdown(any_id(script), (what & 0x20) != 0, (what & 0x40) != 0);
      break;
    case 9:
      if ((what & 0x20) != 0)
        rig.device.abort(any_id(script));
      else if (rig.device.connections() < 8)
        rig.device.connect(script.byte() % 4);
      break;
    case 10:
      rig.now += std::chrono::milliseconds(script.number() & 0xffff);
      break;
    default:
      if ((what & 0xe0) != 0xe0) break;
      rig.device.reset();
      rig.driver.reset();
      rig.start();
  }
  rig.run();
  require(rig.device.connections() <= Device::max_connections);
  require(rig.rx->broken().empty() && rig.tx->broken().empty());
  check_received(rig);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fake::VsockRig rig(16);
  Script script(data, size);
  for (int steps = 0; script.more() && steps < 2000; ++steps) step(script, rig);
  return 0;
}
