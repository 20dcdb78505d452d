/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF side of fixture.h: counters, the record of the end, and hotplug. The kernel unloads a
 * scheduler without hotplug callbacks when a CPU comes or goes; ours need do nothing, because no
 * task waits in a queue that only one CPU reads, so they stay loaded. One includer per object. */
#ifndef KTSTR_BPF_FIXTURE_BPF_H
#define KTSTR_BPF_FIXTURE_BPF_H

#include "bpf/fixture.h"
#include "bpf/kernel.h"

char _license[] SEC("license") = "GPL";

struct ktstr_exit exit_record SEC(".data.exit");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct ktstr_counters);
} counters SEC(".maps");

enum { slice_ns = 20 * 1000 * 1000 };

/* Never null in truth; the verifier wants it asked. */
static __always_inline struct ktstr_counters* counters_here(void) {
  u32 zero = 0;
  return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void count_local(void) {
  struct ktstr_counters* c = counters_here();
  if (c) c->dispatched_local++;
}

static __always_inline void count_enqueued(void) {
  struct ktstr_counters* c = counters_here();
  if (c) c->enqueued++;
}

static __always_inline void count_global(bool stolen) {
  struct ktstr_counters* c = counters_here();
  if (!c) return;
  c->dispatched_global++;
  if (stolen) c->stolen++;
}

static __always_inline void count_hotplug(void) {
  struct ktstr_counters* c = counters_here();
  if (c) c->hotplugs++;
}

/* A task put on a queue other than by waking up (its affinity changed, say) finds no CPU chosen for
 * it: one that idles must be told, or the task waits for a tick that does not come. */
static __always_inline void wake_idle_cpu(const struct task_struct* p) {
  s32 cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
  if (cpu >= 0) scx_bpf_kick_cpu(cpu, SCX_KICK_IDLE);
}

SEC("?struct_ops/cpu_online")
void BPF_PROG(fixture_cpu_online, s32 cpu) {
  count_hotplug();
}

SEC("?struct_ops/cpu_offline")
void BPF_PROG(fixture_cpu_offline, s32 cpu) {
  count_hotplug();
}

SEC("struct_ops/exit")
void BPF_PROG(fixture_exit, struct scx_exit_info* info) {
  bpf_probe_read_kernel_str(exit_record.reason, sizeof(exit_record.reason), info->reason);
  bpf_probe_read_kernel_str(exit_record.message, sizeof(exit_record.message), info->msg);
  bpf_probe_read_kernel_str(exit_record.dump, sizeof(exit_record.dump), info->dump);
  exit_record.code = info->exit_code;
  /* Whoever sees the kind sees the rest. */
  __sync_val_compare_and_swap(&exit_record.kind, 0, info->kind);
}

#endif
