// SPDX-License-Identifier: GPL-2.0-only
// This host's KVM, tried out.
#pragma once

#include "ir/host_facts.h"
#include "ir/kvm_facts.h"

namespace ktstr::cli {

/// Tries it, or remembers what was found since the host booted.
ir::KvmFacts try_kvm(const ir::HostFacts& host);

}  // namespace ktstr::cli
