/* SPDX-License-Identifier: GPL-2.0-only */
/* A log-linear histogram of durations in nanoseconds, in plain C so that BPF programs, the guest's
 * workers and the host share it. Each power of two is cut into 32 buckets: a value lies within
 * 1/32 (3.2 %) of either end of its bucket, and values below 64 are exact. Values of 2^42 ns (73
 * minutes) and more share the last bucket. Zeroed memory is an empty histogram. There is one
 * writer; a reader may copy it meanwhile, because each word is stored whole: it trusts the buckets
 * and may find `count` one off. */
#ifndef KTSTR_BPF_HISTOGRAM_H
#define KTSTR_BPF_HISTOGRAM_H

enum {
  KTSTR_HISTOGRAM_SUB_BITS = 5,
  KTSTR_HISTOGRAM_SUB_BUCKETS = 1 << KTSTR_HISTOGRAM_SUB_BITS,
  KTSTR_HISTOGRAM_TOP_BITS = 42,
  KTSTR_HISTOGRAM_BUCKETS =
      (KTSTR_HISTOGRAM_TOP_BITS - KTSTR_HISTOGRAM_SUB_BITS + 1) * KTSTR_HISTOGRAM_SUB_BUCKETS,
};

struct ktstr_histogram {
  unsigned long long count;
  unsigned long long sum;
  unsigned long long minimum; /* 0 while empty */
  unsigned long long maximum;
  unsigned long long buckets[KTSTR_HISTOGRAM_BUCKETS];
};

/* The bucket of a value: below KTSTR_HISTOGRAM_BUCKETS, never decreasing with the value. */
static inline unsigned int ktstr_histogram_index(unsigned long long value) {
  unsigned int top = 0;
  if (value >> KTSTR_HISTOGRAM_TOP_BITS) return KTSTR_HISTOGRAM_BUCKETS - 1;
  if (value < KTSTR_HISTOGRAM_SUB_BUCKETS) return (unsigned int)value;
  /* floor(log2(value)) by halving: BPF has no instruction for it. */
  if (value >> 32) top += 32;
  if (value >> (top + 16)) top += 16;
  if (value >> (top + 8)) top += 8;
  if (value >> (top + 4)) top += 4;
  if (value >> (top + 2)) top += 2;
  if (value >> (top + 1)) top += 1;
  /* The bits after the leading one; the leading one itself moves on by one power of two. */
  return (top - KTSTR_HISTOGRAM_SUB_BITS) * KTSTR_HISTOGRAM_SUB_BUCKETS +
         (unsigned int)(value >> (top - KTSTR_HISTOGRAM_SUB_BITS));
}

/* The smallest value of a bucket; `index` is at most KTSTR_HISTOGRAM_BUCKETS. */
static inline unsigned long long ktstr_bucket_low(unsigned int index) {
  const unsigned int power = index / KTSTR_HISTOGRAM_SUB_BUCKETS;
  const unsigned long long rest = index % KTSTR_HISTOGRAM_SUB_BUCKETS;
  if (power == 0) return rest;
  return (rest + KTSTR_HISTOGRAM_SUB_BUCKETS) << (power - 1);
}

/* The smallest value above a bucket; the last bucket has no end and gives that of its width. */
static inline unsigned long long ktstr_bucket_high(unsigned int index) {
  return ktstr_bucket_low(index + 1);
}

static inline void ktstr_histogram_record(struct ktstr_histogram* histogram,
                                          unsigned long long value) {
  const unsigned int index = ktstr_histogram_index(value);
  if (histogram->count == 0 || value < histogram->minimum) histogram->minimum = value;
  if (value > histogram->maximum) histogram->maximum = value;
  histogram->sum += value;
  histogram->count += 1;
  if (index < KTSTR_HISTOGRAM_BUCKETS) histogram->buckets[index] += 1; /* told to the verifier */
}

#endif
