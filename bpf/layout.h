/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU has which last-level cache: read by the loader (read_layout.h), constant to BPF. */
#ifndef KTSTR_BPF_LAYOUT_H
#define KTSTR_BPF_LAYOUT_H

#include "bpf/fixture.h"

enum {
  KTSTR_LLCS_MOST = 256,      /* A power of two too. */
  KTSTR_LLC_UNKNOWN = 0xffff, /* The CPU was offline: sysfs tells nothing of it. */
};

/* The members of cache i are members[begin[i]] … members[begin[i + 1] - 1], in ascending order;
 * caches are numbered by their first CPU. */
struct ktstr_layout {
  unsigned int llcs; /* 1 … KTSTR_LLCS_MOST */
  unsigned short llc_of[KTSTR_CPUS_MOST];
  unsigned short begin[KTSTR_LLCS_MOST + 1];
  unsigned short members[KTSTR_CPUS_MOST];
};

#endif
