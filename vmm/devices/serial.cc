// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/devices/serial.h"

#include <unistd.h>

namespace ktstr::vmm {
namespace {

enum Register : std::uint64_t {
  data = 0,              // With the divisor latch: its low byte.
  interrupt_enable = 1,  // With the divisor latch: its high byte.
  identification = 2,    // FIFO control when written.
  line_control = 3,
  modem_control = 4,
  line_status = 5,
  modem_status = 6,
  scratch = 7,
};

constexpr std::uint8_t wants_received = 0x01;
constexpr std::uint8_t wants_empty = 0x02;
constexpr std::uint8_t enable_mask = 0x0f;
constexpr std::uint8_t fifo_enabled = 0x01;
constexpr std::uint8_t is_fifo = 0xc0;
constexpr std::uint8_t because_received = 0x04;
constexpr std::uint8_t because_empty = 0x02;
constexpr std::uint8_t because_nothing = 0x01;
constexpr std::uint8_t divisor_latch = 0x80;
constexpr std::uint8_t loopback = 0x10;
constexpr std::uint8_t modem_mask = 0x1f;
constexpr std::uint8_t data_ready = 0x01;
constexpr std::uint8_t transmitter_empty = 0x60;  // Holding register and shift register.
constexpr std::uint8_t connected = 0xb0;          // Carrier, data set ready, clear to send.

}  // namespace

std::uint64_t Serial::read(std::uint64_t offset, unsigned) {
  const std::lock_guard lock(mutex_);
  return read_register(offset);
}

void Serial::write(std::uint64_t offset, unsigned, std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  write_register(offset, static_cast<std::uint8_t>(value));
}

bool Serial::divisor_latched() const {
  return (line_control_ & divisor_latch) != 0;
}

std::uint8_t Serial::read_register(std::uint64_t offset) {
  switch (offset) {
    case data:
      if (divisor_latched()) return static_cast<std::uint8_t>(divisor_);
      received_ = false;
      return looped_;
    case interrupt_enable:
      return divisor_latched() ? static_cast<std::uint8_t>(divisor_ >> 8) : interrupt_enable_;
    case identification: {
      const std::uint8_t kind = (fifo_control_ & fifo_enabled) != 0 ? is_fifo : std::uint8_t{0};
      if (received_ && (interrupt_enable_ & wants_received) != 0) return kind | because_received;
      if (!transmitter_emptied_ || (interrupt_enable_ & wants_empty) == 0)
        return kind | because_nothing;
      transmitter_emptied_ = false;  // Reading the reason settles it.
      return kind | because_empty;
    }
    case line_control:
      return line_control_;
    case modem_control:
      return modem_control_;
    case line_status:
      return transmitter_empty | (received_ ? data_ready : std::uint8_t{0});
    case modem_status: {
      if ((modem_control_ & loopback) == 0) return connected;
      // DTR, RTS, OUT1, OUT2 come back as DSR, CTS, RI, DCD.
      const unsigned out = modem_control_;
      return static_cast<std::uint8_t>((out & 1) << 5 | (out & 2) << 3 | (out & 4) << 4 |
                                       (out & 8) << 4);
    }
    case scratch:
      return scratch_;
    default:
      return 0xff;
  }
}

void Serial::write_register(std::uint64_t offset, std::uint8_t value) {
  switch (offset) {
    case data:
      if (divisor_latched())
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff00) | value);
      else
        transmit(value);
      return;
    case interrupt_enable:
      if (divisor_latched()) {
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff) | value << 8);
        return;
      }
      // Asking for it while the transmitter is empty is answered at once.
      if ((value & wants_empty) != 0 && (interrupt_enable_ & wants_empty) == 0)
        transmitter_emptied_ = true;
      interrupt_enable_ = value & enable_mask;
      return raise_if_wanted();
    case identification:
      fifo_control_ = value;
      return;
    case line_control:
      line_control_ = value;
      return;
    case modem_control:
      modem_control_ = value & modem_mask;
      return;
    case scratch:
      scratch_ = value;
      return;
    default:
      return;
  }
}

void Serial::transmit(std::uint8_t value) {
  if ((modem_control_ & loopback) != 0) {
    looped_ = value;
    received_ = true;
  } else {
    const auto byte = static_cast<std::byte>(value);
    console_.append({&byte, 1});
  }
  transmitter_emptied_ = true;
  raise_if_wanted();
}

void Serial::raise_if_wanted() {
  const bool wanted = (transmitter_emptied_ && (interrupt_enable_ & wants_empty) != 0) ||
                      (received_ && (interrupt_enable_ & wants_received) != 0);
  const std::uint64_t one = 1;
  if (wanted) [[maybe_unused]]
    const ssize_t ignored = ::write(interrupt_.get(), &one, sizeof one);
}

}  // namespace ktstr::vmm
