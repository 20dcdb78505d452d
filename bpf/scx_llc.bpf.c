// SPDX-License-Identifier: GPL-2.0-only
// A FIFO queue for each last-level cache. A task queues where it last ran; a CPU reads its own
// cache's queue first and steals from the others when that is empty, and ten times a second also
// when another is longer, so that no cache's tasks wait for ever. Idle CPUs of the own cache are
// preferred at wake-up. Survives hotplug, except that a CPU which was offline when the layout was
// read makes it ask to be loaded again (exit code hotplug + restart), which its loader does.
#include "bpf/fixture.bpf.h"
#include "bpf/layout.h"

const volatile struct ktstr_layout layout;

enum { balance_every_ns = 100 * 1000 * 1000 };

u64 balanced_at[KTSTR_LLCS_MOST];

static __always_inline u32 llc_of(s32 cpu) {
  u32 llc = layout.llc_of[cpu & (KTSTR_CPUS_MOST - 1)];
  return llc < layout.llcs ? llc : 0;
}

static __always_inline bool claim_idle(const struct task_struct* p, s32 cpu) {
  return bpf_cpumask_test_cpu(cpu, p->cpus_ptr) && scx_bpf_test_and_clear_cpu_idle(cpu);
}

/* An idle CPU that `p` may use, of this cache if there is one; it no longer counts as idle. */
static __always_inline s32 pick_idle(const struct task_struct* p, u32 llc) {
  u32 i, from, to;
  llc &= KTSTR_LLCS_MOST - 1;
  from = layout.begin[llc];
  to = layout.begin[llc + 1];
  bpf_for(i, from, to) {
    s32 cpu = layout.members[i & (KTSTR_CPUS_MOST - 1)];
    if (claim_idle(p, cpu)) return cpu;
  }
  return scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
}

SEC("struct_ops/select_cpu")
s32 BPF_PROG(llc_select_cpu, struct task_struct* p, s32 prev_cpu, u64 wake_flags) {
  s32 cpu = claim_idle(p, prev_cpu) ? prev_cpu : pick_idle(p, llc_of(prev_cpu));
  if (cpu >= 0) {
    dsq_insert(p, SCX_DSQ_LOCAL, slice_ns, 0);
    count_local();
    return cpu;
  }
  if (bpf_cpumask_test_cpu(prev_cpu, p->cpus_ptr)) return prev_cpu;
  cpu = scx_bpf_pick_any_cpu(p->cpus_ptr, 0);
  return cpu >= 0 ? cpu : prev_cpu;
}

SEC("struct_ops/enqueue")
void BPF_PROG(llc_enqueue, struct task_struct* p, u64 enq_flags) {
  u32 llc = llc_of(scx_bpf_task_cpu(p));
  s32 cpu;
  dsq_insert(p, llc, slice_ns, enq_flags);
  count_enqueued();
  cpu = pick_idle(p, llc);
  if (cpu >= 0) scx_bpf_kick_cpu(cpu, SCX_KICK_IDLE);
}

static __always_inline bool take(u32 llc, bool stolen) {
  if (!dsq_move_to_local(llc)) return false;
  count_global(stolen);
  return true;
}

/* Takes a task of the longest of the other queues, if that is longer than this one. */
static __always_inline bool balance(u32 own) {
  s32 most = scx_bpf_dsq_nr_queued(own);
  u32 longest = own;
  u64 now = bpf_ktime_get_ns();
  u64* balanced = &balanced_at[own & (KTSTR_LLCS_MOST - 1)];
  u32 llc;
  if (now - *balanced < balance_every_ns) return false;
  *balanced = now;
  bpf_for(llc, 0, layout.llcs) {
    s32 queued = scx_bpf_dsq_nr_queued(llc);
    if (queued > most) {
      most = queued;
      longest = llc;
    }
  }
  return longest != own && take(longest, true);
}

SEC("struct_ops/dispatch")
void BPF_PROG(llc_dispatch, s32 cpu, struct task_struct* prev) {
  u32 own = llc_of(cpu);
  u32 i;
  if (balance(own) || take(own, false)) return;
  bpf_for(i, 1, layout.llcs) {
    u32 other = own + i;
    if (take(other < layout.llcs ? other : other - layout.llcs, true)) return;
  }
}

SEC("struct_ops/cpu_online")
void BPF_PROG(llc_cpu_online, s32 cpu) {
  static char why[] = "CPU %d came, and its cache is not known";
  unsigned long long arguments[] = {cpu};
  count_hotplug();
  if (layout.llc_of[cpu & (KTSTR_CPUS_MOST - 1)] == KTSTR_LLC_UNKNOWN)
    scx_bpf_exit_bstr(SCX_ECODE_RSN_HOTPLUG | SCX_ECODE_ACT_RESTART, why, arguments,
                      sizeof(arguments));
}

SEC("struct_ops.s/init")
s32 BPF_PROG(llc_init) {
  u32 llc;
  bpf_for(llc, 0, layout.llcs) {
    s32 error = scx_bpf_create_dsq(llc, -1);
    if (error) return error;
  }
  return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops scheduler = {
    .select_cpu = (void*)llc_select_cpu,
    .enqueue = (void*)llc_enqueue,
    .dispatch = (void*)llc_dispatch,
    .cpu_online = (void*)llc_cpu_online,
    .cpu_offline = (void*)fixture_cpu_offline,
    .init = (void*)llc_init,
    .exit = (void*)fixture_exit,
    .name = "scx_llc",
};
