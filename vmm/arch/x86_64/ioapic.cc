// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/ioapic.h"

namespace ktstr::vmm::x86_64 {
namespace {

// Direct registers.
constexpr std::uint64_t select_at = 0x00;
constexpr std::uint64_t window_at = 0x10;
// Indirect ones.
constexpr std::uint8_t id_register = 0;
constexpr std::uint8_t version_register = 1;
constexpr std::uint8_t arbitration_register = 2;
constexpr std::uint8_t first_entry = 0x10;

constexpr std::uint32_t version = 0x11;
constexpr std::uint32_t id_mask = 0x0f000000;
constexpr std::uint64_t masked = std::uint64_t{1} << 16;
constexpr std::uint64_t level = std::uint64_t{1} << 15;
constexpr std::uint64_t read_only = 1 << 12 | 1 << 14;  // Delivery status, remote IRR.

constexpr std::uint64_t msi_base = 0xfee00000;
constexpr std::uint32_t msi_assert = 1 << 14;
constexpr std::uint32_t msi_level = 1 << 15;

}  // namespace

Msi message_of(std::uint64_t entry) {
  const std::uint64_t low_destination = entry >> 56;
  // KVM_FEATURE_MSI_EXT_DEST_ID: seven more bits of the destination below the usual eight.
  const std::uint64_t high_destination = entry >> 49 & 0x7f;
  const std::uint64_t logical = entry >> 11 & 1;
  Msi out;
  out.address = high_destination << 40 | msi_base | low_destination << 12 | logical << 2;
  out.data = static_cast<std::uint32_t>(entry & 0x7ff);  // Vector and delivery mode.
  if ((entry & level) != 0) out.data |= msi_level | msi_assert;
  return out;
}

Ioapic::Ioapic(PinTargets& targets) : targets_(targets) {
  entries_.fill(masked);
}

std::uint64_t Ioapic::read(std::uint64_t offset, unsigned) {
  const std::lock_guard lock(mutex_);
  if (offset == select_at) return selected_;
  if (offset != window_at) return 0;
  switch (selected_) {
    case id_register:
    case arbitration_register:
      return id_;
    case version_register:
      return version | (ioapic_pins - 1) << 16;
    default: {
      if (selected_ < first_entry || selected_ >= first_entry + 2 * ioapic_pins) return 0;
      const std::uint64_t entry = entries_[(selected_ - first_entry) / 2u];
      return selected_ % 2 == 0 ? entry & UINT32_MAX : entry >> 32;
    }
  }
}

void Ioapic::write(std::uint64_t offset, unsigned, std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  if (offset == select_at) {
    selected_ = static_cast<std::uint8_t>(value);
  } else if (offset == window_at && selected_ == id_register) {
    id_ = static_cast<std::uint32_t>(value) & id_mask;
  } else if (offset == window_at && selected_ >= first_entry &&
             selected_ < first_entry + 2 * ioapic_pins) {
    write_half((selected_ - first_entry) / 2u, selected_ % 2 != 0,
               static_cast<std::uint32_t>(value));
  }
}

void Ioapic::write_half(std::uint32_t pin, bool high, std::uint32_t value) {
  std::uint64_t& entry = entries_[pin];
  const std::uint64_t before = entry;
  if (high)
    entry = (before & UINT32_MAX) | std::uint64_t{value} << 32;
  else
    entry = (before & ~std::uint64_t{UINT32_MAX}) | (value & ~read_only);
  const bool was_connected = (before & masked) == 0;
  const bool connected = (entry & masked) == 0;
  if (connected && (!was_connected || message_of(before) != message_of(entry)))
    targets_.connect(pin, message_of(entry));
  if (!connected && was_connected) targets_.disconnect(pin);
}

}  // namespace ktstr::vmm::x86_64
