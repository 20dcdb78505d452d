// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/vcpu_runner.h"

#include <algorithm>
#include <cerrno>

namespace ktstr::vmm::kvm {
namespace {

std::string hex(std::uint64_t value) {
  std::string out;
  do out.insert(out.begin(), "0123456789abcdef"[value % 16]);
  while ((value /= 16) != 0);
  return "0x" + out;
}

std::string hex_bytes(ByteView bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    out += std::string(" ") + "0123456789abcdef"[value >> 4] + "0123456789abcdef"[value & 15];
  }
  return out;
}

/// The instruction that could not be emulated, where KVM tells it.
std::string failed_instruction(const kvm_run& run) {
  const auto& failure = run.emulation_failure;
  // Flags and the size count as the first two of its 64-bit words.
  if (failure.ndata < 2 ||
      (failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) == 0)
    return {};
  const std::size_t size = std::min<std::size_t>(failure.insn_size, sizeof failure.insn_bytes);
  return ", instruction" + hex_bytes(std::as_bytes(std::span(failure.insn_bytes)).first(size));
}

std::string internal_error(const kvm_run& run) {
  switch (run.internal.suberror) {
    case KVM_INTERNAL_ERROR_EMULATION:
      return "KVM could not emulate an instruction" + failed_instruction(run);
    case KVM_INTERNAL_ERROR_SIMUL_EX:
      return "KVM met two exceptions at once";
    case KVM_INTERNAL_ERROR_DELIVERY_EV:
      return "KVM could not deliver an interrupt or exception";
    case KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON:
      return "the processor left the guest for a reason unknown to KVM";
    default:
      return "KVM failed with internal error " + std::to_string(run.internal.suberror);
  }
}

}  // namespace

std::string exit_name(std::uint32_t reason) {
  switch (reason) {
    case KVM_EXIT_IO:
      return "io";
    case KVM_EXIT_MMIO:
      return "mmio";
    case KVM_EXIT_HLT:
      return "hlt";
    case KVM_EXIT_SHUTDOWN:
      return "shutdown";
    case KVM_EXIT_FAIL_ENTRY:
      return "fail_entry";
    case KVM_EXIT_INTR:
      return "interrupted";
    case KVM_EXIT_INTERNAL_ERROR:
      return "internal_error";
    case KVM_EXIT_SYSTEM_EVENT:
      return "system_event";
    case KVM_EXIT_IOAPIC_EOI:
      return "ioapic_eoi";
    default:
      return std::to_string(reason);
  }
}

bool VcpuRunner::turn() {
  const int error = vcpu_.run();
  // EAGAIN: a vCPU that waits to be started was woken.
  if (error == EAGAIN) return false;
  if (error == EINTR) {
    exits_[KVM_EXIT_INTR].fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  const std::uint32_t reason = vcpu_.exit().exit_reason;
  if (error != 0) {
    end(Condition::died, "KVM_RUN: " + describe(Error{{}, error, {}}));
    return true;
  }
  exits_[std::min(reason, exit_reasons - 1)].fetch_add(1, std::memory_order_relaxed);
  switch (reason) {
    case KVM_EXIT_IO:
      access_ports();
      return false;
    case KVM_EXIT_MMIO:
      access_memory();
      return false;
    case KVM_EXIT_IOAPIC_EOI:
      return false;  // Of a level-triggered entry, which no source of ours holds up.
    case KVM_EXIT_INTR:
      return true;
    case KVM_EXIT_SHUTDOWN:
      end(Condition::reset, "triple fault");
      return true;
    case KVM_EXIT_SYSTEM_EVENT:
      on_system_event();
      return true;
    case KVM_EXIT_INTERNAL_ERROR:
      end(Condition::died, internal_error(vcpu_.exit()));
      return true;
    case KVM_EXIT_FAIL_ENTRY:
      end(Condition::died, "the processor refused to enter the guest, reason " +
                               hex(vcpu_.exit().fail_entry.hardware_entry_failure_reason));
      return true;
    default:
      end(Condition::died, "KVM_RUN ended for the unexpected reason " + exit_name(reason));
      return true;
  }
}

void VcpuRunner::access_ports() {
  const auto& io = vcpu_.exit().io;
  ByteSpan bytes = vcpu_.port_bytes();
  if (io.size == 0 || io.size > sizeof(std::uint32_t)) return;
  for (; bytes.size() >= io.size; bytes = bytes.subspan(io.size)) {
    const ByteSpan one = bytes.first(io.size);
    if (io.direction == KVM_EXIT_IO_OUT)
      surroundings_.ports.write(io.port, one);
    else
      surroundings_.ports.read(io.port, one);
  }
}

void VcpuRunner::access_memory() {
  const auto& memory = vcpu_.exit().mmio;
  const ByteSpan bytes = vcpu_.memory_bytes();
  if (bytes.empty()) return;
  if (memory.is_write != 0)
    surroundings_.memory.write(memory.phys_addr, bytes);
  else
    surroundings_.memory.read(memory.phys_addr, bytes);
}

void VcpuRunner::on_system_event() {
  switch (const std::uint32_t type = vcpu_.exit().system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
      return end(Condition::powered_off, {});
    case KVM_SYSTEM_EVENT_RESET:
      return end(Condition::reset, {});
    case KVM_SYSTEM_EVENT_CRASH:
      return end(Condition::panicked, {});
    default:
      return end(Condition::died, "KVM reported the unexpected event " + std::to_string(type));
  }
}

/// `what`: empty when the condition says all.
void VcpuRunner::end(Condition condition, const std::string& what) {
  if (what.empty()) return surroundings_.end({condition, {}});
  std::string where = "vCPU " + std::to_string(number_.raw);
  if (const Result<kvm_regs> registers = vcpu_.registers()) where += " at " + hex(registers->rip);
  surroundings_.end({condition, what + ", " + where});
}

Result<VcpuRegisters> VcpuRunner::registers() {
  const kvm_regs general = TRY(vcpu_.registers());
  const kvm_sregs system = TRY(vcpu_.system_registers());
  return VcpuRegisters{general.rip, general.rsp, system.cr3};
}

}  // namespace ktstr::vmm::kvm
