// SPDX-License-Identifier: GPL-2.0-only
// Where the programs of this host are.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ktstr::image {

/// Whether it is a file that can be executed.
bool is_program(const std::string& path);
/// Those of $PATH.
std::vector<std::string> path_directories();
/// The program of that name in the first directory that has it.
std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& directories);

}  // namespace ktstr::image
