// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/pins.h"

namespace ktstr::vmm::kvm {

Status Pins::route() {
  std::vector<Route> routes;
  for (std::uint32_t pin = 0; pin < messages_.size(); ++pin)
    if (messages_[pin]) routes.push_back({pin, *messages_[pin]});
  return vm_.set_routes(routes);
}

void Pins::connect(std::uint32_t pin, const x86_64::Msi& message) {
  if (events_[pin] == nullptr) return;
  const bool was_connected = messages_[pin].has_value();
  messages_[pin] = message;
  Status status = route();
  if (status && !was_connected) status = vm_.attach_interrupt(pin, *events_[pin]);
  if (!status) failed_(status.error());
}

void Pins::disconnect(std::uint32_t pin) {
  if (events_[pin] == nullptr) return;
  messages_[pin].reset();
  // The route stays until the next change: nothing uses it any more.
  if (const Status status = vm_.detach_interrupt(pin, *events_[pin]); !status)
    failed_(status.error());
}

}  // namespace ktstr::vmm::kvm
