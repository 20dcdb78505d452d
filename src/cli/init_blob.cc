// SPDX-License-Identifier: GPL-2.0-only
#include "cli/init_blob.h"

extern "C" {
extern const std::byte ktstr_init_begin[];
extern const std::byte ktstr_init_end[];
}

namespace ktstr::cli {

ByteView guest_init() {
  return {ktstr_init_begin, ktstr_init_end};
}

}  // namespace ktstr::cli
