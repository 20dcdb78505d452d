// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/value_cache.h"

#include "guest/work/worker.h"

namespace ktstr::guest {
namespace {

struct SizeClass {
  std::uint32_t size;
  std::uint32_t weight;
};
constexpr SizeClass classes[] = {{64, 450},  {128, 300}, {256, 130}, {512, 70},
                                 {1024, 30}, {4096, 12}, {16384, 3}, {65536, 1}};

constexpr std::uint64_t weights = [] {
  std::uint64_t sum = 0;
  for (const SizeClass& each : classes) sum += each.weight;
  return sum;
}();
constexpr double mean_size = [] {
  double sum = 0;
  for (const SizeClass& each : classes) sum += 1.0 * each.size * each.weight;
  return sum / static_cast<double>(weights);
}();

std::size_t size_of(std::uint64_t key) {
  std::uint64_t at = spread(key) % weights;
  for (const SizeClass& each : classes) {
    if (at < each.weight) return each.size;
    at -= each.weight;
  }
  return 0;
}

}  // namespace

ValueCache::ValueCache(Bytes capacity, double hit_share)
    : keys_(static_cast<std::uint64_t>(static_cast<double>(capacity.count) /
                                       (mean_size * hit_share))) {
  std::array<double, shards> all{};
  for (std::uint64_t key = 0; key < keys_; ++key)
    all[key % shards] += static_cast<double>(size_of(key));
  for (std::size_t i = 0; i < shards; ++i)
    shards_[i].capacity = static_cast<std::uint64_t>(all[i] * hit_share);
  for (std::uint64_t key = 0; key < keys_; ++key)
    if (const Shard& shard = shards_[key % shards]; shard.held < shard.capacity) put(key);
}

bool ValueCache::get(std::uint64_t key) {
  Shard& shard = shards_[key % shards];
  const std::lock_guard lock(shard.lock);
  const auto found = shard.values.find(key);
  if (found == shard.values.end()) return false;
  const volatile std::uint8_t* const bytes = found->second.data();
  for (std::size_t at = 0; at < found->second.size(); at += 64) static_cast<void>(bytes[at]);
  return true;
}

void ValueCache::put(std::uint64_t key) {
  std::vector<std::uint8_t> value(size_of(key), static_cast<std::uint8_t>(key));
  Shard& shard = shards_[key % shards];
  const std::lock_guard lock(shard.lock);
  const std::size_t size = value.size();
  if (!shard.values.try_emplace(key, std::move(value)).second) return;
  shard.order.push_back(key);
  shard.held += size;
  while (shard.held > shard.capacity && shard.order.size() > 1) {
    const auto oldest = shard.values.find(shard.order.front());
    shard.order.pop_front();
    shard.held -= oldest->second.size();
    shard.values.erase(oldest);
  }
}

}  // namespace ktstr::guest
