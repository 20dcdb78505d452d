// SPDX-License-Identifier: GPL-2.0-only
// Copying between one object and the parts of a Chain.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/bytes.h"

namespace ktstr::vmm {

/// Calls `each(part)` for the parts that cover `[offset, offset + size)` as far as there are any;
/// stops early when it returns false.
template <class Each>
void for_parts(const std::vector<ByteSpan>& parts, std::size_t offset, std::size_t size,
               Each&& each) {
  for (const ByteSpan part : parts) {
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const std::size_t step = std::min(part.size() - offset, size);
    if (step == 0 || !each(part.subspan(offset, step))) return;
    size -= step;
    offset = 0;
  }
}

/// Copies the first bytes of `parts`; the caller has made sure that there are enough.
template <Wire T>
T gather(const std::vector<ByteSpan>& parts) {
  T object;
  std::byte* to = reinterpret_cast<std::byte*>(&object);
  for_parts(parts, 0, sizeof object, [&](ByteSpan part) {
    std::memcpy(to, part.data(), part.size());
    to += part.size();
    return true;
  });
  return object;
}

template <Wire T>
void scatter(const T& object, const std::vector<ByteSpan>& parts) {
  const std::byte* from = object_bytes(object).data();
  for_parts(parts, 0, sizeof object, [&](ByteSpan part) {
    std::memcpy(part.data(), from, part.size());
    from += part.size();
    return true;
  });
}

}  // namespace ktstr::vmm
