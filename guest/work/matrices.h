// SPDX-License-Identifier: GPL-2.0-only
// Multiplying matrices: work that keeps a cache of a given size warm.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "base/units.h"

namespace ktstr::guest {

class Matrices {
 public:
  /// Three square ones, two factors and their product, as large as fit.
  explicit Matrices(Bytes footprint)
      : rows_(std::max<std::size_t>(
            1, static_cast<std::size_t>(
                   std::sqrt(static_cast<double>(footprint.count) / (3 * sizeof(std::uint64_t)))))),
        words_(3 * rows_ * rows_, 3) {}

  void multiply() {
    volatile std::uint64_t* const product = words_.data() + 2 * rows_ * rows_;
    const std::uint64_t* const left = words_.data();
    const std::uint64_t* const right = left + rows_ * rows_;
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < rows_; ++j) {
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < rows_; ++k) sum += left[i * rows_ + k] * right[k * rows_ + j];
        product[i * rows_ + j] = sum;
      }
  }

 private:
  std::size_t rows_;
  std::vector<std::uint64_t> words_;
};

}  // namespace ktstr::guest
