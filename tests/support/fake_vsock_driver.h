// SPDX-License-Identifier: GPL-2.0-only
// A guest's vsock driver in this process: sends any packet, well-formed or not, and collects what
// the device sends.
#pragma once

#include <string>

#include "support/fake_virtio_driver.h"
#include "vmm/virtio/vsock/packet.h"

namespace fake {

using ktstr::vmm::vsock::Header;
using ktstr::vmm::vsock::Op;

struct Packet {
  Header header;
  std::string payload;

  [[nodiscard]] Op op() const { return Op{header.op}; }
};

class VsockDriver {
 public:
  static constexpr std::uint32_t cid = 7;
  static constexpr std::uint32_t buffer_size = 4096;
  static constexpr std::uint32_t tx_slot = 64 * 1024 + sizeof(Header);

  explicit VsockDriver(std::uint16_t size = 128, bool event_index = true)
      : ram(ktstr::Bytes{std::uint64_t{size} * (buffer_size + tx_slot + 64) + (1u << 20)}),
        rx(ram, size, event_index),
        tx(ram, size, event_index) {
    rx_buffers_ = ram.allocate(std::size_t{size} * buffer_size);
    tx_buffers_ = ram.allocate(std::size_t{size} * tx_slot);
  }

  /// A stream packet from `guest_port` to `host_port`, with a buffer of 64 KiB announced.
  static Header header(Op op, std::uint32_t guest_port, std::uint32_t host_port) {
    Header header;
    header.src_cid = cid;
    header.dst_cid = ktstr::vmm::vsock::host_cid;
    header.src_port = guest_port;
    header.dst_port = host_port;
    header.op = static_cast<std::uint16_t>(op);
    header.buf_alloc = 64 * 1024;
    return header;
  }

  /// Queues a packet as two descriptors, as Linux does; false when tx is full. `claim` replaces the
  /// length in the header.
  bool send(Header header, std::string_view payload = {}, bool* notify = nullptr) {
    if (header.len == 0) header.len = static_cast<std::uint32_t>(payload.size());
    return send_raw(ktstr::object_bytes(header), payload, notify);
  }

  bool send_raw(ktstr::ByteView head, std::string_view payload, bool* notify = nullptr) {
    reap_sent();
    if (tx.free() < 2) return false;
    const std::uint64_t slot = tx_buffers_ + std::uint64_t{tx_turn_++ % tx.size()} * tx_slot;
    std::memcpy(ram.at(slot, head.size()).data(), head.data(), head.size());
    std::vector<Part> parts{{slot, static_cast<std::uint32_t>(head.size()), false}};
    if (!payload.empty()) {
      std::memcpy(ram.at(slot + head.size(), payload.size()).data(), payload.data(),
                  payload.size());
      parts.push_back({slot + head.size(), static_cast<std::uint32_t>(payload.size()), false});
    }
    return tx.add(parts, notify).has_value();
  }

  std::size_t reap_sent() {
    std::size_t count = 0;
    while (tx.reap()) ++count;
    return count;
  }

  /// Gives the device `count` receive buffers.
  void provide(std::size_t count, std::uint32_t size = buffer_size, bool* notify = nullptr) {
    for (; count > 0 && rx.free() > 0; --count) {
      const std::uint64_t address =
          rx_buffers_ + std::uint64_t{rx_turn_++ % rx.size()} * buffer_size;
      bool wanted = false;
      const auto head = rx.add({{address, size, true}}, &wanted);
      if (notify != nullptr) *notify = *notify || wanted;
      if (rx_address_.size() <= *head) rx_address_.resize(*head + 1u);
      rx_address_[*head] = address;
    }
  }

  /// Everything received so far; the buffers go back to the device with `provide`.
  std::vector<Packet> receive() {
    std::vector<Packet> out;
    while (const auto used = rx.reap()) {
      if (used->written < sizeof(Header)) continue;
      const ktstr::ByteView bytes = ram.at(rx_address_.at(used->head), used->written);
      Packet packet;
      std::memcpy(&packet.header, bytes.data(), sizeof(Header));
      packet.payload = ktstr::as_text(bytes.subspan(sizeof(Header)));
      out.push_back(std::move(packet));
    }
    return out;
  }

  void reset() {
    rx.reset();
    tx.reset();
    rx_turn_ = tx_turn_ = 0;
  }

  Ram ram;
  DriverQueue rx;
  DriverQueue tx;

 private:
  std::uint64_t rx_buffers_ = 0;
  std::uint64_t tx_buffers_ = 0;
  unsigned rx_turn_ = 0;
  unsigned tx_turn_ = 0;
  std::vector<std::uint64_t> rx_address_;
};

}  // namespace fake
