// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <memory>
#include <random>

#include "bpf/histogram.h"

namespace {

constexpr std::uint64_t beyond = std::uint64_t{1} << 42;

TEST_CASE("a value lies in its bucket, and the bucket is within 1/32 of it") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t value = random() >> (22 + random() % 42);
    const unsigned index = ktstr_histogram_index(value);
    const std::uint64_t low = ktstr_bucket_low(index);
    const std::uint64_t high = ktstr_bucket_high(index);
    REQUIRE(index < KTSTR_HISTOGRAM_BUCKETS);
    REQUIRE(low <= value);
    REQUIRE(value < high);
    if (value < 64)
      REQUIRE(high - low == 1);
    else
      REQUIRE((high - low) * 32 <= low);
  }
}

TEST_CASE("buckets follow each other without gap or overlap") {
  REQUIRE(ktstr_bucket_low(0) == 0);
  for (unsigned index = 0; index < KTSTR_HISTOGRAM_BUCKETS; ++index) {
    REQUIRE(ktstr_bucket_low(index) < ktstr_bucket_high(index));
    REQUIRE(ktstr_histogram_index(ktstr_bucket_low(index)) == index);
    REQUIRE(ktstr_histogram_index(ktstr_bucket_high(index) - 1) == index);
  }
  REQUIRE(ktstr_bucket_high(KTSTR_HISTOGRAM_BUCKETS - 1) == beyond);
}

TEST_CASE("an hour has a bucket of its own, and everything past the top shares the last") {
  constexpr std::uint64_t hour = 3'600'000'000'000;
  CHECK(ktstr_histogram_index(hour) < KTSTR_HISTOGRAM_BUCKETS - 1);
  CHECK(ktstr_histogram_index(beyond - 1) == KTSTR_HISTOGRAM_BUCKETS - 1);
  CHECK(ktstr_histogram_index(beyond) == KTSTR_HISTOGRAM_BUCKETS - 1);
  CHECK(ktstr_histogram_index(~std::uint64_t{0}) == KTSTR_HISTOGRAM_BUCKETS - 1);
}

TEST_CASE("recording keeps count, sum, extremes and buckets") {
  const auto histogram = std::make_unique<ktstr_histogram>();
  for (const std::uint64_t value : {1000u, 20u, 1001u, 0u}) {
    ktstr_histogram_record(histogram.get(), value);
  }
  CHECK(histogram->count == 4);
  CHECK(histogram->sum == 2021);
  CHECK(histogram->minimum == 0);
  CHECK(histogram->maximum == 1001);
  CHECK(histogram->buckets[20] == 1);
  CHECK(histogram->buckets[ktstr_histogram_index(1000)] == 2);
}

TEST_CASE("the first value is the minimum, whatever it is") {
  const auto histogram = std::make_unique<ktstr_histogram>();
  ktstr_histogram_record(histogram.get(), 77);
  CHECK(histogram->minimum == 77);
}

}  // namespace
