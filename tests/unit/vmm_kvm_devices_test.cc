// SPDX-License-Identifier: GPL-2.0-only
// The devices of a machine on this host's KVM, as kernels of a few bytes meet them: registers at
// their addresses, kicks by ioeventfd, interrupts by irqfd and the IOAPIC. Skipped without
// /dev/kvm.
#include <array>
#include <catch2/catch_test_macros.hpp>

#include "../support/tiny_machine.h"
#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/virtio/mmio_registers.h"

using namespace ktstr;
using namespace ktstr::vmm;
using namespace ktstr::tiny;

namespace {

namespace mmio = virtio::mmio;

Code word(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)};
}
/// mov dword [rbx + offset], value.
Code store(std::uint64_t offset, std::uint32_t value) {
  return Code{0xc7, 0x83} + word(static_cast<std::uint32_t>(offset)) + word(value);
}
/// mov eax, [rbx + offset].
Code load(std::uint64_t offset) {
  return Code{0x8b, 0x83} + word(static_cast<std::uint32_t>(offset));
}

/// Accesses to memory of devices, which KVM leaves to us, that `interruptible` makes.
constexpr std::uint64_t accesses_for_interrupts = 2;

/// `body` with interrupts enabled at its end, and `handler` for the one of a pin of the IOAPIC.
Code interruptible(std::uint32_t pin, const Code& body, const Code& handler) {
  constexpr std::size_t handler_offset = 0x600, idt_pointer = 0x700, idt = 0x800, vector = 0x30;
  // mov esp, 0x190000; lidt [idt_pointer]; enable the local APIC; let the pin send the vector.
  Code code{0xbc, 0x00, 0x00, 0x19, 0x00, 0x0f, 0x01, 0x1c, 0x25, 0x00, 0x07, 0x10, 0x00};
  code = code + move(3, 0xfee00000) + store(0xf0, 0x1ff) + move(3, 0xfec00000) +
         store(0, 0x10 + 2 * pin) + store(0x10, vector) + body + Code{0xfb} + spin();  // sti.
  REQUIRE(code.size() <= handler_offset);
  code.resize(handler_offset, 0x90);
  code = code + handler;
  REQUIRE(code.size() <= idt_pointer);
  code.resize(idt + (vector + 1) * 16);
  code[idt_pointer] = 0xff;
  code[idt_pointer + 1] = 0x0f;
  code[idt_pointer + 3] = idt >> 8;
  code[idt_pointer + 4] = code_at >> 16;
  const std::size_t gate = idt + vector * 16;
  code[gate + 1] = handler_offset >> 8;
  code[gate + 2] = 0x10;  // The code segment.
  code[gate + 5] = 0x8e;  // Present, interrupt gate.
  code[gate + 6] = code_at >> 16;
  return code;
}

}  // namespace

TEST_CASE("memory that no device answers for reads as ones, and writing it does nothing") {
  Rig rig;
  // mov ebx, 0xd0000000; mov [rbx], eax; mov eax, [rbx].
  CHECK(rig.run(move(3, 0xd0000000) + Code{0x89, 0x03, 0x8b, 0x03} + print_eax() + power_off() +
                spin())
            .condition == Condition::powered_off);
  CHECK(rig.machine->console().text() == "\xff\xff\xff\xff");
}

TEST_CASE("ports that no device answers for read as ones") {
  Rig rig;
  // mov edx, 0x80; in eax, dx.
  CHECK(rig.run(move(2, 0x80) + Code{0xed} + print_eax() + power_off() + spin()).condition ==
        Condition::powered_off);
  CHECK(rig.machine->console().text() == "\xff\xff\xff\xff");
}

TEST_CASE("the IOAPIC answers at its address") {
  Rig rig;
  // mov ebx, 0xfec00000; mov dword [rbx], 1; mov eax, [rbx + 0x10].
  CHECK(rig.run(move(3, 0xfec00000) + Code{0xc7, 0x03, 1, 0, 0, 0, 0x8b, 0x43, 0x10} + print_eax() +
                power_off() + spin())
            .condition == Condition::powered_off);
  CHECK(rig.machine->console().text() == std::string_view("\x11\x00\x17\x00", 4));
}

TEST_CASE("a device's interrupt goes through the IOAPIC to the guest's handler") {
  Rig rig;
  // Interrupt when the transmitter is empty, which it is.
  CHECK(rig.run(interruptible(x86_64::com1_pin, out(0x3f9, 2),
                              print("interrupted") + power_off() + spin()))
            .condition == Condition::powered_off);
  CHECK(rig.machine->console().text() == "interrupted");
}

