// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/mmio.h"

#include <algorithm>

#include "vmm/virtio/event.h"
#include "vmm/virtio/mmio_registers.h"

namespace ktstr::vmm::virtio {

using namespace mmio;

namespace {

void set_low(std::uint64_t& field, std::uint32_t value) {
  field = (field & ~std::uint64_t{UINT32_MAX}) | value;
}

void set_high(std::uint64_t& field, std::uint32_t value) {
  field = (field & UINT32_MAX) | std::uint64_t{value} << 32;
}

}  // namespace

Mmio::Mmio(std::shared_ptr<Device> device, const GuestMemory& memory, std::vector<Fd> events,
           Fd interrupt)
    : device_(std::move(device)),
      memory_(memory),
      events_(std::move(events)),
      interrupt_(std::move(interrupt)),
      setups_(events_.size()),
      queues_(events_.size()),
      running_(events_.size()) {}

Result<std::unique_ptr<Mmio>> Mmio::create(std::shared_ptr<Device> device,
                                           const GuestMemory& memory) {
  std::vector<Fd> events;
  for (std::size_t i = 0; i < device->queue_sizes().size(); ++i)
    events.push_back(TRY(create_event()));
  Fd interrupt = TRY(create_event());
  return std::unique_ptr<Mmio>(
      new Mmio(std::move(device), memory, std::move(events), std::move(interrupt)));
}

Mmio::~Mmio() = default;

Status Mmio::serve(Nanos spin) {
  loop_ = TRY(Loop::start(*device_, *this, spin));
  return {};
}

std::string Mmio::broken() const {
  const std::lock_guard lock(broken_mutex_);
  return broken_;
}

std::uint64_t Mmio::read(std::uint64_t offset, unsigned size) {
  const std::lock_guard lock(mutex_);
  if (offset >= config_space) return read_config(offset - config_space, size);
  if (size != 4 || offset % 4 != 0) return 0;
  return read_register(offset);
}

std::uint64_t Mmio::read_config(std::uint64_t offset, unsigned size) const {
  const ByteView config = device_->config();
  std::uint64_t value = 0;
  if (size > sizeof value || offset > config.size() || size > config.size() - offset) return 0;
  std::memcpy(&value, config.data() + offset, size);
  return value;
}

std::uint32_t Mmio::read_register(std::uint64_t offset) const {
  const bool exists = queue_select_ < setups_.size();
  switch (offset) {
    case magic_value:
      return magic;
    case version:
      return 2;
    case device_id:
      return static_cast<std::uint32_t>(device_->type());
    case vendor_id:
      return vendor;
    case device_features:
      if (device_features_select_ > 1) return 0;
      return static_cast<std::uint32_t>(offered() >> (32 * device_features_select_));
    case queue_size_max:
      return exists ? device_->queue_sizes()[queue_select_] : 0;
    case queue_ready:
      return exists && setups_[queue_select_].ready ? 1 : 0;
    case interrupt_status:
      return interrupt_status_;
    case status:
      return status_;
    case shared_memory_length_low:
    case shared_memory_length_high:
    case shared_memory_base_low:
    case shared_memory_base_high:
      return UINT32_MAX;     // §4.2.2.1: there is no such region.
    case config_generation:  // No device changes its configuration space.
    default:
      return 0;
  }
}

void Mmio::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  if (offset >= config_space) {
    offset -= config_space;
    const std::size_t have = device_->config().size();
    if (size > sizeof value || offset > have || size > have - offset) return;
    return device_->write_config(offset, object_bytes(value).first(size));
  }
  if (size != 4 || offset % 4 != 0) return;
  const auto word = static_cast<std::uint32_t>(value);
  // Neither of the two needs the registers, so that they never wait for a vCPU that does.
  if (offset == queue_notify) {
    if (word < events_.size()) signal_event(events_[word]);
    return;
  }
  if (offset == interrupt_ack) {
    interrupt_status_ &= ~word;
    return;
  }
  const std::lock_guard lock(mutex_);
  write_register(offset, word);
}

void Mmio::write_register(std::uint64_t offset, std::uint32_t value) {
  switch (offset) {
    case device_features_select:
      device_features_select_ = value;
      break;
    case driver_features:
      return write_driver_features(value);
    case driver_features_select:
      driver_features_select_ = value;
      break;
    case queue_select:
      queue_select_ = value;
      break;
    case status:
      return write_status(value);
    default:
      return write_queue_register(offset, value);
  }
}

Mmio::Setup* Mmio::selected() {
  return queue_select_ < setups_.size() ? &setups_[queue_select_] : nullptr;
}

