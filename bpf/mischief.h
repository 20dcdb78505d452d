/* SPDX-License-Identifier: GPL-2.0-only */
/* What scx_mischief obeys: section `.data.mischief`, variable `mischief`. The loader fills it from
 * the arguments; whoever can write the map (`scx_mischief --command`, or the host through guest
 * memory) may change it at any time, and setting a member back to 0 ends that misbehaviour. All
 * zero is a sane FIFO. */
#ifndef KTSTR_BPF_MISCHIEF_H
#define KTSTR_BPF_MISCHIEF_H

enum { KTSTR_MISCHIEF_NAME = 64, KTSTR_MISCHIEF_TEXT = 128 };

struct ktstr_mischief {
  unsigned long long after_ns; /* Nothing happens earlier than this after the attach. */
  unsigned int stall_one;
  unsigned int ignore_affinity;
  unsigned int flood_fallback;
  unsigned int loop_in_dispatch;
  unsigned int degrade;
  unsigned int idle_cpus;                  /* How many of the highest CPUs. */
  char starve_cgroup[KTSTR_MISCHIEF_NAME]; /* Name of a cgroup, or of one that it is in. */
  char error[KTSTR_MISCHIEF_TEXT];
};

#endif
