// SPDX-License-Identifier: GPL-2.0-only
// Connections: how they come and go. Packets from the guest are in receive.cc, to it in send.cc.
#include "vmm/virtio/vsock/device.h"

#include <algorithm>

namespace ktstr::vmm::vsock {

bool Device::process(Queue& rx, Queue& tx, Nanos now, unsigned budget) {
  now_ = now;
  if (deadline_ && now >= *deadline_) expire(now);
  const bool more_in = receive_all(tx, budget);
  const bool more_out = send_all(rx, budget);
  return (more_in && !(starved_ && orphans_.size() >= max_connections)) || more_out;
}

Connection* Device::find(Id id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

void Device::schedule(Connection& connection, Id id) {
  if (connection.queued || !connection.wants_to_send()) return;
  connection.queued = true;
  ready_.push_back(id);
}

void Device::drop(Id id, bool clean) {
  const auto found = connections_.find(id);
  if (found->second.queued) std::erase(ready_, id);
  connections_.erase(found);
  host_.closed(id, clean);
}

void Device::reply_rst(const Header& to) {
  // An RST is never answered with another, or two confused peers would never stop.
  if (to.op == static_cast<std::uint16_t>(Op::rst)) return;
  Header rst;
  rst.src_cid = to.dst_cid;
  rst.dst_cid = guest_cid_;
  rst.src_port = to.dst_port;
  rst.dst_port = to.src_port;
  rst.type = to.type;
  rst.op = static_cast<std::uint16_t>(Op::rst);
  orphans_.push_back(rst);
}

void Device::wait_for_answer(Connection& connection) {
  connection.deadline = now_ + answer_timeout;
  if (!deadline_) deadline_ = connection.deadline;
}

void Device::expire(Nanos now) {
  std::vector<Id> late;
  deadline_.reset();
  for (const auto& [id, connection] : connections_) {
    if (!connection.deadline) continue;
    if (now >= *connection.deadline)
      late.push_back(id);
    else if (!deadline_ || *connection.deadline < *deadline_)
      deadline_ = connection.deadline;
  }
  for (const Id id : late) abort(id);
}

std::optional<Id> Device::connect(std::uint32_t guest_port) {
  if (connections_.size() >= max_connections) return std::nullopt;
  Id id{next_port_++, guest_port};
  while (connections_.contains(id)) id.host_port = next_port_++;
  Connection& connection = connections_.emplace(id, ReceiveCredit(buffer_size)).first->second;
  connection.owes = Connection::owes_request;
  schedule(connection, id);
  return id;
}

void Device::has_data(Id id) {
  Connection* connection = find(id);
  if (connection == nullptr || (connection->host_shutdown & no_send) != 0) return;
  connection->has_data = true;
  schedule(*connection, id);
}

void Device::can_take(Id id) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->backlog.size() == 0) return;
  drain(*connection, id);
}

void Device::shutdown(Id id, bool send_no_more, bool receive_no_more) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  const std::uint32_t flags = (send_no_more ? no_send : 0) | (receive_no_more ? no_receive : 0);
  if ((connection->host_shutdown | flags) == connection->host_shutdown) return;
  connection->host_shutdown |= flags;
  if (send_no_more) connection->has_data = false;
  connection->owes |= Connection::owes_shutdown;
  schedule(*connection, id);
}

void Device::abort(Id id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  Header as_if_received;
  as_if_received.dst_cid = host_cid;
  as_if_received.dst_port = id.host_port;
  as_if_received.src_port = id.guest_port;
  reply_rst(as_if_received);
  drop(id, false);
}

void Device::reset() {
  ready_.clear();
  orphans_.clear();
  deadline_.reset();
  starved_ = false;
  const auto gone = std::exchange(connections_, {});
  for (const auto& [id, connection] : gone) host_.closed(id, false);
}

}  // namespace ktstr::vmm::vsock