void Mmio::write_queue_register(std::uint64_t offset, std::uint32_t value) {
  Setup* const setup = selected();
  if (setup == nullptr) return;
  if (offset == queue_ready) return write_ready(*setup, (value & 1) != 0);
  if (setup->ready) return;  // §4.2.2.2: not while the queue is in use.
  switch (offset) {
    case queue_size:
      setup->size = value;
      break;
    case queue_descriptors_low:
      return set_low(setup->descriptors, value);
    case queue_descriptors_high:
      return set_high(setup->descriptors, value);
    case queue_driver_low:
      return set_low(setup->driver, value);
    case queue_driver_high:
      return set_high(setup->driver, value);
    case queue_device_low:
      return set_low(setup->device, value);
    case queue_device_high:
      return set_high(setup->device, value);
    default:
      break;
  }
}

void Mmio::write_ready(Setup& setup, bool ready) {
  if (setup.ready == ready) return;
  setup.ready = ready;
  if ((status_ & (driver_ok | needs_reset)) != driver_ok) return;
  on_loop([this, ready, index = queue_select_] {
    if (ready) return start_queue(index);
    running_[index] = nullptr;
    queues_[index].reset();
  });
}

std::uint64_t Mmio::offered() const {
  return device_->features() | feature_version_1 | feature_event_index;
}

void Mmio::write_driver_features(std::uint32_t value) {
  if ((status_ & features_ok) != 0) return;  // §3.1.1: they are settled.
  if (driver_features_select_ == 0)
    set_low(driver_features_, value);
  else if (driver_features_select_ == 1)
    set_high(driver_features_, value);
  else
    unknown_features_ = unknown_features_ || value != 0;
}

/// §2.2.2, §6.1: a subset of what is offered, and not the interface before version 1.
bool Mmio::features_are_good() const {
  return !unknown_features_ && (driver_features_ & ~offered()) == 0 &&
         (driver_features_ & feature_version_1) != 0;
}

void Mmio::write_status(std::uint32_t value) {
  if (value == 0) return reset();
  const std::uint32_t before = status_;
  std::uint32_t added = value & of_driver & ~before;  // §2.1.1: the driver never clears a bit.
  if ((added & features_ok) != 0 && !features_are_good()) added &= ~features_ok;
  if (((before | added) & features_ok) == 0) added &= ~driver_ok;  // §3.1.1: that order.
  status_ |= added;
  if ((added & driver_ok) == 0 || (before & needs_reset) != 0) return;
  on_loop([this] {
    device_->activate(driver_features_);
    for (std::size_t i = 0; i < setups_.size() && (status_ & needs_reset) == 0; ++i)
      if (setups_[i].ready) start_queue(i);
  });
}

void Mmio::reset() {
  on_loop([this] {
    std::ranges::fill(running_, nullptr);
    for (std::optional<Queue>& queue : queues_) queue.reset();
    device_->reset();
    // Here rather than after it: the loop changes both as well.
    status_ = 0;
    interrupt_status_ = 0;
  });
  std::ranges::fill(setups_, Setup{});
  driver_features_ = 0;
  unknown_features_ = false;
  device_features_select_ = driver_features_select_ = queue_select_ = 0;
  const std::lock_guard lock(broken_mutex_);
  broken_.clear();
}

void Mmio::on_loop(const std::function<void()>& act) {
  if (loop_ == nullptr || !loop_->call(act)) act();  // Without a loop we are alone.
}

void Mmio::start_queue(std::size_t index) {
  const Setup& setup = setups_[index];
  if (setup.size > device_->queue_sizes()[index])
    return need_reset("a queue longer than the device allows (4.2.2.2)");
  Result<Queue> queue =
      Queue::create(memory_, {static_cast<std::uint16_t>(setup.size), GuestPhys(setup.descriptors),
                              GuestPhys(setup.driver), GuestPhys(setup.device),
                              (driver_features_ & feature_event_index) != 0, 0});
  if (!queue) return need_reset(queue.error().what);
  queues_[index].emplace(std::move(*queue));
  running_[index] = &*queues_[index];
}

/// §2.1.2: the device can go on only after a reset, and tells so by a configuration change.
void Mmio::need_reset(std::string why) {
  std::ranges::fill(running_, nullptr);
  {
    const std::lock_guard lock(broken_mutex_);
    broken_ = std::move(why);
  }
  const std::uint32_t before = status_.fetch_or(needs_reset);
  if ((before & driver_ok) != 0) raise(config_change);
}

void Mmio::raise(std::uint32_t cause) {
  interrupt_status_ |= cause;
  signal_event(interrupt_);
}

void Mmio::interrupt(std::size_t) {
  raise(used_buffers);
}

Status Mmio::broke(std::size_t queue, std::string_view why) {
  need_reset("queue " + std::to_string(queue) + ": " + std::string(why));
  return {};
}

void Mmio::ended() {
  need_reset("the device's thread has ended");
}

}  // namespace ktstr::vmm::virtio
