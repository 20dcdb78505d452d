// SPDX-License-Identifier: GPL-2.0-only
// A single vCPU without a machine around it: 16-bit code, user mode, and what KVM's objects refuse.
// Skipped without /dev/kvm.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "../support/kvm_traits.h"
#include "../support/tiny_kernel.h"
#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/arch/x86_64/start.h"
#include "vmm/kvm/kvm.h"
#include "vmm/kvm/statistics.h"

using namespace ktstr;
using namespace ktstr::vmm;
using ktstr::tiny::operator+;

namespace {

struct Rig {
  Ram ram;
  kvm::Kvm kvm;
  kvm::Vm vm;
  kvm::Vcpu vcpu;

  static Rig create() {
    Result<kvm::Kvm> kvm = kvm::Kvm::open();
    if (!kvm) SKIP(describe(kvm.error()));
    topology::Topology topology;
    topology.nodes = {{.llcs = 1, .memory = 4_MiB}};
    Ram ram = Ram::create("test", topology).value();
    kvm::Vm vm = kvm->create_vm().value();
    REQUIRE(vm.set_up_x86(x86_64::ioapic_pins));
    REQUIRE(vm.add_memory(0, GuestPhys(0), *ram.memory().span(GuestPhys(0), (4_MiB).count)));
    kvm::Vcpu vcpu = vm.create_vcpu(0).value();
    return {std::move(ram), *std::move(kvm), std::move(vm), std::move(vcpu)};
  }
  void place(std::uint64_t at, const tiny::Code& code) const {
    const ByteSpan memory = *ram.memory().span(GuestPhys(at), code.size());
    std::ranges::copy(std::as_bytes(std::span(code)), memory.begin());
  }
  /// Puts 16-bit code where the vCPU begins.
  void begin(const tiny::Code& code) const {
    constexpr std::uint64_t at = 0x1000;
    place(at, code);
    kvm_sregs system = vcpu.system_registers().value();
    system.cs.base = 0;
    system.cs.selector = 0;
    REQUIRE(vcpu.set_system_registers(system));
    kvm_regs general{};
    general.rip = at;
    general.rflags = 2;
    REQUIRE(vcpu.set_registers(general));
  }
  /// The byte the guest sends to a port next.
  char next_output() const {
    int error = EAGAIN;
    while (error == EAGAIN) error = vcpu.run();
    REQUIRE(error == 0);
    REQUIRE(vcpu.exit().exit_reason == KVM_EXIT_IO);
    REQUIRE(vcpu.exit().io.port == 0x3f8);
    REQUIRE(vcpu.port_bytes().size() == 1);
    return static_cast<char>(vcpu.port_bytes()[0]);
  }
};

}  // namespace

TEST_CASE("16-bit code runs") {
  const Rig rig = Rig::create();
  // mov dx, 0x3f8; mov al, 'R'; out dx, al; inc al; out dx, al.
  rig.begin({0xba, 0xf8, 0x03, 0xb0, 'R', 0xee, 0xfe, 0xc0, 0xee});
  CHECK(rig.next_output() == 'R');
  CHECK(rig.next_output() == 'S');
  CHECK(rig.vcpu.registers()->rdx == 0x3f8);
}

