// SPDX-License-Identifier: GPL-2.0-only
#include "guest/veth.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/fd.h"

namespace ktstr::guest {
namespace {

/// A request under construction: a header, the device, and attributes that may nest.
class Request {
 public:
  Request(std::uint16_t type, std::uint16_t flags, const ifinfomsg& device) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    put(header);
    put(device);
  }

  Request& text(std::uint16_t type, std::string_view value) {
    const std::size_t at = open(type);
    bytes_.insert(bytes_.end(), as_bytes(value).begin(), as_bytes(value).end());
    bytes_.push_back(std::byte{0});
    close(at);
    return *this;
  }
  /// Begins an attribute; gives what `close` wants.
  std::size_t open(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    put(rtattr{0, type});
    return at;
  }
  void close(std::size_t at) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
    std::memcpy(&bytes_[at + offsetof(rtattr, rta_len)], &length, sizeof length);
    pad();
  }
  template <class Part>
  void put(const Part& part) {
    const auto* const from = reinterpret_cast<const std::byte*>(&part);
    bytes_.insert(bytes_.end(), from, from + sizeof part);
    pad();
  }

  /// Sends it and waits for the kernel's answer.
  Status ask(const std::string& what) {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(&bytes_[offsetof(nlmsghdr, nlmsg_len)], &length, sizeof length);
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket) return fail_errno("make a netlink socket");
    if (::send(socket.get(), bytes_.data(), bytes_.size(), 0) < 0) return fail_errno(what);
    struct {
      nlmsghdr header;
      nlmsgerr error;
      char more[1024];
    } answer{};
    const ssize_t got = ::recv(socket.get(), &answer, sizeof answer, 0);
    if (got < 0) return fail_errno(what);
    if (static_cast<std::size_t>(got) < sizeof answer.header + sizeof answer.error.error ||
        answer.header.nlmsg_type != NLMSG_ERROR)
      return fail(what + ": the kernel's answer is malformed");
    if (answer.error.error != 0) return fail_code(-answer.error.error, what);
    return {};
  }

 private:
  void pad() { bytes_.resize((bytes_.size() + 3) / 4 * 4); }

  Buffer bytes_;
};

ifinfomsg device(const char* name = nullptr) {
  ifinfomsg out{};
  if (name != nullptr) out.ifi_index = static_cast<int>(::if_nametoindex(name));
  return out;
}

Status create() {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, device());
  request.text(IFLA_IFNAME, Veth::near);
  const std::size_t info = request.open(IFLA_LINKINFO);
  request.text(IFLA_INFO_KIND, "veth");
  const std::size_t data = request.open(IFLA_INFO_DATA);
  const std::size_t peer = request.open(VETH_INFO_PEER);
  request.put(device());
  request.text(IFLA_IFNAME, Veth::far);
  request.close(peer);
  request.close(data);
  request.close(info);
  Status made = request.ask("make a pair of virtual network devices");
  if (!made && made.error().code == EEXIST) return {};
  return made;
}

Status set_up(const char* name) {
  ifinfomsg message = device(name);
  message.ifi_flags = IFF_UP;
  message.ifi_change = IFF_UP;
  return Request(RTM_NEWLINK, 0, message).ask("bring up " + std::string(name));
}

}  // namespace

Result<Veth> Veth::make() {
  TRY(create());
  Veth out;
  TRY(set_up(near));
  TRY(set_up(far));
  return out;
}

Veth::~Veth() {
  if (!owns_) return;
  // The other end goes with it. What cannot be removed ends with the machine.
  static_cast<void>(Request(RTM_DELLINK, 0, device(near)).ask("remove the network devices"));
}

}  // namespace ktstr::guest
