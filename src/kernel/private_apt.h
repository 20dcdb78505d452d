// SPDX-License-Identifier: GPL-2.0-only
// The text of private-apt.sh, which fetches packages of another Debian suite; its usage and exit
// statuses stand at its top.
#pragma once

#include <string_view>

namespace ktstr::kernel {

extern const std::string_view private_apt_script;

}  // namespace ktstr::kernel
