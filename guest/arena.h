// SPDX-License-Identifier: GPL-2.0-only
// Arena: the memory that init shares with all workers, reserved once and touched as it is used: the
// start barrier, the futex words of programs and the slabs.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "base/mapping.h"
#include "guest/slab.h"
#include "ir/work/program.h"

namespace ktstr::guest {

class Arena {
 public:
  /// Workers that may be alive at once.
  static constexpr std::size_t capacity = 4096;

  static Result<Arena> make();

  /// A slab full of zeros; null when all are in use.
  Slab* take();
  void give_back(Slab* slab);
  [[nodiscard]] std::size_t left() const { return unused_.size(); }

  /// The start barrier, a futex word: a worker of batch n waits until it is at least n.
  [[nodiscard]] std::atomic<std::uint32_t>& gate() const { return common_->gate; }
  [[nodiscard]] std::span<SharedWord> words() const { return common_->words; }

 private:
  struct Common {
    std::atomic<std::uint32_t> gate;
    std::array<SharedWord, ir::program::futex_words> words;
  };
  static_assert(sizeof(Common) <= sizeof(Slab));

  explicit Arena(Mapping memory);

  Mapping memory_;
  Common* common_;             ///< In the place of the first slab.
  std::vector<Slab*> unused_;  ///< The next one is last.
};

}  // namespace ktstr::guest