TEST_CASE("user mode runs, and a fault there without a handler is a shutdown") {
  const Rig rig = Rig::create();
  const boot::Entry entry{.protocol = boot::Protocol::linux_64,
                          .at = GuestPhys(0x100000),
                          .argument = GuestPhys(0x1234)};
  REQUIRE(x86_64::place_tables(rig.ram, entry.protocol));
  REQUIRE(x86_64::set_entry(rig.vcpu, entry));
  // Every page of the tables' is the user's too.
  for (std::uint64_t at = 0; at < 6 * 4096; at += 8) {
    const ByteSpan item =
        *rig.ram.memory().span(GuestPhys(x86_64::page_tables_at.raw + at), sizeof(std::uint64_t));
    store_le(item, 0, load_le<std::uint64_t>(item) | 4);
  }
  kvm_sregs system = rig.vcpu.system_registers().value();
  system.cs.dpl = system.ss.dpl = 3;
  system.cs.selector |= 3;
  system.ss.selector |= 3;
  REQUIRE(rig.vcpu.set_system_registers(system));
  kvm_regs general = rig.vcpu.registers().value();
  CHECK(general.rsi == 0x1234);
  REQUIRE(rig.vcpu.set_registers(general));
  // mov ecx, 1000000; dec ecx; jnz; mov ebx, 0xd0000000; mov byte [rbx], 'U'; then hlt, which is
  // the kernel's alone.
  rig.place(entry.at.raw, tiny::move(1, 1'000'000) + tiny::Code{0xff, 0xc9, 0x75, 0xfc} +
                              tiny::move(3, 0xd0000000) + tiny::Code{0xc6, 0x03, 'U', 0xf4});
  int error = EAGAIN;
  while (error == EAGAIN) error = rig.vcpu.run();
  REQUIRE(error == 0);
  REQUIRE(rig.vcpu.exit().exit_reason == KVM_EXIT_MMIO);
  CHECK(rig.vcpu.exit().mmio.phys_addr == 0xd0000000);
  REQUIRE(rig.vcpu.memory_bytes().size() == 1);
  CHECK(rig.vcpu.memory_bytes()[0] == std::byte{'U'});
  CHECK(rig.vcpu.run() == 0);
  CHECK(rig.vcpu.exit().exit_reason == KVM_EXIT_SHUTDOWN);
}

TEST_CASE("an interrupted vCPU finishes what its last exit left to do") {
  const Rig rig = Rig::create();
  // in al, dx; hlt.
  rig.begin({0xba, 0xf8, 0x03, 0xec, 0xf4});
  int error = EAGAIN;
  while (error == EAGAIN) error = rig.vcpu.run();
  REQUIRE(rig.vcpu.exit().exit_reason == KVM_EXIT_IO);
  rig.vcpu.port_bytes()[0] = std::byte{0x5a};
  rig.vcpu.interrupt(true);
  CHECK(rig.vcpu.run() == EINTR);
  CHECK((rig.vcpu.registers()->rax & 0xff) == 0x5a);
  CHECK(rig.vcpu.registers()->rip == 0x1004);
}

TEST_CASE("what KVM refuses is named by its request") {
  const Rig rig = Rig::create();
  CHECK(rig.vm.create_vcpu(0).error().what.find("KVM_CREATE_VCPU 0") != std::string::npos);
  CHECK(rig.vcpu.msr(0x12345678).error().what.find("MSR") != std::string::npos);
  const kvm::Msr nonsense{0x12345678, 1};
  CHECK(rig.vcpu.set_msrs({&nonsense, 1}).error().what.find("KVM_SET_MSRS") != std::string::npos);
  CHECK(!rig.vm.add_memory(0, GuestPhys(1), *rig.ram.memory().span(GuestPhys(0), 4096)));
  CHECK(rig.vcpu.announce_pause().error().what == "KVM_KVMCLOCK_CTRL");  // It has no kvmclock.
}

TEST_CASE("the clock and the counters can be read and moved") {
  const Rig rig = Rig::create();
  REQUIRE(rig.vm.set_clock(5'000'000'000));
  const std::uint64_t now = rig.vm.clock().value();
  CHECK(now >= 5'000'000'000);
  CHECK(now < 65'000'000'000);
  if (const std::string reason = tiny::why_counters_stay(rig.vcpu); !reason.empty()) SKIP(reason);
  const std::uint64_t offset = rig.vcpu.tsc_offset().value();
  REQUIRE(rig.vcpu.set_tsc_offset(offset - 1000));
  CHECK(rig.vcpu.tsc_offset().value() == offset - 1000);
}

TEST_CASE("KVM's binary statistics have names and values") {
  const Rig rig = Rig::create();
  if (!rig.vcpu.statistics()) SKIP("this KVM has no binary statistics");
  const std::vector<Statistic> statistics = kvm::read_statistics(rig.vcpu.statistics()).value();
  CHECK(std::ranges::find(statistics, "exits", &Statistic::name) != statistics.end());
  CHECK(std::ranges::find(statistics, "halt_poll_success_ns", &Statistic::name) !=
        statistics.end());
}
