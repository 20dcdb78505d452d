// SPDX-License-Identifier: GPL-2.0-only
#include "guest/arena.h"

#include <new>

#include "base/check.h"

namespace ktstr::guest {

Result<Arena> Arena::make() {
  return Arena(TRY(Mapping::anonymous_shared({(capacity + 1) * sizeof(Slab)})));
}

Arena::Arena(Mapping memory) : memory_(std::move(memory)) {
  auto* slabs = reinterpret_cast<Slab*>(memory_.bytes().data());
  common_ = new (slabs) Common{};
  for (std::size_t i = capacity; i > 0; --i) unused_.push_back(slabs + i);
}

Slab* Arena::take() {
  if (unused_.empty()) return nullptr;
  Slab* slab = unused_.back();
  unused_.pop_back();
  return slab;
}

void Arena::give_back(Slab* slab) {
  CHECK(unused_.size() < capacity);
  for (std::size_t i = 0; i < slab->histograms.size(); ++i)
    if (slab->has_recorded(i)) slab->histograms[i] = {};
  new (static_cast<SlabHead*>(slab)) SlabHead{};
  unused_.push_back(slab);
}

}  // namespace ktstr::guest
