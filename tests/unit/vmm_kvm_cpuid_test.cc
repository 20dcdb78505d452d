// SPDX-License-Identifier: GPL-2.0-only
// What the CPUID and MSRs of a machine on this host's KVM tell kernels of a few bytes, on the first
// vCPU and on the last. Skipped without /dev/kvm.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "../support/tiny_machine.h"

using namespace ktstr;
using namespace ktstr::vmm;
using namespace ktstr::tiny;

namespace {

/// Where the first vCPU puts the code of the last: 16-bit code that a SIPI of this vector starts.
constexpr std::uint8_t start_vector = 0x10;
constexpr std::uint32_t start_at = start_vector << 12;
constexpr std::uint16_t answers_at = 0x2000;

constexpr std::uint32_t init_command = 0x4500, startup_command = 0x4600 | start_vector;

struct Asked {
  std::uint32_t leaf;
  std::uint32_t subleaf = 0;
  bool operator==(const Asked&) const = default;
};

struct Answer {
  std::uint32_t eax, ebx, ecx, edx;
};

constexpr std::array asked{Asked{0},
                           Asked{1},
                           Asked{4, 0},
                           Asked{4, 2},
                           Asked{4, 3},
                           Asked{4, 4},
                           Asked{0xb, 0},
                           Asked{0xb, 1},
                           Asked{0xb, 2},
                           Asked{0x1f, 0},
                           Asked{0x1f, 1},
                           Asked{0x80000008},
                           Asked{0x8000001e},
                           Asked{0x8000001d, 0},
                           Asked{0x8000001d, 3}};
constexpr std::array asked_msrs{0x1bU, 0x802U};  // The APIC's base; an x2APIC's id.

Code word(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)};
}

/// 16-bit code that writes the answers to all that is `asked`, and to the first `msrs` of those,
/// from `answers_at` on, and switches the machine off.
Code tell_all(std::size_t msrs) {
  const Code store{0x66, 0xab};  // stosd.
  const Code store_edx = Code{0x66, 0x89, 0xd0} + store;
  Code code{0xfc, 0xbf, answers_at & 0xff, answers_at >> 8};  // cld; mov di, answers_at.
  for (const Asked& one : asked)  // mov eax, leaf; mov ecx, subleaf; cpuid.
    code = code + Code{0x66, 0xb8} + word(one.leaf) + Code{0x66, 0xb9} + word(one.subleaf) +
           Code{0x0f, 0xa2} + store + Code{0x66, 0x89, 0xd8} + store + Code{0x66, 0x89, 0xc8} +
           store + store_edx;
  for (std::size_t i = 0; i < msrs; ++i)  // mov ecx, index; rdmsr.
    code = code + Code{0x66, 0xb9} + word(asked_msrs[i]) + Code{0x0f, 0x32} + store + store_edx;
  return code + Code{0xba, 0x00, 0x06, 0xb0, 5 << 2 | 1 << 5, 0xee, 0xeb, 0xfe};
}

/// Lets the vCPU with this APIC id run 16-bit code.
Code start_other(const Code& other, std::uint32_t id, bool x2apic) {
  constexpr std::size_t other_offset = 0x200;
  // mov esi, code; mov edi, start_at; mov ecx, size; rep movsb.
  Code code = Code{0xbe} + word(code_at + other_offset) + Code{0xbf} + word(start_at) +
              move(1, static_cast<std::uint32_t>(other.size())) + Code{0xf3, 0xa4};
  if (x2apic) {  // mov ecx, 0x830; mov edx, id; then mov eax, command; wrmsr.
    code = code + move(1, 0x830) + move(2, id) + move(0, init_command) + Code{0x0f, 0x30} +
           move(0, startup_command) + Code{0x0f, 0x30};
  } else {  // mov ebx, 0xfee00300; mov dword [rbx + 0x10], id; then mov dword [rbx], command.
    code = code + move(3, 0xfee00300) + Code{0xc7, 0x43, 0x10} + word(id << 24) + Code{0xc7, 0x03} +
           word(init_command) + Code{0xc7, 0x03} + word(startup_command);
  }
  code = code + spin();
  code.resize(other_offset, 0x90);
  return code + other;
}

Answer answer_of(const Rig& rig, const Asked& one) {
  const auto index = std::ranges::find(asked, one) - asked.begin();
  return rig.memory<Answer>(answers_at + static_cast<std::uint64_t>(index) * sizeof(Answer));
}

