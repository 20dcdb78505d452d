// SPDX-License-Identifier: GPL-2.0-only
// A kernel's configuration as text: `.config`, /boot/config-*, or what IKCONFIG put into the image.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ktstr::kernel {

using Options = std::map<std::string, std::string, std::less<>>;

/// Option names without `CONFIG_`; `# CONFIG_X is not set` gives `n`, quotes are taken off texts.
/// Lines of any other form are passed over.
Options parse_config(std::string_view text);

}  // namespace ktstr::kernel
