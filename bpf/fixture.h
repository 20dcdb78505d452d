/* SPDX-License-Identifier: GPL-2.0-only */
/* What every fixture scheduler shares with its loader: the maps and sections by name, and the
 * structs in them. Plain C for both sides; the host may read the same from guest memory. */
#ifndef KTSTR_BPF_FIXTURE_H
#define KTSTR_BPF_FIXTURE_H

enum {
  KTSTR_CPUS_MOST = 1024, /* A power of two: BPF bounds an index with a mask. */
  KTSTR_EXIT_REASON = 128,
  KTSTR_EXIT_MESSAGE = 1024,
  KTSTR_EXIT_DUMP = 32768, /* The kernel's default of ops.exit_dump_len. */
};

/* Section `.data.exit`: how the scheduler ended, written once by ops.exit; `kind` is 0 until then,
 * and written last. The numbers are the kernel's enum scx_exit_kind. */
struct ktstr_exit {
  unsigned int kind;
  unsigned int unused;
  long long code;
  char reason[KTSTR_EXIT_REASON];
  char message[KTSTR_EXIT_MESSAGE];
  char dump[KTSTR_EXIT_DUMP];
};

/* Map `counters`, one element, per CPU. */
struct ktstr_counters {
  unsigned long long dispatched_local;  /* Put on an idle CPU at wake-up, past every queue. */
  unsigned long long enqueued;          /* Put on a queue of the scheduler's. */
  unsigned long long dispatched_global; /* Taken from such a queue by a CPU with nothing to run. */
  unsigned long long stolen;            /* Of these: from another last-level cache's queue. */
  unsigned long long hotplugs;          /* CPUs that came or went. */
};

#endif
