// SPDX-License-Identifier: GPL-2.0-only
// Packets to the guest (virtio 1.2 §5.10.6): one rx buffer each, taken only when there is something
// to put into it, connections in turn.
#include "base/check.h"
#include "vmm/virtio/scatter.h"
#include "vmm/virtio/vsock/device.h"

namespace ktstr::vmm::vsock {

bool Device::send_all(Queue& rx, unsigned budget) {
  starved_ = false;
  for (; budget > 0; --budget) {
    if (orphans_.empty() && ready_.empty()) return false;
    if (!next_buffer(rx)) return false;
    if (!orphans_.empty()) {
      put_packet(rx, orphans_.front());
      orphans_.pop_front();
      continue;
    }
    const Id id = ready_.front();
    Connection& connection = *find(id);
    send_next(rx, connection, id);
    ready_.pop_front();
    connection.queued = false;
    schedule(connection, id);
  }
  return !orphans_.empty() || !ready_.empty();
}

/// Looks at the next rx buffer that can hold a header, in `chain_`, without taking it.
bool Device::next_buffer(Queue& rx) {
  for (unsigned tries = 0; tries < Queue::max_size; ++tries) {
    if (!rx.peek(chain_)) break;
    if (chain_.writable_size() >= sizeof(Header)) return true;
    ++counters_.malformed;
    rx.take();
    rx.put(chain_.head, 0);
  }
  starved_ = true;
  return false;
}

/// Fills the buffer found by `next_buffer`.
void Device::put_packet(Queue& rx, const Header& header) {
  scatter(header, chain_.writable);
  rx.take();
  rx.put(chain_.head, static_cast<std::uint32_t>(sizeof header) + header.len);
}

Header Device::header(Connection& connection, Id id, Op op) const {
  Header header;
  header.src_cid = host_cid;
  header.dst_cid = guest_cid_;
  header.src_port = id.host_port;
  header.dst_port = id.guest_port;
  header.op = static_cast<std::uint16_t>(op);
  header.buf_alloc = connection.receive.buf_alloc();
  header.fwd_cnt = connection.receive.announce();
  return header;
}

/// Sends the most urgent packet of a connection into the buffer found by `next_buffer`.
void Device::send_next(Queue& rx, Connection& connection, Id id) {
  const auto pay = [&](unsigned debt, Op op, std::uint32_t flags) {
    Header packet = header(connection, id, op);
    packet.flags = flags;
    put_packet(rx, packet);
    connection.owes &= ~(debt | Connection::owes_credit);  // Any packet carries our credit.
  };
  if ((connection.owes & Connection::owes_request) != 0) {
    wait_for_answer(connection);
    pay(Connection::owes_request, Op::request, 0);
  } else if ((connection.owes & Connection::owes_response) != 0) {
    pay(Connection::owes_response, Op::response, 0);
  } else if (connection.established && (connection.owes & Connection::owes_shutdown) != 0) {
    if (connection.host_shutdown == no_more) wait_for_answer(connection);
    pay(Connection::owes_shutdown, Op::shutdown, connection.host_shutdown);
  } else if (connection.may_send_data() && connection.send.free() > 0) {
    send_data(rx, connection, id);
  } else if ((connection.owes & Connection::owes_credit) != 0) {
    pay(Connection::owes_credit, Op::credit_update, 0);
  } else if (connection.may_send_data() && !connection.asked_credit) {
    connection.asked_credit = true;
    pay(0, Op::credit_request, 0);
  }
}

void Device::send_data(Queue& rx, Connection& connection, Id id) {
  if (chain_.writable_size() == sizeof(Header)) {  // Data would never fit into it.
    ++counters_.malformed;
    rx.take();
    return rx.put(chain_.head, 0);
  }
  std::uint32_t size = 0;
  for_parts(chain_.writable, sizeof(Header), connection.send.free(), [&](ByteSpan part) {
    const std::size_t given = host_.give(id, part);
    CHECK(given <= part.size());
    size += static_cast<std::uint32_t>(given);
    return given == part.size();
  });
  connection.has_data = size > 0 && (connection.host_shutdown & no_send) == 0;
  if (size == 0) return;
  Header packet = header(connection, id, Op::rw);
  packet.len = size;
  put_packet(rx, packet);
  connection.send.sent(size);
  connection.owes &= ~Connection::owes_credit;
}

}  // namespace ktstr::vmm::vsock
