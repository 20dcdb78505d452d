// SPDX-License-Identifier: GPL-2.0-only
// The core of a virtio socket device (virtio 1.2 §5.10), stream sockets only: a state machine
// without threads, descriptors or a clock. It moves packets between two virtqueues and a Host, the
// interface to whatever stands behind it. Not here: the event queue (a snapshot will need it to
// announce VIRTIO_VSOCK_EVENT_TRANSPORT_RESET) and SOCK_SEQPACKET.
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>

#include "base/units.h"
#include "vmm/virtio/queue.h"
#include "vmm/virtio/vsock/connection.h"
#include "vmm/virtio/vsock/packet.h"

namespace ktstr::vmm::vsock {

/// Names a connection as long as it lives: from `accept` or `connect` until `closed`.
struct Id {
  std::uint32_t host_port = 0;
  std::uint32_t guest_port = 0;

  bool operator==(const Id&) const = default;
};

struct IdHash {
  std::size_t operator()(const Id& id) const {
    return std::hash<std::uint64_t>()(std::uint64_t{id.host_port} << 32 | id.guest_port);
  }
};

/// Called only from within the device's functions, on their thread. May call back into
/// Device::has_data, can_take and shutdown, which take effect in the next `process`.
class Host {
 public:
  virtual ~Host() = default;

  /// The guest asks for a connection to `id.host_port`; false refuses it.
  virtual bool accept(Id id) = 0;
  /// The guest agreed to a connection made by Device::connect.
  virtual void connected(Id id) = 0;
  /// Bytes from the guest. Returns how many were taken; the device keeps the rest and offers them
  /// again after `Device::can_take`.
  virtual std::size_t take(Id id, ByteView bytes) = 0;
  /// Writes bytes for the guest into `room`, which is never empty. Returns how many; after 0 the
  /// device asks again only upon `Device::has_data`.
  virtual std::size_t give(Id id, ByteSpan room) = 0;
  /// The guest sends no more (everything it sent has been taken), or receives no more.
  virtual void peer_shutdown(Id id, bool sends_no_more, bool receives_no_more) = 0;
  /// The connection is gone, `clean` when it had been shut down both ways. The id means nothing
  /// from here on.
  virtual void closed(Id id, bool clean) = 0;
};

struct Counters {
  std::uint64_t malformed = 0;  ///< Packets and buffers that break the specification.
  std::uint64_t refused = 0;    ///< Requests answered with RST.
};

class Device {
 public:
  static constexpr std::size_t max_connections = 1024;
  static constexpr std::uint32_t buffer_size = 256 * 1024;  ///< Per connection, our buf_alloc.
  /// §5.10.6.5 leaves it to us; Linux waits as long.
  static constexpr Nanos answer_timeout = 8s;

  Device(std::uint32_t guest_cid, Host& host) : guest_cid_(guest_cid), host_(host) {}

  /// Moves packets, at most `budget` each way, so that one guest cannot hold the thread. True when
  /// there may be more to do at once. `now` may only grow.
  bool process(Queue& rx, Queue& tx, Nanos now, unsigned budget = 256);
  /// Whether packets wait for buffers in rx: then its notifications are worth having.
  [[nodiscard]] bool starved() const { return starved_; }
  /// When `process` must run again even if nothing happens.
  [[nodiscard]] std::optional<Nanos> deadline() const { return deadline_; }

  // For the host's side. An id that is no connection any more is ignored.
  /// Asks the guest for a connection to its `guest_port`; nullopt when there are too many.
  std::optional<Id> connect(std::uint32_t guest_port);
  void has_data(Id id);
  void can_take(Id id);
  /// We send no more (all there was has been given), or receive no more; both disconnect cleanly.
  void shutdown(Id id, bool send_no_more, bool receive_no_more);
  /// Aborts the connection; Host::closed is called from within.
  void abort(Id id);
  /// The driver reset the device (§2.4): every connection is closed without a word to the guest.
  void reset();

  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  Connection* find(Id id);
  void schedule(Connection& connection, Id id);
  void drop(Id id, bool clean);
  void fault(const Header& header, Id id);
  void reply_rst(const Header& to);
  void expire(Nanos now);
  void wait_for_answer(Connection& connection);

  bool receive_all(Queue& tx, unsigned budget);
  void receive(const Chain& chain);
  void receive_request(const Header& header, Id id);
  void receive_on(Connection& connection, Id id, const Header& header, const Chain& chain);
  void receive_shutdown(Connection& connection, Id id, std::uint32_t flags);
  void receive_payload(Connection& connection, Id id, const Header& header, const Chain& chain);
  void drain(Connection& connection, Id id);

  bool send_all(Queue& rx, unsigned budget);
  bool next_buffer(Queue& rx);
  void put_packet(Queue& rx, const Header& header);
  void send_next(Queue& rx, Connection& connection, Id id);
  void send_data(Queue& rx, Connection& connection, Id id);
  Header header(Connection& connection, Id id, Op op) const;

  std::uint64_t guest_cid_;
  Host& host_;
  std::unordered_map<Id, Connection, IdHash> connections_;
  std::deque<Id> ready_;        // Connections with something to send, each once.
  std::deque<Header> orphans_;  // RSTs that belong to no connection; bounded by receive_all.
  Chain chain_;
  Counters counters_;
  Nanos now_{};
  std::optional<Nanos> deadline_;  // The earliest of the connections' deadlines, or earlier.
  std::uint32_t next_port_ = 1u << 30;
  bool starved_ = false;
};

}  // namespace ktstr::vmm::vsock
