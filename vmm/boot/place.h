// SPDX-License-Identifier: GPL-2.0-only
// Puts bytes and files into a guest's RAM. Whole pages of a file are mapped copy-on-write over the
// RAM, so that machines share them until they write; they are read through Ram like any other.
#pragma once

#include "base/fd.h"
#include "vmm/ram.h"

namespace ktstr::vmm::boot {

/// Fails unless all of `bytes` find RAM at `at`.
Status place_bytes(const Ram& ram, GuestPhys at, ByteView bytes);

/// The same for `size` bytes of a file from `offset`. Tells how many of them were mapped; the rest
/// – what shares its page with something else, or lies otherwise in its page than in the file – was
/// copied.
Result<Bytes> place_file(const Ram& ram, GuestPhys at, const Fd& file, Bytes offset, Bytes size);

}  // namespace ktstr::vmm::boot
