// SPDX-License-Identifier: GPL-2.0-only
// Why a kernel does not take an option, looked up in its Kconfig files.
#pragma once

#include <string>
#include <string_view>

#include "kernel/config_text.h"

namespace ktstr::kernel {

/// A likely reason that `option` did not survive `make olddefconfig` in the source `tree`, given
/// the configuration that came of it: `it needs NET (NET is n), at net/Kconfig:12`, or that the
/// tree does not know it. Conditions of the option and of the menus and ifs around it in its own
/// file are looked at.
std::string likely_cause(const std::string& tree, std::string_view option, const Options& options);

}  // namespace ktstr::kernel
