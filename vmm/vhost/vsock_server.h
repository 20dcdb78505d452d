// SPDX-License-Identifier: GPL-2.0-only
// Serves a virtio socket device to a vhost-user frontend – QEMU with `-chardev socket,id=ID,fd=N`
// and `-device vhost-user-vsock-pci,chardev=ID` – over one end of a socketpair, in a loop of its
// own (vmm/virtio/loop.h). It lives until the frontend goes away, breaks the protocol or lets its
// guest break a ring, or until it is destroyed; then every stream ends. Pausing and resuming the
// machine keeps the streams, a driver that starts anew loses them.
#pragma once

#include <memory>
#include <optional>

#include "base/fd.h"
#include "base/units.h"
#include "vmm/virtio/vsock/sockets.h"

namespace ktstr::vmm::vhost {

struct VsockOptions {
  std::uint32_t guest_cid = 3;
  vsock::Listeners listeners;  ///< Called on the server's thread.
  Nanos spin = 20us;           ///< As Loop::start.
};

class VsockServer {
 public:
  /// Takes the connected Unix stream socket to the frontend.
  static Result<VsockServer> start(Fd frontend, VsockOptions options);
  VsockServer(VsockServer&&) noexcept;
  VsockServer& operator=(VsockServer&&) noexcept;
  ~VsockServer();  ///< Stops the thread and joins it.

  /// Connects to a port of the guest; the stream ends at once when the guest refuses. Any thread
  /// but the server's.
  Result<Fd> connect(std::uint32_t guest_port);
  /// Readable once the server has ended.
  [[nodiscard]] const Fd& ended() const;
  /// Why it ended, unless the frontend just went away. Any thread.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  class Backend;
  explicit VsockServer(std::unique_ptr<Backend> backend);

  std::unique_ptr<Backend> backend_;
};

}  // namespace ktstr::vmm::vhost
