// SPDX-License-Identifier: GPL-2.0-only
// The bus, the serial port, the devices that end a machine, and the IOAPIC; no KVM.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <optional>

#include <sys/eventfd.h>

#include <unistd.h>

#include "vmm/arch/x86_64/ioapic.h"
#include "vmm/devices/endings.h"
#include "vmm/devices/serial.h"

using namespace ktstr;
using namespace ktstr::vmm;

namespace {

/// Remembers what it was asked.
class Recorder final : public BusDevice {
 public:
  std::uint64_t read(std::uint64_t offset, unsigned size) override {
    last = "read " + std::to_string(offset) + " " + std::to_string(size);
    return 0x1122334455667788;
  }
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
    last = "write " + std::to_string(offset) + " " + std::to_string(size) + " " +
           std::to_string(value);
  }
  std::string last;
};

template <class T>
T read(const Bus& bus, std::uint64_t address) {
  T out = 0;
  bus.read(address, std::as_writable_bytes(std::span(&out, 1)));
  return out;
}

template <class T>
void write(const Bus& bus, std::uint64_t address, T value) {
  bus.write(address, std::as_bytes(std::span(&value, 1)));
}

struct Line {
  Console console;
  Fd interrupt{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  Serial serial{console, interrupt};

  /// Whether an interrupt came since it was last asked.
  bool interrupted() {
    std::uint64_t count = 0;
    return ::read(interrupt.get(), &count, sizeof count) == sizeof count;
  }
};

class Targets final : public x86_64::PinTargets {
 public:
  void connect(std::uint32_t pin, const x86_64::Msi& message) override {
    connected[pin] = message;
    ++changes;
  }
  void disconnect(std::uint32_t pin) override {
    connected.erase(pin);
    ++changes;
  }
  std::map<std::uint32_t, x86_64::Msi> connected;
  int changes = 0;
};

void select(x86_64::Ioapic& ioapic, std::uint32_t index, std::uint32_t value) {
  ioapic.write(0x00, 4, index);
  ioapic.write(0x10, 4, value);
}

std::uint64_t selected(x86_64::Ioapic& ioapic, std::uint32_t index) {
  ioapic.write(0x00, 4, index);
  return ioapic.read(0x10, 4);
}

}  // namespace

TEST_CASE("a bus finds the device that answers for all of an access") {
  Recorder first, second;
  Bus bus;
  REQUIRE(bus.add(0x1000, 0x10, first));
  REQUIRE(bus.add(0x1010, 0x10, second));
  CHECK(read<std::uint16_t>(bus, 0x100e) == 0x7788);
  CHECK(first.last == "read 14 2");
  write<std::uint32_t>(bus, 0x1010, 77);
  CHECK(second.last == "write 0 4 77");
  // Across two devices, and where there is none, nobody answers.
  first.last = second.last = {};
  CHECK(read<std::uint32_t>(bus, 0x100e) == 0xffffffff);
  CHECK(read<std::uint64_t>(bus, 0x101c) == ~std::uint64_t{0});
  CHECK(read<std::uint8_t>(bus, 0) == 0xff);
  CHECK(read<std::uint64_t>(bus, ~std::uint64_t{0}) == ~std::uint64_t{0});
  write<std::uint64_t>(bus, ~std::uint64_t{0} - 3, 1);
  CHECK(first.last.empty());
  CHECK(second.last.empty());
}

TEST_CASE("two devices cannot share an address") {
  Recorder device;
  Bus bus;
  REQUIRE(bus.add(0x1000, 0x10, device));
  CHECK(!bus.add(0x100f, 1, device));
  CHECK(!bus.add(0xff0, 0x11, device));
  CHECK(!bus.add(0x2000, 0, device));
  CHECK(!bus.add(~std::uint64_t{0}, 2, device));
  CHECK(bus.add(~std::uint64_t{0}, 1, device));
}

TEST_CASE("what is sent to the serial port arrives in the console") {
  Line line;
  for (const char c : std::string_view("hello")) line.serial.write(0, 1, std::uint64_t(c));
  CHECK(line.console.text() == "hello");
  CHECK((line.serial.read(5, 1) & 0x60) == 0x60);
  CHECK(!line.interrupted());
}

TEST_CASE("the divisor latch hides the data register") {
  Line line;
  line.serial.write(3, 1, 0x83);
  line.serial.write(0, 1, 'x');
  line.serial.write(1, 1, 0x12);
  CHECK(line.serial.read(0, 1) == 'x');
  CHECK(line.serial.read(1, 1) == 0x12);
  line.serial.write(3, 1, 0x03);
  CHECK(line.serial.read(1, 1) == 0);
  CHECK(line.console.total() == 0);
}