std::uint64_t msr_of(const Rig& rig, std::size_t index) {
  return rig.memory<std::uint64_t>(answers_at + asked.size() * sizeof(Answer) + 8 * index);
}

/// A shape, and by hand where its last vCPU is.
struct Shape {
  std::uint32_t llcs, cores, threads;
  std::uint32_t thread_bits, package_bits;  // How far to shift an id for the core, the package.
  std::uint32_t id;
  bool x2apic;
};

}  // namespace

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

TEST_CASE("the last vCPU is told its place in the machine and starts in the APIC mode it needs") {
  const Shape shape = GENERATE(Shape{1, 4, 2, 1, 3, 7, false}, Shape{2, 3, 2, 1, 3, 13, false},
                               Shape{9, 5, 3, 2, 5, 274, true});
  {
    Rig probe;
    probe.run(move(0, 1) + power_off() + spin());
    if (probe.emulates()) SKIP("this KVM emulates what vCPUs start with; the lab's does not");
  }
  INFO(shape.llcs << " LLCs of " << shape.cores << " cores of " << shape.threads << " threads");
  const std::uint32_t per_package = shape.cores * shape.threads;
  Rig rig;
  MachineConfig config =
      rig.config(start_other(tell_all(shape.x2apic ? 2 : 1), shape.id, shape.x2apic));
  config.topology.nodes = {{.llcs = shape.llcs, .memory = 64_MiB}};
  config.topology.cores = shape.cores;
  config.topology.threads = shape.threads;
  REQUIRE(rig.run(config) == State{Condition::powered_off, {}});

  // The APIC's base, enabled; not that of the boot processor.
  CHECK(msr_of(rig, 0) == (0xfee00800 | (shape.x2apic ? 1U << 10 : 0)));
  if (shape.x2apic) CHECK(msr_of(rig, 1) == shape.id);

  const bool amd = answer_of(rig, {0}).ebx != 0x756e6547;  // "Genu".
  const Answer features = answer_of(rig, {1});
  CHECK(features.ebx >> 24 == (shape.id & 0xff));
  CHECK((features.ebx >> 16 & 0xff) == (amd ? per_package : 1U << shape.package_bits));
  CHECK((features.ecx >> 21 & 1) == 1);  // x2APIC.
  CHECK((features.edx >> 28 & 1) == 1);  // Several threads in the package.

  for (const std::uint32_t leaf : {0xbU, 0x1fU}) {
    if (leaf == 0x1f && amd) continue;
    INFO("leaf " << leaf);
    const Answer threads = answer_of(rig, {leaf, 0});
    CHECK(threads.eax == shape.thread_bits);
    CHECK(threads.ebx == shape.threads);
    CHECK(threads.ecx == 0x100);
    CHECK(threads.edx == shape.id);
    const Answer cores = answer_of(rig, {leaf, 1});
    CHECK(cores.eax == shape.package_bits);
    CHECK(cores.ebx == per_package);
    CHECK(cores.ecx == 0x201);
    CHECK(cores.edx == shape.id);
  }
  const Answer beyond = answer_of(rig, {0xb, 2});
  CHECK(beyond.ebx == 0);
  CHECK(beyond.edx == shape.id);

  // Data of the first level belong to a core, the third level to the package.
  const std::uint32_t cache_leaf = amd ? 0x8000001d : 4;
  const Answer first = answer_of(rig, {cache_leaf, 0});
  const Answer last = answer_of(rig, {cache_leaf, 3});
  CHECK((first.eax & 0xff) == (1 | 1 << 5));
  CHECK((first.eax >> 14 & 0xfff) == (1U << shape.thread_bits) - 1);
  CHECK((last.eax & 0xff) == (3 | 3 << 5));
  CHECK((last.eax >> 14 & 0xfff) == (1U << shape.package_bits) - 1);

  const Answer sizes = answer_of(rig, {0x80000008});
  if (!amd) {
    CHECK(first.eax >> 26 == (1U << (shape.package_bits - shape.thread_bits)) - 1);
    CHECK((answer_of(rig, {4, 4}).eax & 0x1f) == 0);
    CHECK(sizes.ecx == 0);
    return;
  }
  CHECK((sizes.ecx & 0xff) == per_package - 1);
  CHECK((sizes.ecx >> 12 & 0xf) == shape.package_bits);
  const Answer place = answer_of(rig, {0x8000001e});
  CHECK(place.eax == shape.id);
  CHECK(place.ebx == ((shape.cores - 1) | (shape.threads - 1) << 8));
  CHECK((place.ecx & 0xff) == shape.llcs - 1);
}
