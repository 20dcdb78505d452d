// SPDX-License-Identifier: GPL-2.0-only
// The formulas behind a scenario's cpuset forms: parts of the usable CPUs by fraction or by index.
// Each gives an error sentence when the parts cannot be had.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "topology/cpuset.h"

namespace ktstr::topology {

/// usable[floor(n·start) .. floor(n·end)); fails unless 0 ≤ start < end ≤ 1 and the part is not
/// empty.
Result<CpuSet> fraction(const CpuSet& usable, double start, double end);
/// Part `index` of `of` equal parts in order; the last takes the remainder.
Result<CpuSet> disjoint(const CpuSet& usable, std::int64_t index, std::int64_t of);
/// Like `disjoint`, each part reaching floor(part·share) CPUs into both of its neighbours.
Result<CpuSet> overlap(const CpuSet& usable, std::int64_t index, std::int64_t of, double share);

}  // namespace ktstr::topology
