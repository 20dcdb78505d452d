// SPDX-License-Identifier: GPL-2.0-only
#include "report/formats.h"

namespace ktstr::report {
namespace {

constexpr Format table[] = {
    {"json", "The whole result as JSON (schemas/result.schema.json).", &to_json},
    {"junit", "JUnit XML, for CI systems.", &to_junit},
};

}  // namespace

std::span<const Format> formats() {
  return table;
}

}  // namespace ktstr::report
