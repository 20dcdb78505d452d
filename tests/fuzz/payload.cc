// SPDX-License-Identifier: GPL-2.0-only
// Arbitrary bytes as the output of a payload: looking for numbers in it ends, and gives a bounded
// number of finite ones.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "claims/payload_numbers.h"

using namespace ktstr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ir::PayloadRun run{.out = {reinterpret_cast<const char*>(data), size}};
  for (const ir::PayloadFormat& format :
       {ir::PayloadFormat(ir::JsonOutput{}),
        ir::PayloadFormat(ir::RegexOutput{"(?P<n>[0-9.e+-]+)"})}) {
    ir::Payload payload;
    payload.output = format;
    const claims::PayloadNumbers found = claims::numbers_of(payload, run);
    if (found.numbers.size() > 10'000 || found.numbers.empty() == found.flaw.empty()) std::abort();
    for (const auto& [name, value] : found.numbers)
      if (!std::isfinite(value)) std::abort();
  }
  return 0;
}
