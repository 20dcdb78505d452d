// SPDX-License-Identifier: GPL-2.0-only
// YAML 1.2 (core schema) to trees, without tags and merge keys; aliases are expanded.
#pragma once

#include <vector>

#include "doc/reading.h"

namespace ktstr::doc {

/// The documents of a YAML text in order; one with a syntax error is left out.
std::vector<Node> read_yaml(Reading& reading);

}  // namespace ktstr::doc
