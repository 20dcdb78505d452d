// SPDX-License-Identifier: GPL-2.0-only
// The numbers in what a payload wrote. The output is not trusted: whatever it holds, looking for
// numbers in it takes bounded time and gives a bounded number of them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "claims/type.h"
#include "ir/payload.h"
#include "ir/payload_run.h"

namespace ktstr::claims {

struct PayloadNumbers {
  std::vector<std::pair<std::string, double>> numbers;  ///< By name, in the unit of the output.
  std::string flaw;                                     ///< Why there are none.
};

/// As the payload's definition says where they are.
PayloadNumbers numbers_of(const ir::Payload& payload, const ir::PayloadRun& run);

/// The numbers of a text that is JSON, or else of the first part of it that is a JSON map, or else
/// list, and holds some.
std::vector<std::pair<std::string, double>> numbers_in_json(std::string_view text);

/// What the definition says of a number; null when it says nothing.
const ir::PayloadMetric* metric_of(const ir::Payload& payload, std::string_view number);
Dim dim_of(const ir::Payload& payload, std::string_view number);
/// Why no run can have a number of that name; empty when one can.
std::string flaw_of_number(const ir::Payload& payload, const std::string& number);

}  // namespace ktstr::claims
