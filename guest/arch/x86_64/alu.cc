// SPDX-License-Identifier: GPL-2.0-only
#include "guest/arch/alu.h"

#include <type_traits>

namespace ktstr::guest {
namespace {

typedef std::uint32_t Vec128 __attribute__((vector_size(16)));
typedef std::uint32_t Vec256 __attribute__((vector_size(32)));
typedef std::uint32_t Vec512 __attribute__((vector_size(64)));

/// Four chains, each multiplication waiting for the one before it in its chain.
template <class Element>
[[gnu::always_inline]] inline void burn(std::uint64_t rounds) {
  Element a = Element{} + 3, b = Element{} + 5, c = Element{} + 7, d = Element{} + 9;
  std::uint32_t factor = 0x2545F491;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    // Unknown in every round, so that the compiler does not make fewer rounds of them.
    asm volatile("" : "+r"(factor));
    const Element each = Element{} + factor;
    a *= each;
    b *= each;
    c *= each;
    d *= each;
    // Nor one vector of four single ones.
    if constexpr (std::is_integral_v<Element>)
      asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
  }
  Element sum = a + b + c + d;
  asm volatile("" : : "r"(&sum) : "memory");  // Somebody might look at it.
}

void burn_scalar(std::uint64_t rounds) {
  burn<std::uint32_t>(rounds);
}
[[gnu::target("sse4.1")]] void burn_128(std::uint64_t rounds) {
  burn<Vec128>(rounds);
}
[[gnu::target("avx2")]] void burn_256(std::uint64_t rounds) {
  burn<Vec256>(rounds);
}
[[gnu::target("avx512f")]] void burn_512(std::uint64_t rounds) {
  burn<Vec512>(rounds);
}

ir::AluWidth widest() {
  for (const ir::AluWidth width :
       {ir::AluWidth::vec512, ir::AluWidth::vec256, ir::AluWidth::vec128})
    if (alu_lanes(width) != 0) return width;
  return ir::AluWidth::scalar;
}

}  // namespace

std::uint32_t alu_lanes(ir::AluWidth width) {
  switch (width) {
    case ir::AluWidth::widest:
      return alu_lanes(widest());
    case ir::AluWidth::scalar:
      return 1;
    case ir::AluWidth::vec128:
      return __builtin_cpu_supports("sse4.1") ? 4 : 0;
    case ir::AluWidth::vec256:
      return __builtin_cpu_supports("avx2") ? 8 : 0;
    case ir::AluWidth::vec512:
      return __builtin_cpu_supports("avx512f") ? 16 : 0;
  }
  return 0;
}

void alu_burn(ir::AluWidth width, std::uint64_t rounds) {
  switch (width == ir::AluWidth::widest ? widest() : width) {
    case ir::AluWidth::vec512:
      return burn_512(rounds);
    case ir::AluWidth::vec256:
      return burn_256(rounds);
    case ir::AluWidth::vec128:
      return burn_128(rounds);
    default:
      return burn_scalar(rounds);
  }
}

}  // namespace ktstr::guest
