// SPDX-License-Identifier: GPL-2.0-only
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"

namespace ktstr {

void check_failed(const char* file, int line, const char* what) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
  std::abort();
}

void check_bounds(std::size_t offset, std::size_t size, std::size_t have) noexcept {
  CHECK(offset <= have && size <= have - offset);
}

}  // namespace ktstr