TEST_CASE("a driver that waits for the empty transmitter is interrupted") {
  Line line;
  CHECK(line.serial.read(2, 1) == 0x01);
  line.serial.write(1, 1, 0x02);
  CHECK(line.interrupted());
  CHECK(line.serial.read(2, 1) == 0x02);
  CHECK(line.serial.read(2, 1) == 0x01);  // Reading the reason settled it.
  line.serial.write(0, 1, 'a');
  CHECK(line.interrupted());
  CHECK(line.serial.read(2, 1) == 0x02);
  line.serial.write(1, 1, 0x00);
  line.serial.write(0, 1, 'b');
  CHECK(!line.interrupted());
  CHECK(line.serial.read(2, 1) == 0x01);
  line.serial.write(1, 1, 0x02);  // Asked for again.
  CHECK(line.interrupted());
}

TEST_CASE("probing finds a 16550A with loopback") {
  Line line;
  line.serial.write(2, 1, 0x01);
  CHECK((line.serial.read(2, 1) & 0xc0) == 0xc0);
  line.serial.write(7, 1, 0xa5);
  CHECK(line.serial.read(7, 1) == 0xa5);
  line.serial.write(1, 1, 0xff);
  CHECK(line.serial.read(1, 1) == 0x0f);
  line.serial.write(1, 1, 0);
  line.serial.write(4, 1, 0x1a);
  CHECK((line.serial.read(6, 1) & 0xf0) == 0x90);
  line.serial.write(0, 1, 'x');
  CHECK((line.serial.read(5, 1) & 1) == 1);
  CHECK(line.serial.read(0, 1) == 'x');
  CHECK((line.serial.read(5, 1) & 1) == 0);
  CHECK(line.console.total() == 0);
  line.serial.write(4, 1, 0x0b);
  CHECK((line.serial.read(6, 1) & 0xf0) == 0xb0);
}

TEST_CASE("the devices that end a machine report only what they are meant for") {
  std::optional<Condition> reported;
  const auto report = [&](Condition condition) { reported = condition; };
  ResetLine reset(report);
  CHECK(reset.read(0, 1) == 0);
  reset.write(0, 1, 0xd1);
  CHECK(!reported);
  reset.write(0, 1, 0xfe);
  CHECK(reported == Condition::reset);

  reported.reset();
  Pvpanic pvpanic(report);
  CHECK(pvpanic.read(0, 1) == 3);
  pvpanic.write(0, 1, 2);
  CHECK(!reported);
  pvpanic.write(0, 1, 1);
  CHECK(reported == Condition::panicked);

  reported.reset();
  SleepRegisters sleep(0x34, report);
  sleep.write(1, 1, 0x34);
  sleep.write(0, 1, 0x24);
  CHECK(!reported);
  sleep.write(0, 1, 0x34);
  CHECK(reported == Condition::powered_off);
}

TEST_CASE("a redirection entry becomes the message it describes") {
  using x86_64::message_of;
  CHECK(message_of(0x0500000000000031) == x86_64::Msi{0xfee05000, 0x31});
  // Logical destination, lowest priority.
  CHECK(message_of(0xff00000000000931) == x86_64::Msi{0xfeeff004, 0x131});
  // Level-triggered.
  CHECK(message_of(0x0000000000008040) == x86_64::Msi{0xfee00000, 0xc040});
  // APIC id 0x1234: eight bits where they always were, seven below.
  CHECK(message_of(std::uint64_t{0x34} << 56 | std::uint64_t{0x12} << 49 | 0x50) ==
        x86_64::Msi{std::uint64_t{0x12} << 40 | 0xfee34000, 0x50});
}

TEST_CASE("pins are connected when unmasked, and again only when their message changes") {
  Targets targets;
  x86_64::Ioapic ioapic(targets);
  CHECK(selected(ioapic, 1) == 0x00170011);
  CHECK(selected(ioapic, 0x10 + 2 * 4) == 0x10000);
  select(ioapic, 0x11 + 2 * 4, 0x03000000);
  CHECK(targets.changes == 0);
  select(ioapic, 0x10 + 2 * 4, 0x30);
  CHECK(targets.connected.at(4) == x86_64::Msi{0xfee03000, 0x30});
  select(ioapic, 0x10 + 2 * 4, 0x30 | 1 << 14 | 1 << 12);  // Bits that only the chip sets.
  CHECK(selected(ioapic, 0x10 + 2 * 4) == 0x30);
  CHECK(targets.changes == 1);
  select(ioapic, 0x11 + 2 * 4, 0x05000000);
  CHECK(targets.connected.at(4) == x86_64::Msi{0xfee05000, 0x30});
  select(ioapic, 0x10 + 2 * 4, 0x10030);
  CHECK(targets.connected.empty());
  CHECK(targets.changes == 3);
}

TEST_CASE("registers that the IOAPIC has not are nothing") {
  Targets targets;
  x86_64::Ioapic ioapic(targets);
  for (std::uint32_t index = 0; index < 256; ++index) select(ioapic, index, 0xffffffff);
  CHECK(selected(ioapic, 0) == 0x0f000000);
  CHECK(selected(ioapic, 0x40) == 0);
  CHECK(selected(ioapic, 0xff) == 0);
  CHECK(ioapic.read(0x20, 4) == 0);
  ioapic.write(0x40, 4, 0xffffffff);
  CHECK(targets.connected.empty());
}
