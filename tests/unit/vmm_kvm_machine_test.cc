// SPDX-License-Identifier: GPL-2.0-only
// Whole machines on this host's KVM that run kernels of a few bytes: each way a machine ends, its
// devices, its interrupts, what a guest's CPUID and MSRs say, and pauses. Skipped without /dev/kvm.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <poll.h>
#include <unistd.h>

#include "../support/kvm_traits.h"
#include "../support/temporary_directory.h"
#include "../support/tiny_kernel.h"
#include "base/clock.h"
#include "vmm/kvm/kvm.h"
#include "vmm/kvm/monitor.h"

using namespace ktstr;
using namespace ktstr::vmm;
using namespace ktstr::tiny;

namespace {

constexpr Nanos limit = 60s;
constexpr std::uint64_t scratch = 0x180000;  // Memory the guests write their findings to.

struct Rig {
  TemporaryDirectory directory;
  std::unique_ptr<Monitor> monitor;
  std::unique_ptr<Machine> machine;

  Rig() {
    Result<std::unique_ptr<Monitor>> opened = kvm::open_monitor();
    if (!opened) SKIP(describe(opened.error()));
    monitor = *std::move(opened);
  }

  MachineConfig config(const Code& code, bool pvh = false) const {
    MachineConfig out;
    out.accelerator = Accelerator::kvm;
    out.topology.nodes = {{.llcs = 1, .memory = 64_MiB}};
    out.topology.cores = 1;
    out.kernel.path = write_elf(directory / "kernel", code, pvh);
    return out;
  }
  Machine& start(const MachineConfig& config) {
    Result<std::unique_ptr<Machine>> created = monitor->create(config);
    if (!created) FAIL(describe(created.error()));
    machine = *std::move(created);
    const Status started = machine->start();
    if (!started) FAIL(describe(started.error()));
    return *machine;
  }
  /// Runs the code until the machine is in a final state.
  State run(const Code& code, bool pvh = false) {
    start(config(code, pvh));
    const Deadline deadline(limit);
    while (!machine->state().final() && !deadline.passed()) {
      pollfd ready{machine->events().get(), POLLIN, 0};
      ::poll(&ready, 1, 100);
      machine->clear_events();
    }
    return machine->state();
  }
  template <class T>
  T memory(std::uint64_t address) const {
    T out;
    REQUIRE(machine->memory().read(GuestPhys(address), std::as_writable_bytes(std::span(&out, 1))));
    return out;
  }
  /// Waits until the guest has stored something at `address`.
  std::uint64_t await(std::uint64_t address) const {
    const Deadline deadline(limit);
    while (memory<std::uint64_t>(address) == 0 && !deadline.passed()) ::usleep(1000);
    return memory<std::uint64_t>(address);
  }
};

/// Counts in memory for ever: inc qword [scratch]; rdtsc; shl rdx, 32; or rax, rdx;
/// mov [scratch + 8], rax; jmp.
const Code counting{0x48, 0xff, 0x04, 0x25, 0x00, 0x00, 0x18, 0x00,  //
                    0x0f, 0x31,                                      //
                    0x48, 0xc1, 0xe2, 0x20,                          //
                    0x48, 0x09, 0xd0,                                //
                    0x48, 0x89, 0x04, 0x25, 0x08, 0x00, 0x18, 0x00,  //
                    0xeb, 0xe5};

}  // namespace

TEST_CASE("a guest prints and switches itself off, by the 64-bit entry and by PVH's") {
  const bool pvh = GENERATE(false, true);
  Rig rig;
  CHECK(rig.run(print("hi\n") + power_off() + spin(), pvh) == State{Condition::powered_off, {}});
  CHECK(rig.machine->console().text() == "hi\n");
  CHECK(rig.machine->pause());
  CHECK(!rig.machine->resume());
  rig.machine->stop();
  CHECK(rig.machine->state().condition == Condition::powered_off);
}

TEST_CASE("a guest resets itself by the keyboard controller") {
  Rig rig;
  CHECK(rig.run(out(0x64, 0xfe) + spin()) == State{Condition::reset, {}});
}

TEST_CASE("a guest that jumps to the BIOS for a restart gets one") {
  Rig rig;
  const Code jump{0xb8, 0xf0, 0xff, 0x0f, 0x00, 0xff, 0xe0};  // mov eax, 0xffff0; jmp rax.
  CHECK(rig.run(jump) == State{Condition::reset, {}});
}

