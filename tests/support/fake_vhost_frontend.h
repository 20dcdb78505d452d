// SPDX-License-Identifier: GPL-2.0-only
// A vhost-user frontend in this process: QEMU's part of the protocol, in the order in which QEMU
// speaks it, with a fake guest driver's rings in shared memory.
#pragma once

#include <array>
#include <cstring>

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <poll.h>
#include <unistd.h>

#include "support/fake_vsock_driver.h"
#include "vmm/vhost/message.h"

namespace fake {

namespace vhost = ktstr::vmm::vhost;
using vhost::Request;

class VhostFrontend {
 public:
  static constexpr std::uint64_t user_base = 0x7f12'3450'0000;
  static constexpr int patience_ms = 10'000;

  explicit VhostFrontend(ktstr::Fd socket, bool event_index = true)
      : driver(128, event_index), socket_(std::move(socket)), event_index_(event_index) {}

  /// Sends raw bytes after a header that may lie about them.
  void send(std::uint32_t request, std::uint32_t flags, std::uint32_t size, ktstr::ByteView payload,
            const std::vector<int>& fds = {}) {
    ktstr::Buffer bytes;
    ktstr::append_le(bytes, request);
    ktstr::append_le(bytes, flags);
    ktstr::append_le(bytes, size);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(32 * sizeof(int))> control{};
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
    }
    [[maybe_unused]] const auto sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  }

  template <class T>
  void say(Request request, const T& payload, const std::vector<int>& fds = {},
           std::uint32_t flags = vhost::version) {
    send(static_cast<std::uint32_t>(request), flags, sizeof payload, ktstr::object_bytes(payload),
         fds);
  }

  /// The payload of the next reply, or nullopt when the backend hung up or keeps silent.
  std::optional<ktstr::Buffer> reply() {
    vhost::MessageHeader header{};
    if (!read_exactly(&header, sizeof header)) return std::nullopt;
    if (header.flags != (vhost::version | vhost::is_reply)) return std::nullopt;
    ktstr::Buffer payload(header.size);
    if (!read_exactly(payload.data(), payload.size())) return std::nullopt;
    return payload;
  }

  template <class T>
  std::optional<ktstr::Buffer> ask(Request request, const T& payload,
                                   const std::vector<int>& fds = {}) {
    say(request, payload, fds, vhost::version | vhost::need_reply);
    return reply();
  }
  std::optional<ktstr::Buffer> ask(Request request) {
    send(static_cast<std::uint32_t>(request), vhost::version, 0, {});
    return reply();
  }

  /// Up to the point where the guest's driver starts.
  bool negotiate() {
    const auto offered = ask(Request::get_features);
    if (!offered) return false;
    features = ktstr::load_le<std::uint64_t>(*offered);
    const auto protocol = ask(Request::get_protocol_features);
    if (!protocol) return false;
    say(Request::set_protocol_features, ktstr::load_le<std::uint64_t>(*protocol));
    send(static_cast<std::uint32_t>(Request::set_owner), vhost::version, 0, {});
    ktstr::Buffer config(sizeof(vhost::ConfigAccess) + 8);
    ktstr::store_le<std::uint32_t>(config, 4, 8);
    send(static_cast<std::uint32_t>(Request::get_config), vhost::version,
         static_cast<std::uint32_t>(config.size()), config);
    const auto answer = reply();
    if (!answer || answer->size() != config.size()) return false;
    guest_cid = ktstr::load_le<std::uint64_t>(*answer, sizeof(vhost::ConfigAccess));
    return true;
  }

  /// The memory table, in two regions of the same memfd.
  bool share_memory() {
    const std::uint64_t size = driver.ram.mapping.bytes().size();
    const std::uint64_t half = size / 2 / 4096 * 4096;
    ktstr::Buffer table;
    ktstr::append_le<std::uint32_t>(table, 2);
    ktstr::append_le<std::uint32_t>(table, 0);
    for (const auto& [offset, length] : {std::pair(half, size - half), {std::uint64_t{0}, half}}) {
      ktstr::append_le(table, Ram::base + offset);
      ktstr::append_le(table, length);
      ktstr::append_le(table, user_base + offset);
      ktstr::append_le(table, offset);
    }
    const int fd = driver.ram.fd.get();
    send(static_cast<std::uint32_t>(Request::set_mem_table), vhost::version | vhost::need_reply,
         static_cast<std::uint32_t>(table.size()), table, {fd, fd});
    return reply().has_value();
  }

