// SPDX-License-Identifier: GPL-2.0-only
// Packets from the guest (virtio 1.2 §5.10.6). Whatever breaks the specification is answered with
// RST and ends its connection; nothing the guest sends can do more than that.
#include "vmm/virtio/scatter.h"
#include "vmm/virtio/vsock/device.h"

namespace ktstr::vmm::vsock {

bool Device::receive_all(Queue& tx, unsigned budget) {
  for (; budget > 0; --budget) {
    // §5.10.6.1.2: tx is processed while rx is full, as long as there is room for the answers.
    if (orphans_.size() >= max_connections) return true;
    if (!tx.peek(chain_)) return false;
    tx.take();
    receive(chain_);
    tx.put(chain_.head, 0);
  }
  return true;
}

void Device::receive(const Chain& chain) {
  const std::size_t size = chain.readable_size();
  if (size < sizeof(Header)) {
    ++counters_.malformed;
    return;
  }
  const auto header = gather<Header>(chain.readable);
  // §5.10.6.4.1: nobody else sends here, so there is nobody to answer.
  if (header.src_cid != guest_cid_) {
    ++counters_.malformed;
    return;
  }
  if (header.dst_cid != host_cid) return reply_rst(header);
  if (header.type != type_stream) {  // §5.10.6.4.2
    ++counters_.malformed;
    return reply_rst(header);
  }
  const Id id{header.dst_port, header.src_port};
  if (header.len > size - sizeof(Header)) return fault(header, id);
  if (Connection* connection = find(id)) return receive_on(*connection, id, header, chain);
  if (header.op == static_cast<std::uint16_t>(Op::request)) return receive_request(header, id);
  reply_rst(header);
}

void Device::fault(const Header& header, Id id) {
  ++counters_.malformed;
  reply_rst(header);
  if (find(id) != nullptr) drop(id, false);
}

void Device::receive_request(const Header& header, Id id) {
  // §5.10.6.5: RST for want of a listener or of resources.
  if (connections_.size() >= max_connections || !host_.accept(id)) {
    ++counters_.refused;
    return reply_rst(header);
  }
  Connection& connection = connections_.emplace(id, ReceiveCredit(buffer_size)).first->second;
  connection.established = true;
  connection.send.announced(header.buf_alloc, header.fwd_cnt);
  connection.owes = Connection::owes_response;
  schedule(connection, id);
}

void Device::receive_on(Connection& connection, Id id, const Header& header, const Chain& chain) {
  const Op op{header.op};
  if (op == Op::rst) {
    const bool clean =
        connection.host_shutdown == no_more && (connection.owes & Connection::owes_shutdown) == 0;
    return drop(id, clean);
  }
  if (!connection.established && op != Op::response) return fault(header, id);
  // §5.10.6.3.1: every packet of a stream carries both.
  connection.send.announced(header.buf_alloc, header.fwd_cnt);
  if (connection.send.free() > 0) connection.asked_credit = false;
  switch (op) {
    case Op::response:
      if (connection.established) return fault(header, id);
      connection.established = true;
      connection.deadline.reset();
      host_.connected(id);
      break;
    case Op::shutdown:
      return receive_shutdown(connection, id, header.flags);
    case Op::rw:
      return receive_payload(connection, id, header, chain);
    case Op::credit_update:
      break;
    case Op::credit_request:
      connection.owes |= Connection::owes_credit;
      break;
    case Op::request:
    case Op::rst:
    default:
      return fault(header, id);
  }
  schedule(connection, id);
}

void Device::receive_shutdown(Connection& connection, Id id, std::uint32_t flags) {
  const bool stops_receiving = (flags & ~connection.guest_shutdown & no_receive) != 0;
  connection.guest_shutdown |= flags & no_more;
  if (stops_receiving) host_.peer_shutdown(id, false, true);
  drain(connection, id);
}

void Device::receive_payload(Connection& connection, Id id, const Header& header,
                             const Chain& chain) {
  if ((connection.guest_shutdown & no_send) != 0) return fault(header, id);
  if (connection.backlog.size() + header.len > buffer_size) return fault(header, id);  // §5.10.6.3
  const bool unwanted = (connection.host_shutdown & no_receive) != 0;
  for_parts(chain.readable, sizeof(Header), header.len, [&](ByteSpan part) {
    std::size_t taken = part.size();
    if (!unwanted) taken = connection.backlog.size() == 0 ? host_.take(id, part) : 0;
    connection.receive.forwarded(static_cast<std::uint32_t>(taken));
    if (taken < part.size()) connection.backlog.append(part.subspan(taken));
    return true;
  });
  if (connection.receive.stale()) connection.owes |= Connection::owes_credit;
  schedule(connection, id);
}

void Device::drain(Connection& connection, Id id) {
  while (connection.backlog.size() > 0) {
    const std::size_t size = connection.backlog.size();
    const bool unwanted = (connection.host_shutdown & no_receive) != 0;
    const std::size_t taken = unwanted ? size : host_.take(id, connection.backlog.front());
    connection.backlog.drop_front(taken);
    connection.receive.forwarded(static_cast<std::uint32_t>(taken));
    if (connection.receive.stale()) connection.owes |= Connection::owes_credit;
    if (taken == 0) break;
  }
  if (connection.backlog.size() == 0 && (connection.guest_shutdown & no_send) != 0 &&
      !connection.told_end) {
    connection.told_end = true;
    host_.peer_shutdown(id, true, false);
  }
  if (connection.backlog.size() == 0 && connection.guest_shutdown == no_more) {
    // §5.10.6.5: a clean disconnect ends with our RST.
    Header from_guest;
    from_guest.dst_cid = host_cid;
    from_guest.dst_port = id.host_port;
    from_guest.src_port = id.guest_port;
    reply_rst(from_guest);
    return drop(id, true);
  }
  schedule(connection, id);
}

}  // namespace ktstr::vmm::vsock