TEST_CASE("a guest that panicked stands still and can be looked into") {
  Rig rig;
  CHECK(rig.run(out(0x505, 1) + spin()) == State{Condition::panicked, {}});
  const VcpuRegisters registers = rig.machine->memory().registers(GuestCpu(0)).value();
  CHECK(registers.instruction_pointer >= code_at);
  CHECK(registers.instruction_pointer < code_at + 16);
  CHECK(rig.memory<std::uint8_t>(code_at) == 0xba);
}

TEST_CASE("a triple fault is a reset that says where") {
  Rig rig;
  const State state = rig.run({0x0f, 0x0b});  // ud2, without a handler.
  CHECK(state.condition == Condition::reset);
  CHECK(state.detail.starts_with("triple fault, vCPU 0"));
}

TEST_CASE("an instruction in device memory ends the machine with what KVM said") {
  Rig rig;
  // jmp to memory that is none: mov eax, 0xd0000000; jmp rax.
  const State state = rig.run(move(0, 0xd0000000) + Code{0xff, 0xe0});
  CHECK(state.condition == Condition::died);
  CHECK(state.detail.find("could not emulate") != std::string::npos);
  CHECK(state.detail.find("0xd0000000") != std::string::npos);
}

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

TEST_CASE("CPUID names KVM and the vCPU's APIC id") {
  Rig rig;
  // mov eax, leaf; xor ecx, ecx; cpuid; mov eax, ebx / edx.
  const Code ebx{0x89, 0xd8};
  const Code edx{0x89, 0xd0};
  const Code query{0x31, 0xc9, 0x0f, 0xa2};
  CHECK(rig.run(move(0, 0x40000000) + query + ebx + print_eax() + move(0, 0xb) + query + edx +
                print_eax() + power_off() + spin())
            .condition == Condition::powered_off);
  CHECK(rig.machine->console().text() == std::string_view("KVMK\0\0\0\0", 8));
}

TEST_CASE("MSRs are as a firmware would leave them") {
  Rig rig;
  // mov ecx, index; rdmsr.
  const Code read{0x0f, 0x32};
  CHECK(rig.run(move(1, 0x1a0) + read + print_eax() + move(1, 0x2ff) + read + print_eax() +
                power_off() + spin())
            .condition == Condition::powered_off);
  const std::string text = rig.machine->console().text();
  REQUIRE(text.size() == 8);
  CHECK((text[0] & 1) == 1);               // Fast strings.
  CHECK(text.substr(4, 2) == "\x06\x08");  // MTRRs on, write-back by default.
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
  constexpr std::size_t handler = 0x600, idt_pointer = 0x700, idt = 0x800, vector = 0x30;
  // mov esp, 0x190000; lidt [idt_pointer]; mov ebx, 0xfee000f0; mov dword [rbx], 0x1ff;
  // mov ebx, 0xfec00000; mov dword [rbx], 0x18; mov dword [rbx + 0x10], vector;
  Code code{0xbc, 0x00, 0x00, 0x19, 0x00, 0x0f, 0x01, 0x1c, 0x25, 0x00, 0x07, 0x10, 0x00};
  code = code + move(3, 0xfee000f0) + Code{0xc7, 0x03, 0xff, 0x01, 0, 0} + move(3, 0xfec00000) +
         Code{0xc7, 0x03, 0x18, 0, 0, 0, 0xc7, 0x43, 0x10, vector, 0, 0, 0};
  // Interrupt when the transmitter is empty, which it is; sti.
  code = code + out(0x3f9, 2) + Code{0xfb} + spin();
  code.resize(handler, 0x90);
  code = code + print("interrupted") + power_off() + spin();
  code.resize(idt + (vector + 1) * 16);
  code[idt_pointer] = 0xff;
  code[idt_pointer + 1] = 0x0f;
  code[idt_pointer + 3] = idt >> 8;
  code[idt_pointer + 4] = code_at >> 16;
  const std::size_t gate = idt + vector * 16;
  code[gate + 1] = handler >> 8;
  code[gate + 2] = 0x10;  // The code segment.
  code[gate + 5] = 0x8e;  // Present, interrupt gate.
  code[gate + 6] = code_at >> 16;
  CHECK(rig.run(code).condition == Condition::powered_off);
  CHECK(rig.machine->console().text() == "interrupted");
}

TEST_CASE("exits are counted by reason, and KVM's own statistics are read") {
  Rig rig;
  CHECK(rig.run(print("12345") + power_off() + spin()).condition == Condition::powered_off);
  std::uint64_t port_exits = 0;
  std::uint64_t kernel_exits = 0;
  for (const Statistic& item : rig.machine->statistics()) {
    if (item.name == "userspace_exit.io") port_exits = item.value;
    if (item.name == "kvm.exits") kernel_exits = item.value;
  }
  CHECK(port_exits == 6);
  CHECK(kernel_exits >= 6);
}

