// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "bpf/histogram.h"
#include "stats/dispersion.h"
#include "stats/quantile.h"

using namespace ktstr::stats;
using Catch::Approx;
using Values = std::vector<double>;

TEST_CASE("a quantile is value number ceil(n p)") {
  const Values ten{10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
  CHECK(quantile(ten, 0.5) == 5);
  CHECK(quantile(ten, 0.51) == 6);
  CHECK(quantile(ten, 0.9) == 9);
  CHECK(quantile(ten, 0.95) == 10);
  CHECK(quantile(ten, 0.001) == 1);
  CHECK(quantile(ten, 1) == 10);
  Values twenty;
  for (int i = 1; i <= 20; ++i) twenty.push_back(i);
  CHECK(quantile(twenty, 0.95) == 19);  // 20 · 0.95 is 19 exactly.
  Values thousand;
  for (int i = 1; i <= 1000; ++i) thousand.push_back(i);
  CHECK(quantile(thousand, 0.99) == 990);
  CHECK(quantile(thousand, 0.999) == 999);
  CHECK(quantile({7}, 0.5) == 7);
  CHECK_FALSE(quantile(Values{}, 0.5));
}

TEST_CASE("quantiles are those of the nearest-rank method's worked examples") {
  // Wikipedia, "Percentile", the nearest-rank method; R. Hyndman and Y. Fan, "Sample Quantiles in
  // Statistical Packages" (1996), definition 1, which R calls quantile(type = 1).
  const Values five{15, 20, 35, 40, 50};
  CHECK(quantile(five, 0.05) == 15);
  CHECK(quantile(five, 0.3) == 20);
  CHECK(quantile(five, 0.4) == 20);
  CHECK(quantile(five, 0.5) == 35);
  CHECK(quantile(five, 1) == 50);
  const Values ten{3, 6, 7, 8, 8, 10, 13, 15, 16, 20};
  CHECK(quantile(ten, 0.25) == 7);
  CHECK(quantile(ten, 0.5) == 8);
  CHECK(quantile(ten, 0.75) == 15);
  const Values eleven{3, 6, 7, 8, 8, 9, 10, 13, 15, 16, 20};
  CHECK(quantile(eleven, 0.25) == 7);
  CHECK(quantile(eleven, 0.5) == 9);
  CHECK(quantile(eleven, 0.75) == 15);
}

namespace {

/// `first`, then `low` and `high` in turns, 1001 values in all.
Values numerical_accuracy(double first, double low, double high) {
  Values out{first};
  while (out.size() < 1001) out.push_back(out.size() % 2 == 1 ? low : high);
  return out;
}

}  // namespace

TEST_CASE("mean, deviation and cv are those that NIST certifies") {
  // NIST Statistical Reference Datasets, univariate summary statistics: NumAcc1 to NumAcc4.
  // Certified is the deviation of a sample, which has n - 1 in the place of our n.
  struct Certified {
    Values values;
    double mean;
    double deviation;
  };
  const Certified datasets[] = {
      {{10000001, 10000003, 10000002}, 10000002, 1},
      {numerical_accuracy(1.2, 1.1, 1.3), 1.2, 0.1},
      {numerical_accuracy(1000000.2, 1000000.1, 1000000.3), 1000000.2, 0.1},
      {numerical_accuracy(10000000.2, 10000000.1, 10000000.3), 10000000.2, 0.1},
  };
  for (const Certified& one : datasets) {
    const auto n = static_cast<double>(one.values.size());
    const double deviation = one.deviation * std::sqrt((n - 1) / n);
    CAPTURE(one.mean);
    CHECK(mean(one.values) == Approx(one.mean).epsilon(1e-14));
    CHECK(stddev(one.values) == Approx(deviation).epsilon(1e-8));
    CHECK(cv(one.values) == Approx(deviation / one.mean).epsilon(1e-8));
  }
}

TEST_CASE("mean and standard deviation of a published vector") {
  // The eight values of the usual textbook example: mean 5, population deviation 2.
  const Values values{2, 4, 4, 4, 5, 5, 7, 9};
  CHECK(mean(values) == 5);
  CHECK(stddev(values) == 2);
  CHECK(cv(values) == Approx(0.4));
  CHECK(stddev(Values{3}) == 0);
  CHECK_FALSE(mean(Values{}));
  CHECK_FALSE(stddev(Values{}));
}

TEST_CASE("cv is of two values with a mean above 0") {
  CHECK(cv(Values{1, 3}) == Approx(0.5));
  CHECK_FALSE(cv(Values{1}));
  CHECK_FALSE(cv(Values{0, 0}));
  CHECK_FALSE(cv(Values{-1, 1}));
  CHECK_FALSE(cv(Values{-3, 1}));
}

TEST_CASE("Jain's index is that of its authors' examples") {
  // R. Jain, A. Durresi, G. Babic, "Throughput Fairness Index: An Explanation", ATM Forum 99-0045:
  // 50, 30 and 50 Mb/s where 50, 10 and 10 are fair, and what becomes of it when the second
  // changes.
  CHECK(jain(Values{50.0 / 50, 30.0 / 10, 50.0 / 10}) == Approx(0.77).margin(0.005));
  CHECK(jain(Values{1, 4, 5}) == Approx(0.79).margin(0.005));
  CHECK(jain(Values{1, 2, 5}) == Approx(0.71).margin(0.005));
  // R. Jain, D. Chiu, W. Hawe, DEC TR-301 (1984): where k of n are served equally and the rest not
  // at all it is k/n, whatever the unit.
  for (const double unit : {1e-9, 1.0, 3e12}) {
    Values hundred(100, 0);
    std::fill_n(hundred.begin(), 10, 2 * unit);
    CHECK(jain(hundred) == Approx(0.1));
  }
}

TEST_CASE("the Gini coefficient is that of the examples of R's packages") {
  // The documentation of ineq and acid, of phylotools and of DescTools (unbiased = FALSE).
  CHECK(gini(Values{541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261}) ==
        Approx(0.4620911).epsilon(1e-6));
  CHECK(gini(Values{1, 3, 2, 1, 1, 1, 4}) == Approx(0.3076923).epsilon(1e-6));
  CHECK(gini(Values{10, 10, 0, 0, 0}) == Approx(0.6));
}

TEST_CASE("Jain's index runs from 1/n to 1") {
  CHECK(jain(Values{5, 5, 5, 5}) == Approx(1));
  CHECK(jain(Values{1, 0, 0, 0}) == Approx(0.25));
  CHECK(jain(Values{1, 2, 3}) == Approx(36.0 / 42));
  CHECK(jain(Values{20, 20, 20, 20, 20, 0}) == Approx(5.0 / 6));  // k of n served equally: k/n.
  CHECK_FALSE(jain(Values{0, 0}));
  CHECK_FALSE(jain(Values{-1, 2}));
  CHECK_FALSE(jain(Values{}));
}

TEST_CASE("the Gini coefficient runs from 0 to (n - 1)/n") {
  CHECK(gini(Values{3, 3, 3}) == Approx(0).margin(1e-12));
  CHECK(gini(Values{0, 0, 0, 1}) == Approx(0.75));
  CHECK(gini(Values{3, 1, 2}) == Approx(2.0 / 9));
  CHECK(gini(Values{4, 1, 3, 2}) == Approx(0.25));
  CHECK_FALSE(gini(Values{0}));
  CHECK_FALSE(gini(Values{1, -1, 5}));
}

namespace {

std::vector<Bucket> buckets_of(const std::vector<std::uint64_t>& values) {
  static ktstr_histogram histogram;
  histogram = {};
  for (const std::uint64_t value : values) ktstr_histogram_record(&histogram, value);
  std::vector<Bucket> out;
  for (std::uint32_t i = 0; i < KTSTR_HISTOGRAM_BUCKETS; ++i)
    if (histogram.buckets[i] > 0) out.push_back({i, histogram.buckets[i]});
  return out;
}

}  // namespace

TEST_CASE("small histogram values are exact") {
  const std::vector<Bucket> buckets = buckets_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(quantile(buckets, 1, 10, 0.5) == 5);
  CHECK(quantile(buckets, 1, 10, 0.9) == 9);
  CHECK(quantile(buckets, 1, 10, 1) == 10);
  CHECK_FALSE(quantile(std::vector<Bucket>{}, 0, 0, 0.5));
  CHECK_FALSE(quantile(std::vector<Bucket>{{4, 0}}, 0, 0, 0.5));
}

TEST_CASE("histogram quantiles keep within 1/32 of the exact ones") {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> values;
  std::vector<double> exact;
  for (int i = 0; i < 5000; ++i) {
    const double value = std::exp(std::uniform_real_distribution(0.0, 24.0)(random));
    values.push_back(static_cast<std::uint64_t>(value));
    exact.push_back(static_cast<double>(values.back()));
  }
  const auto [least, most] = std::ranges::minmax(values);
  const std::vector<Bucket> buckets = buckets_of(values);
  for (const double p : {0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
    const double wanted = *quantile(exact, p);
    CHECK(*quantile(buckets, least, most, p) == Approx(wanted).epsilon(1.0 / 32).margin(1));
  }
}

TEST_CASE("a histogram quantile interpolates within its bucket and stays within the extremes") {
  const std::uint32_t index = ktstr_histogram_index(3200);  // 3200 … 3263, 64 wide.
  REQUIRE(ktstr_bucket_low(index) == 3200);
  REQUIRE(ktstr_bucket_high(index) == 3264);
  const std::vector<Bucket> two{{index, 2}};
  CHECK(quantile(two, 0, 1 << 20, 0.5) == Approx(3200 + 63 * 0.25));
  CHECK(quantile(two, 0, 1 << 20, 1) == Approx(3200 + 63 * 0.75));
  CHECK(quantile(two, 3230, 3231, 0.5) == 3230);
  CHECK(quantile(two, 3200, 3205, 1) == 3205);
  // The last bucket has no end of its own; indices beyond it are taken for it.
  const std::vector<Bucket> last{{KTSTR_HISTOGRAM_BUCKETS + 7, 1}};
  CHECK(*quantile(last, 0, std::uint64_t{1} << 50, 1) > 4e12);
}
