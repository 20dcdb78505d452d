// SPDX-License-Identifier: GPL-2.0-only
// ValueCache: a key-value cache in memory, as large as a share of all values there are. Which value
// a key has, and how large it is, follows from the key: sizes are distributed as those of social
// network caches are, mostly small with a long tail. First in, first out; 256 shards with a lock
// each.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/units.h"

namespace ktstr::guest {

class ValueCache {
 public:
  /// Full of values of `capacity` together; a random key is there with the probability `hit_share`.
  ValueCache(Bytes capacity, double hit_share);

  /// Keys are numbers below this.
  [[nodiscard]] std::uint64_t keys() const { return keys_; }
  /// Reads the whole value; false when it is not there.
  bool get(std::uint64_t key);
  /// Makes the value and puts it in, unless it is there.
  void put(std::uint64_t key);

 private:
  static constexpr std::size_t shards = 256;

  struct Shard {
    std::mutex lock;
    std::unordered_map<std::uint64_t, std::vector<std::uint8_t>> values;
    std::deque<std::uint64_t> order;
    std::uint64_t held = 0;
    std::uint64_t capacity = 0;
  };

  std::uint64_t keys_;
  std::array<Shard, shards> shards_;
};

}  // namespace ktstr::guest
