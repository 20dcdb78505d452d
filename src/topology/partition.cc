// SPDX-License-Identifier: GPL-2.0-only
#include "topology/partition.h"

#include <algorithm>
#include <cmath>

namespace ktstr::topology {
namespace {

CpuSet slice(const CpuSet& usable, std::size_t start, std::size_t end) {
  const std::vector<std::uint32_t> members = usable.members();
  end = std::min(end, members.size());
  if (start >= end) return {};
  return usable & CpuSet::range(members[start], members[end - 1] + 1);
}

Status check_part(const CpuSet& usable, std::int64_t index, std::int64_t of) {
  if (of < 1) return fail("the number of parts must be at least 1");
  if (index < 0 || index >= of)
    return fail("part " + std::to_string(index) + " of " + std::to_string(of) +
                " does not exist; parts count from 0");
  if (usable.count() < of)
    return fail(std::to_string(usable.count()) + " usable CPUs cannot make " + std::to_string(of) +
                " parts");
  return {};
}

}  // namespace

Result<CpuSet> fraction(const CpuSet& usable, double start, double end) {
  if (!(start >= 0 && start < end && end <= 1))
    return fail("a range of CPUs needs 0 <= start < end <= 1");
  const double count = usable.count();
  CpuSet out = slice(usable, static_cast<std::size_t>(std::floor(count * start)),
                     static_cast<std::size_t>(std::floor(count * end)));
  if (out.empty())
    return fail("the range holds none of the " + std::to_string(usable.count()) + " usable CPUs");
  return out;
}

Result<CpuSet> disjoint(const CpuSet& usable, std::int64_t index, std::int64_t of) {
  return overlap(usable, index, of, 0);
}

Result<CpuSet> overlap(const CpuSet& usable, std::int64_t index, std::int64_t of, double share) {
  TRY(check_part(usable, index, of));
  if (!(share >= 0 && share <= 1)) return fail("the overlap must lie between 0 and 1");
  const std::size_t part = usable.count() / static_cast<std::size_t>(of);
  const auto reach = static_cast<std::size_t>(std::floor(static_cast<double>(part) * share));
  const std::size_t first = static_cast<std::size_t>(index) * part;
  const bool last = index == of - 1;
  return slice(usable, index == 0 ? 0 : first - std::min(first, reach),
               last ? usable.count() : first + part + reach);
}

}  // namespace ktstr::topology
