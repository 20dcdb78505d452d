// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vhost/session.h"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>

#include <fcntl.h>

namespace ktstr::vmm::vhost {
namespace {

tl::unexpected<Error> nonsense(std::string what) {
  return fail_code(EPROTO, "vhost-user: " + std::move(what));
}

/// The payload as a `T`; it must be exactly one.
template <Wire T>
Result<T> payload(const Message& message) {
  if (message.payload.size() != sizeof(T))
    return nonsense("request " + std::to_string(static_cast<std::uint32_t>(message.request)) +
                    " with a payload of " + std::to_string(message.payload.size()) + " bytes");
  T value;
  std::memcpy(&value, message.payload.data(), sizeof value);
  return value;
}

template <Wire T>
std::optional<Buffer> reply(const T& value) {
  const ByteView bytes = object_bytes(value);
  return Buffer(bytes.begin(), bytes.end());
}

constexpr std::uint64_t page = 4096;

}  // namespace

Result<std::optional<Buffer>> Session::handle(Message& message) {
  std::optional<Buffer> out = TRY(answer(message));
  // REPLY_ACK: an error has ended the session already, so what is left to say is success.
  if (!out && (message.flags & need_reply) != 0) return reply(std::uint64_t{0});
  return out;
}

Result<std::optional<Buffer>> Session::answer(Message& message) {
  switch (message.request) {
    case Request::get_features:
      return reply(features);
    case Request::get_protocol_features:
      return reply(protocol_features);
    case Request::set_features:
      acked_ = TRY(payload<std::uint64_t>(message));
      if ((acked_ & ~features) != 0) return nonsense("features that were not offered");
      for (Ring& ring : rings_)
        if ((acked_ & feature_protocol_features) == 0) ring.enabled = true;
      TRY(restart_all());
      return std::nullopt;
    case Request::set_protocol_features:
      if ((TRY(payload<std::uint64_t>(message)) & ~protocol_features) != 0)
        return nonsense("protocol features that were not offered");
      return std::nullopt;
    case Request::set_owner:
    case Request::reset_owner:
      return std::nullopt;
    case Request::set_mem_table:
      TRY(set_memory(message));
      return std::nullopt;
    case Request::set_vring_num: {
      const auto state = TRY(payload<VringState>(message));
      Ring* ring = TRY(ring_of(state.index));
      if (state.num > Queue::max_size) return nonsense("a ring that is too long");
      stop(*ring);
      ring->size = static_cast<std::uint16_t>(state.num);
      TRY(start(*ring));
      return std::nullopt;
    }
    case Request::set_vring_addr: {
      const auto address = TRY(payload<VringAddress>(message));
      Ring* ring = TRY(ring_of(address.index));
      stop(*ring);
      ring->address = address;
      TRY(start(*ring));
      return std::nullopt;
    }
    case Request::set_vring_base: {
      const auto state = TRY(payload<VringState>(message));
      Ring* ring = TRY(ring_of(state.index));
      if (state.num > UINT16_MAX) return nonsense("a ring base beyond 2^16");
      stop(*ring);
      ring->next = static_cast<std::uint16_t>(state.num);
      ring->fresh = state.num == 0;
      TRY(start(*ring));
      return std::nullopt;
    }
    case Request::get_vring_base: {
      auto state = TRY(payload<VringState>(message));
      Ring* ring = TRY(ring_of(state.index));
      stop(*ring);
      ring->kick = Fd();  // The ring stays stopped until a new one comes.
      state.num = ring->next;
      return reply(state);
    }
    case Request::set_vring_kick:
      TRY(set_descriptor(message, &Ring::kick));
      return std::nullopt;
    case Request::set_vring_call:
      TRY(set_descriptor(message, &Ring::call));
      return std::nullopt;
    case Request::set_vring_err:
      TRY(set_descriptor(message, &Ring::error));
      return std::nullopt;
    case Request::set_vring_enable: {
      const auto state = TRY(payload<VringState>(message));
      Ring* ring = TRY(ring_of(state.index));
      stop(*ring);
      ring->enabled = state.num != 0;
      TRY(start(*ring));
      return std::nullopt;
    }
    case Request::get_config: {
      if (message.payload.size() < sizeof(ConfigAccess)) return nonsense("a short GET_CONFIG");
      ConfigAccess access;
      std::memcpy(&access, message.payload.data(), sizeof access);
      const std::uint64_t end = std::uint64_t{access.offset} + access.size;
      if (message.payload.size() != sizeof access + std::uint64_t{access.size} ||
          end > config_.size())
        return nonsense("GET_CONFIG beyond the configuration space");
      std::memcpy(message.payload.data() + sizeof access, config_.data() + access.offset,
                  access.size);
      return std::move(message.payload);
    }
  }
  return nonsense("unknown request " + std::to_string(static_cast<std::uint32_t>(message.request)));
}

Result<Ring*> Session::ring_of(std::uint64_t index) {
  if (index >= ring_count) return nonsense("ring " + std::to_string(index));
  return &rings_[index];
}

Status Session::set_memory(Message& message) {
  RegionTable table{};
  if (message.payload.size() < sizeof table) return nonsense("a short memory table");
  std::memcpy(&table, message.payload.data(), sizeof table);
  if (table.count == 0 || table.count > max_regions || message.fds.size() != table.count ||
      message.payload.size() != sizeof table + table.count * sizeof(Region))
    return nonsense("a memory table of " + std::to_string(table.count) + " regions, " +
                    std::to_string(message.fds.size()) + " descriptors and " +
                    std::to_string(message.payload.size()) + " bytes");
  GuestMemory memory;
  std::vector<Window> windows;
  for (std::size_t i = 0; i < table.count; ++i) {
    Region region;
    std::memcpy(&region, message.payload.data() + sizeof table + i * sizeof region, sizeof region);
    struct stat file {};
    if (::fstat(message.fds[i].get(), &file) != 0)
      return fail_errno("vhost-user: look at a region");
    // Beyond the end of the file a mapping is SIGBUS, not memory.
    const auto length = static_cast<std::uint64_t>(file.st_size);
    if (region.offset % page != 0 || region.offset > length || region.size > length - region.offset)
      return nonsense("a region that is not within its file");
    if (region.user_address > UINT64_MAX - region.size) return nonsense("a region that wraps");
    Mapping mapping = TRY(Mapping::of(message.fds[i], Bytes{region.size}, Mapping::Access::write,
                                      Bytes{region.offset}));
    TRY(memory.add(GuestPhys(region.guest_address), std::move(mapping)));
    windows.push_back({region.user_address, region.size, GuestPhys(region.guest_address)});
  }
  for (Ring& ring : rings_) stop(ring);
  memory_ = std::move(memory);
  windows_ = std::move(windows);
  return restart_all();
}

Status Session::set_descriptor(Message& message, Fd Ring::*which) {
  const auto value = TRY(payload<std::uint64_t>(message));
  Ring* ring = TRY(ring_of(value & vring_index_mask));
  const std::size_t expected = (value & vring_no_fd) != 0 ? 0 : 1;
  if (message.fds.size() != expected) return nonsense("a ring's eventfd is missing");
  // Shared with the frontend, whose eventfds do not block either: ours must not depend on it.
  if (expected == 1 && ::fcntl(message.fds[0].get(), F_SETFL, O_NONBLOCK) != 0)
    return fail_errno("vhost-user: set up an eventfd");
  const bool is_kick = which == &Ring::kick;
  if (is_kick) stop(*ring);
  ring->*which = expected == 1 ? std::move(message.fds[0]) : Fd();
  return is_kick ? start(*ring) : Status();
}

Result<GuestPhys> Session::translate(std::uint64_t user_address) const {
  for (const Window& window : windows_)
    if (user_address >= window.user_address && user_address - window.user_address < window.size)
      return GuestPhys(window.start.raw + (user_address - window.user_address));
  return nonsense("a ring outside the memory table");
}

void Session::stop(Ring& ring) {
  if (!ring.queue) return;
  ring.next = ring.queue->next();
  ring.queue.reset();
}

Status Session::start(Ring& ring) {
  if (ring.queue || ring.size == 0 || !ring.address || !ring.kick || !ring.enabled ||
      windows_.empty())
    return {};
  QueueLayout layout;
  layout.size = ring.size;
  layout.descriptors = TRY(translate(ring.address->descriptors));
  layout.driver = TRY(translate(ring.address->driver));
  layout.device = TRY(translate(ring.address->device));
  layout.event_index = (acked_ & feature_event_index) != 0;
  layout.next = ring.next;
  ring.queue = TRY(Queue::create(memory_, layout));
  if (running() && rings_[0].fresh && rings_[1].fresh) restarted_ = true;
  if (running()) rings_[0].fresh = rings_[1].fresh = false;
  return {};
}

Status Session::restart_all() {
  for (Ring& ring : rings_) {
    stop(ring);
    TRY(start(ring));
  }
  return {};
}

}  // namespace ktstr::vmm::vhost
