// SPDX-License-Identifier: GPL-2.0-only
// Arbitrary accesses to the serial port, the IOAPIC and the devices that end a machine, over their
// buses as vCPUs make them: each ends, and what the IOAPIC connects are messages an MSI can be.
#include <algorithm>
#include <array>
#include <cstdlib>

#include <sys/eventfd.h>

#include "vmm/arch/x86_64/ioapic.h"
#include "vmm/devices/endings.h"
#include "vmm/devices/serial.h"

using namespace ktstr;
using namespace ktstr::vmm;

namespace {

class Targets final : public x86_64::PinTargets {
 public:
  void connect(std::uint32_t pin, const x86_64::Msi& message) override {
    // The window of MSIs, 15 bits of destination; vector, mode, trigger and level.
    if ((message.address & ~std::uint64_t{0x7f'000f'f004}) != 0xfee00000) std::abort();
    if ((message.data & ~std::uint32_t{0xc7ff}) != 0 || pin >= x86_64::ioapic_pins) std::abort();
    connected_[pin] = true;
  }
  void disconnect(std::uint32_t pin) override {
    if (!connected_[pin]) std::abort();
    connected_[pin] = false;
  }

 private:
  std::array<bool, x86_64::ioapic_pins> connected_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fd interrupt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  Console console(4_KiB);
  Serial serial(console, interrupt);
  Targets targets;
  x86_64::Ioapic ioapic(targets);
  const Report report = [](Condition condition) {
    if (condition == Condition::died) std::abort();
  };
  ResetLine reset(report);
  Pvpanic pvpanic(report);
  SleepRegisters sleep(0x34, report);
  Bus bus;
  if (!bus.add(0, Serial::ports, serial) || !bus.add(8, 1, reset) || !bus.add(9, 1, pvpanic) ||
      !bus.add(10, SleepRegisters::ports, sleep) || !bus.add(0x80, 0x80, ioapic))
    std::abort();
  // Address, kind and size of an access, then eight bytes of its value.
  const ByteView bytes = std::as_bytes(std::span(data, size));
  for (std::size_t i = 0; i + 10 <= bytes.size(); i += 10) {
    const auto address = std::to_integer<std::uint64_t>(bytes[i]);
    const unsigned kind = std::to_integer<unsigned>(bytes[i + 1]);
    const std::size_t length = 1 + kind % 8;
    std::array<std::byte, 8> value;
    std::ranges::copy(bytes.subspan(i + 2, 8), value.begin());
    if ((kind & 8) != 0)
      bus.read(address, std::span(value).first(length));
    else
      bus.write(address, std::span(value).first(length));
  }
  return 0;
}
