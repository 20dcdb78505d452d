// SPDX-License-Identifier: GPL-2.0-only
// Whether /dev/kvm works, and how fast: a guest of a few bytes counts down in kernel mode, then
// does port output. Prints instructions a second and the time an exit takes; exit status 1 says it
// failed.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <fcntl.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t rounds = 20'000'000;  // Of two instructions.
constexpr std::uint32_t exits = 20'000;

// mov ecx, ROUNDS; 1: dec ecx; jnz 1b; hlt; 2: out 0x42, al; jmp 2b
std::uint8_t code[] = {0x66, 0xb9, 0,    0,    0,    0,    0x66, 0x49,
                       0x75, 0xfc, 0xf4, 0xe6, 0x42, 0xeb, 0xfc};

int failed(const char* what) {
  std::perror(what);
  return 1;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

int main() {
  const int kvm = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0) return failed("/dev/kvm");
  const int machine = ::ioctl(kvm, KVM_CREATE_VM, 0UL);
  if (machine < 0) return failed("KVM_CREATE_VM");
  constexpr std::size_t size = 0x1000;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failed("mmap");
  std::memcpy(code + 2, &rounds, sizeof rounds);
  std::memcpy(memory, code, sizeof code);
  const kvm_userspace_memory_region region{
      .slot = 0,
      .flags = 0,
      .guest_phys_addr = 0,
      .memory_size = size,
      .userspace_addr = reinterpret_cast<std::uintptr_t>(memory)};
  if (::ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) < 0) return failed("memory");
  const int cpu = ::ioctl(machine, KVM_CREATE_VCPU, 0UL);
  if (cpu < 0) return failed("KVM_CREATE_VCPU");
  const int run_size = ::ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL);
  if (run_size < 0) return failed("KVM_GET_VCPU_MMAP_SIZE");
  void* shared = ::mmap(nullptr, static_cast<std::size_t>(run_size), PROT_READ | PROT_WRITE,
                        MAP_SHARED, cpu, 0);
  if (shared == MAP_FAILED) return failed("mmap of a vCPU");
  const auto* run = static_cast<const kvm_run*>(shared);

  kvm_sregs segments;
  if (::ioctl(cpu, KVM_GET_SREGS, &segments) < 0) return failed("KVM_GET_SREGS");
  segments.cs.base = 0;
  segments.cs.selector = 0;
  kvm_regs registers{};
  registers.rflags = 2;
  if (::ioctl(cpu, KVM_SET_SREGS, &segments) < 0 || ::ioctl(cpu, KVM_SET_REGS, &registers) < 0)
    return failed("registers");

  auto start = Clock::now();
  if (::ioctl(cpu, KVM_RUN, 0UL) < 0) return failed("KVM_RUN");
  if (run->exit_reason != KVM_EXIT_HLT)
    return std::printf("exit %u instead of a halt\n", run->exit_reason), 1;
  const double million = 2e-6 * rounds / seconds_since(start);

  start = Clock::now();
  for (std::uint32_t i = 0; i < exits; ++i)
    if (::ioctl(cpu, KVM_RUN, 0UL) < 0 || run->exit_reason != KVM_EXIT_IO)
      return failed("KVM_RUN to an exit for output");
  std::printf("%.0f million kernel-mode instructions/s, %.1f us an exit\n", million,
              1e6 * seconds_since(start) / exits);
  return 0;
}