TEST_CASE("statistics of a vCPU that never leaves the guest are read at once") {
  Rig rig;
  rig.start(rig.config(counting));
  REQUIRE(rig.await(scratch) > 0);
  const Nanos before = monotonic_now();
  (void)rig.machine->statistics();
  CHECK(monotonic_now() - before < 5s);
}

TEST_CASE("a paused guest stands still, and goes on where it stood") {
  Rig rig;
  rig.start(rig.config(counting));
  CHECK(rig.machine->vcpu_threads().size() == 1);
  REQUIRE(rig.await(scratch) != 0);
  for (int round = 0; round < 20; ++round) {
    REQUIRE(rig.machine->pause());
    const auto before = rig.memory<std::uint64_t>(scratch);
    ::usleep(2000);
    CHECK(rig.memory<std::uint64_t>(scratch) == before);
    const VcpuRegisters registers = rig.machine->memory().registers(GuestCpu(0)).value();
    CHECK(registers.instruction_pointer - code_at < counting.size());
    REQUIRE(rig.machine->resume());
    const Deadline deadline(limit);
    while (rig.memory<std::uint64_t>(scratch) == before && !deadline.passed()) ::usleep(100);
    CHECK(rig.memory<std::uint64_t>(scratch) > before);
  }
  CHECK(rig.machine->memory().registers(GuestCpu(0)).value().instruction_pointer - code_at <
        counting.size());
  rig.machine->stop();
  CHECK(rig.machine->state().condition == Condition::stopped);
}

TEST_CASE("time stands still for a paused guest") {
  Rig rig;
  {
    const kvm::Kvm kvm = kvm::Kvm::open().value();
    const kvm::Vm vm = kvm.create_vm().value();
    REQUIRE(vm.set_up_x86(24));
    const std::string reason = why_counters_stay(vm.create_vcpu(0).value());
    if (!reason.empty()) SKIP(reason);
  }
  rig.start(rig.config(counting));
  const auto stamp = [&] {
    REQUIRE(rig.machine->pause());
    return rig.memory<std::uint64_t>(scratch + 8);
  };
  REQUIRE(rig.await(scratch + 8) != 0);
  const std::uint64_t first = stamp();
  REQUIRE(rig.machine->resume());
  ::usleep(200'000);
  const std::uint64_t ran = stamp() - first;
  const std::uint64_t before = rig.memory<std::uint64_t>(scratch + 8);
  ::usleep(1'000'000);
  REQUIRE(rig.machine->resume());
  const auto count = rig.memory<std::uint64_t>(scratch);
  const Deadline deadline(limit);
  while (rig.memory<std::uint64_t>(scratch) == count && !deadline.passed()) ::usleep(100);
  // A second of standing must not look longer than the 200 ms of running did, times three for a
  // host that was slow to let it run again.
  CHECK(stamp() - before < 3 * ran);
}

TEST_CASE("vCPUs that wait to be started pause and stop like others") {
  Rig rig;
  MachineConfig config = rig.config(counting);
  config.topology.cores = 3;
  rig.start(config);
  CHECK(rig.machine->vcpu_threads().size() == 3);
  REQUIRE(rig.await(scratch) != 0);
  REQUIRE(rig.machine->pause());
  CHECK(rig.machine->memory().registers(GuestCpu(2)));
  REQUIRE(rig.machine->resume());
  CHECK(rig.machine->memory().registers(GuestCpu(1)));
}

TEST_CASE("what a machine cannot be is told before it is made") {
  Rig rig;
  MachineConfig config = rig.config(spin());
  CHECK(!rig.monitor->obstacle(config));
  config.accelerator = Accelerator::tcg;
  CHECK(rig.monitor->obstacle(config));
  config = rig.config(spin());
  config.topology.nodes[0].memory = 16_MiB;
  CHECK(rig.monitor->obstacle(config));
  config = rig.config(spin());
  config.topology.cores = 100'000;
  CHECK(rig.monitor->obstacle(config));
  CHECK(!rig.monitor->create(config));
  config = rig.config(spin());
  config.kernel.path = rig.directory / "nothing";
  CHECK(!rig.monitor->create(config));
}

TEST_CASE("a device that is no KVM is refused with a hint") {
  const Result<std::unique_ptr<Monitor>> missing = kvm::open_monitor("/dev/no-such-kvm");
  REQUIRE(!missing);
  CHECK(!missing.error().hint.empty());
  CHECK(!kvm::open_monitor("/dev/null"));
}
