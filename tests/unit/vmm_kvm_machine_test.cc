// SPDX-License-Identifier: GPL-2.0-only
// Whole machines on this host's KVM that run kernels of a few bytes: each way a machine ends,
// pauses and what is counted. Skipped without /dev/kvm.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <sched.h>

#include "../support/kvm_traits.h"
#include "../support/tiny_machine.h"
#include "vmm/kvm/kvm.h"

using namespace ktstr;
using namespace ktstr::vmm;
using namespace ktstr::tiny;

namespace {

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

TEST_CASE("a guest that panicked may go on to say why, until it resets itself") {
  Rig rig;
  // The second character comes too late to be said.
  REQUIRE(rig.run(out(0x505, 1) + print("y") + out(0x64, 0xfe) + print("n") + spin()) ==
          State{Condition::panicked, {}});
  CHECK(rig.machine->console().text().empty());
  REQUIRE(rig.machine->resume());
  const Deadline deadline(limit);
  while (rig.statistic("userspace_exit.io") < 3 && !deadline.passed()) ::usleep(1000);
  REQUIRE(rig.machine->pause());  // Those that were told to stand do.
  CHECK(rig.machine->console().text() == "y");
  CHECK(rig.statistic("userspace_exit.io") == 3);
  CHECK(rig.machine->state() == State{Condition::panicked, {}});
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

TEST_CASE("exits are counted by reason, and KVM's own statistics are read") {
  Rig rig;
  CHECK(rig.run(print("12345") + power_off() + spin()).condition == Condition::powered_off);
  CHECK(rig.statistic("userspace_exit.io") == 6);
  CHECK(rig.statistic("kvm.exits") >= 6);
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

TEST_CASE("a vCPU that keeps running halts without an exit, on its CPU, and is paused there") {
  Rig rig;
  if (!rig.monitor->facts().keeps_running) SKIP("this KVM cannot switch off exits");
  cpu_set_t allowed;
  REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  std::uint32_t cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  // KVM's features: mov eax, 0x40000001; cpuid; mov [scratch], edx. Then inc qword [scratch + 8];
  // cli; hlt; jmp hlt.
  MachineConfig config = rig.config(move(0, 0x40000001) +
                                    Code{0x0f, 0xa2, 0x89, 0x14, 0x25, 0x00, 0x00, 0x18, 0x00,  //
                                         0x48, 0xff, 0x04, 0x25, 0x08, 0x00, 0x18, 0x00,        //
                                         0xfa, 0xf4, 0xeb, 0xfd});
  config.performance = Performance{.vcpu_cpus = {cpu}, .keep_running = true};
  rig.start(config);
  REQUIRE(rig.await(scratch + 8) == 1);
  CHECK((rig.memory<std::uint32_t>(scratch) & 1) == 1);  // KVM_HINTS_REALTIME.
  cpu_set_t placed;
  REQUIRE(::sched_getaffinity(rig.machine->vcpu_threads().front(), sizeof placed, &placed) == 0);
  CHECK(CPU_COUNT(&placed) == 1);
  CHECK(CPU_ISSET(cpu, &placed));
  ::usleep(20'000);
  // An emulated hlt is counted all the same.
  if (!rig.emulates()) CHECK(rig.statistic("kvm.halt_exits") == 0);
  REQUIRE(rig.machine->pause());
  REQUIRE(rig.machine->resume());
  rig.machine->stop();
  CHECK(rig.machine->state().condition == Condition::stopped);
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