  /// Starts both rings at the available indices `next`.
  bool start(std::array<std::uint16_t, 2> next = {0, 0}) {
    say(Request::set_features,
        features & (event_index_ ? ~std::uint64_t{0} : ~vhost::feature_event_index));
    if (!share_memory()) return false;
    for (std::uint32_t index = 0; index < 2; ++index) {
      const auto& layout = (index == 0 ? driver.rx : driver.tx).layout;
      say(Request::set_vring_num, vhost::VringState{index, layout.size});
      say(Request::set_vring_base, vhost::VringState{index, next[index]});
      say(Request::set_vring_addr,
          vhost::VringAddress{index, 0, user(layout.descriptors.raw), user(layout.device.raw),
                              user(layout.driver.raw), 0});
      kick[index] = ktstr::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
      call[index] = ktstr::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
      say(Request::set_vring_kick, std::uint64_t{index}, {kick[index].get()});
      say(Request::set_vring_call, std::uint64_t{index}, {call[index].get()});
    }
    for (std::uint32_t index = 0; index < 2; ++index)
      if (!ask(Request::set_vring_enable, vhost::VringState{index, 1})) return false;
    return true;
  }

  /// Stops both rings; returns the indices they had reached.
  std::optional<std::array<std::uint16_t, 2>> stop() {
    std::array<std::uint16_t, 2> next{};
    for (std::uint32_t index = 0; index < 2; ++index) {
      say(Request::set_vring_enable, vhost::VringState{index, 0});
      say(Request::get_vring_base, vhost::VringState{index, 0});
      const auto answer = reply();
      if (!answer || answer->size() != sizeof(vhost::VringState)) return std::nullopt;
      next[index] = static_cast<std::uint16_t>(ktstr::load_le<std::uint32_t>(*answer, 4));
    }
    return next;
  }

  void notify(std::size_t index) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto sent = ::write(kick[index].get(), &one, sizeof one);
  }

  void send_packet(Header header, std::string_view payload = {}) {
    bool wanted = false;
    while (!driver.send(header, payload, &wanted)) wait_for_call(1);
    if (wanted) notify(1);
  }
  void provide(std::size_t count) {
    bool wanted = false;
    driver.provide(count, VsockDriver::buffer_size, &wanted);
    if (wanted) notify(0);
  }

  /// Waits for packets; empty when none come.
  std::vector<Packet> receive() {
    while (true) {
      driver.rx.want_interrupt_after(driver.rx.seen());
      std::vector<Packet> packets = driver.receive();
      if (!packets.empty()) {
        provide(packets.size());
        return packets;
      }
      if (!wait_for_call(0)) return {};
    }
  }

  bool wait_for_call(std::size_t index, int timeout_ms = patience_ms) {
    if (index == 1) driver.tx.want_interrupt_after(driver.tx.seen());
    if (index == 1 && driver.tx.has_used()) return true;
    pollfd waiting{call[index].get(), POLLIN, 0};
    if (::poll(&waiting, 1, timeout_ms) != 1) return false;
    std::uint64_t count = 0;
    return ::read(call[index].get(), &count, sizeof count) == sizeof count;
  }

  static std::uint64_t user(std::uint64_t guest) { return guest - Ram::base + user_base; }
  void hang_up() { socket_.reset(); }

  VsockDriver driver;
  std::uint64_t features = 0;
  std::uint64_t guest_cid = 0;
  std::array<ktstr::Fd, 2> kick;
  std::array<ktstr::Fd, 2> call;

 private:
  bool read_exactly(void* to, std::size_t size) {
    auto* out = static_cast<std::byte*>(to);
    while (size > 0) {
      pollfd waiting{socket_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, patience_ms) != 1) return false;
      const ssize_t got = ::recv(socket_.get(), out, size, 0);
      if (got <= 0) return false;
      out += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  ktstr::Fd socket_;
  bool event_index_;
};

}  // namespace fake