TEST_CASE("each virtio device says at its slot what it is, and behind the last there is nothing") {
  Rig rig;
  const std::string image = rig.directory / "disk";
  REQUIRE(write_file_atomically(image, Buffer(1u << 20)));
  const std::vector<DeviceConfig> devices{VsockDevice{}, ConsoleDevice{}, RngDevice{},
                                          BlockDevice{.path = image}};
  Code code;
  for (std::uint32_t slot = 0; slot <= devices.size(); ++slot)
    code = code + move(3, 0xd0000000 + slot * 0x1000) + load(mmio::magic_value) + print_eax() +
           load(mmio::version) + print_eax() + load(mmio::device_id) + print_eax();
  MachineConfig config = rig.config(code + power_off() + spin());
  config.devices = devices;
  REQUIRE(rig.run(config).condition == Condition::powered_off);
  const auto slot = [](char id) {
    return std::string("virt") + std::string("\x02\0\0\0", 4) + id + std::string(3, '\0');
  };
  // §5 of virtio: 19 sockets, 3 console, 4 entropy, 2 disk.
  CHECK(rig.machine->console().text() ==
        slot(19) + slot(3) + slot(4) + slot(2) + std::string(12, '\xff'));
}

TEST_CASE("a kick wakes a device without an exit, and its interrupt reaches the guest") {
  Rig rig;
  constexpr std::uint32_t descriptors = code_at + 0x1000, available = code_at + 0x1100,
                          used = code_at + 0x1200, buffer = code_at + 0x1400, size = 64;
  // By virtio 1.2 §3.1.1 and §4.2.3.2, with VIRTIO_F_VERSION_1 alone.
  const std::array set_up{
      std::pair{mmio::status, 0U},
      std::pair{mmio::status, 1U},
      std::pair{mmio::status, 3U},
      std::pair{mmio::driver_features_select, 1U},
      std::pair{mmio::driver_features, 1U},
      std::pair{mmio::status, 3U | mmio::features_ok},
      std::pair{mmio::queue_select, 0U},
      std::pair{mmio::queue_size, 8U},
      std::pair{mmio::queue_descriptors_low, descriptors},
      std::pair{mmio::queue_driver_low, available},
      std::pair{mmio::queue_device_low, used},
      std::pair{mmio::queue_ready, 1U},
      std::pair{mmio::status, 3U | mmio::features_ok | mmio::driver_ok},
  };
  Code body = move(3, 0xd0000000);
  for (const auto& [at, value] : set_up) body = body + store(at, value);
  // Until the device has fallen asleep, so that nothing but the kick wakes it: rdtsc; shl rdx, 32;
  // or rax, rdx; lea rcx, [rax + 0x8000000]; then that again; cmp rax, rcx; jb back.
  const Code now{0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0};
  body =
      body + now + Code{0x48, 0x8d, 0x88, 0, 0, 0, 0x08} + now + Code{0x48, 0x39, 0xc8, 0x72, 0xf2};
  // One buffer, available from now on: mov word [available + 2], 1.
  body = body + Code{0x66, 0xc7, 0x04, 0x25} + word(available + 2) + Code{1, 0} +
         store(mmio::queue_notify, 0);
  Code code = interruptible(x86_64::first_virtio_pin, body,
                            load(mmio::interrupt_status) + print_eax() + power_off() + spin());
  REQUIRE(code.size() <= descriptors - code_at);
  code.resize(descriptors - code_at);
  code = code + word(buffer) + word(0) + word(size) + word(2);  // To be written by the device.
  code.resize(buffer - code_at + size);

  MachineConfig config = rig.config(code);
  config.devices = {RngDevice{}};
  REQUIRE(rig.run(config).condition == Condition::powered_off);
  CHECK(rig.machine->console().text() == std::string("\x01\0\0\0", 4));  // Used buffers.
  CHECK(rig.memory<std::uint16_t>(used + 2) == 1);
  CHECK(rig.memory<std::uint32_t>(used + 4) == 0);
  CHECK(rig.memory<std::uint32_t>(used + 8) == size);
  CHECK(rig.memory<std::array<std::uint8_t, size>>(buffer) != std::array<std::uint8_t, size>{});
  // All accesses but the kick came out to us; the last is the handler's.
  CHECK(rig.statistic("userspace_exit.mmio") == accesses_for_interrupts + set_up.size() + 1);
}
