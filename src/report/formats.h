// SPDX-License-Identifier: GPL-2.0-only
// The file formats of a run's result. To add one, write src/report/<name>.cc and its row in
// formats.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ir/verdict.h"

namespace ktstr::report {

struct Format {
  std::string_view name;  ///< Also the option: `--json FILE`.
  std::string_view doc;
  std::string (*render)(const ir::RunResult&);
};

std::span<const Format> formats();

std::string to_json(const ir::RunResult& result);
std::string to_junit(const ir::RunResult& result);

}  // namespace ktstr::report
