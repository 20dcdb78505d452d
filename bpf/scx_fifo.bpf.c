// SPDX-License-Identifier: GPL-2.0-only
// One global queue, first come, first served, with slices of 20 ms. A task that wakes while a CPU
// it may use idles goes there directly. Weights mean nothing to it. Survives hotplug.
#include "bpf/fixture.bpf.h"

enum { queue = 0 };

SEC("struct_ops/select_cpu")
s32 BPF_PROG(fifo_select_cpu, struct task_struct* p, s32 prev_cpu, u64 wake_flags) {
  bool is_idle = false;
  s32 cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);
  if (is_idle) {
    dsq_insert(p, SCX_DSQ_LOCAL, slice_ns, 0);
    count_local();
  }
  return cpu;
}

SEC("struct_ops/enqueue")
void BPF_PROG(fifo_enqueue, struct task_struct* p, u64 enq_flags) {
  dsq_insert(p, queue, slice_ns, enq_flags);
  count_enqueued();
  wake_idle_cpu(p);
}

SEC("struct_ops/dispatch")
void BPF_PROG(fifo_dispatch, s32 cpu, struct task_struct* prev) {
  if (dsq_move_to_local(queue)) count_global(false);
}

SEC("struct_ops.s/init")
s32 BPF_PROG(fifo_init) {
  return scx_bpf_create_dsq(queue, -1);
}

SEC(".struct_ops.link")
struct sched_ext_ops scheduler = {
    .select_cpu = (void*)fifo_select_cpu,
    .enqueue = (void*)fifo_enqueue,
    .dispatch = (void*)fifo_dispatch,
    .cpu_online = (void*)fixture_cpu_online,
    .cpu_offline = (void*)fixture_cpu_offline,
    .init = (void*)fifo_init,
    .exit = (void*)fixture_exit,
    .name = "scx_fifo",
};
