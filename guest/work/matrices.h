// SPDX-License-Identifier: GPL-2.0-only
// Multiplying matrices: work that keeps a cache of a given size warm.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/units.h"

namespace ktstr::guest {

/// Three square matrices, of which one is the product of the others.
class Matrices {
 public:
  /// As large as fit; throws std::bad_alloc where they do not.
  explicit Matrices(Bytes footprint)
      : side_(std::max<std::size_t>(
            1, static_cast<std::size_t>(
                   std::sqrt(static_cast<double>(footprint.count) / 3 / sizeof(std::uint64_t))))),
        left_(side_ * side_, 3),
        right_(left_),
        product_(left_) {}

  /// Asks after each row whether to go on.
  template <class GoesOn>
  void multiply(GoesOn goes_on) {
    for (std::size_t row = 0; row < side_ && goes_on(); ++row)
      for (std::size_t column = 0; column < side_; ++column) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < side_; ++i)
          sum += left_[row * side_ + i] * right_[i * side_ + column];
        product_[row * side_ + column] = sum;
      }
    // Somebody might look at it.
    asm volatile("" : : "r"(product_.data()) : "memory");
  }

 private:
  std::size_t side_;
  std::vector<std::uint64_t> left_, right_, product_;
};

}  // namespace ktstr::guest
