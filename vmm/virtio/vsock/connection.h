// SPDX-License-Identifier: GPL-2.0-only
// The state of one stream of the virtio socket device, private to device.cc.
#pragma once

#include <optional>

#include "base/units.h"
#include "vmm/virtio/vsock/credit.h"
#include "vmm/virtio/vsock/packet.h"

namespace ktstr::vmm::vsock {

/// Bytes the host's side has not taken yet. The device bounds it.
class Backlog {
 public:
  [[nodiscard]] std::size_t size() const { return bytes_.size() - head_; }
  [[nodiscard]] ByteView front() const { return ByteView(bytes_).subspan(head_); }

  void append(ByteView bytes) {
    if (head_ > bytes_.size() / 2) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  void drop_front(std::size_t count) {
    head_ += count;
    if (head_ < bytes_.size()) return;
    bytes_ = {};
    head_ = 0;
  }

 private:
  Buffer bytes_;
  std::size_t head_ = 0;
};

struct Connection {
  // Control packets to send; data and its absence of credit are derived.
  static constexpr unsigned owes_request = 1;
  static constexpr unsigned owes_response = 2;
  static constexpr unsigned owes_credit = 4;
  static constexpr unsigned owes_shutdown = 8;

  ReceiveCredit receive;
  SendCredit send{};
  Backlog backlog{};
  bool established = false;  ///< False while the guest has not answered our request.
  unsigned owes = 0;
  std::uint32_t guest_shutdown = 0;  ///< §5.10.6.5: permanent once sent.
  std::uint32_t host_shutdown = 0;
  bool told_end = false;  ///< The host knows that the guest sends no more.
  bool has_data = false;
  bool asked_credit = false;        ///< Since credit last ran out.
  bool queued = false;              ///< In the device's ready list.
  std::optional<Nanos> deadline{};  ///< For the guest's answer to a request or a full shutdown.

  [[nodiscard]] bool may_send_data() const {
    return has_data && established && (guest_shutdown & no_receive) == 0;
  }
  [[nodiscard]] bool wants_to_send() const {
    const unsigned due = established ? owes : owes & owes_request;
    return due != 0 || (may_send_data() && (send.free() > 0 || !asked_credit));
  }
};

}  // namespace ktstr::vmm::vsock
