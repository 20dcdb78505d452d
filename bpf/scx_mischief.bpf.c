// SPDX-License-Identifier: GPL-2.0-only
// A FIFO like scx_fifo until it is told to misbehave (mischief.h). What each misbehaviour does, and
// the one thing that must catch it:
//   stall_one         one worker is never run again            exit kind ERROR_STALL
//   starve_cgroup     no task of a cgroup runs                 check starvation (with a watchdog
//                                                              longer than the step)
//   ignore_affinity   a task goes to a CPU it may not use      exit kind ERROR, "not allowed"
//   flood_fallback    select_cpu answers with such a CPU       check fallback (where there are
//                     (for tasks that may use some CPUs)       events)
//   error             scx_bpf_error with the text given        exit kind ERROR_BPF
//   loop_in_dispatch  ops.dispatch outlasts the watchdog       exit kind ERROR_STALL
//   idle_cpus         the highest CPUs run nothing that may    check work_conservation, or a claim
//                     run elsewhere                            on the CPUs used
//   degrade           all CPUs pause every other 100 ms        a claim on cpu_time between steps
//   --refuse-load     the program refused_* is in the way      exit status 1, the verifier's log
//   --exit-after      the loader detaches                      exit status 0 before its time
// Only tasks in cgroups below the root are stalled, starved or sent astray; pauses, idle CPUs and
// loops meet everything but the loader.
#include "bpf/fixture.bpf.h"
#include "bpf/mischief.h"

enum { queue = 0, held_queue = 1, period_ns = 100 * 1000 * 1000, levels_most = 8 };

struct ktstr_mischief mischief SEC(".data.mischief");

const volatile u32 cpus;
const volatile s32 loader_tgid;
const volatile u64 loop_ns; /* Twice the watchdog's limit. */

u64 attached_at; /* written by the loader */
s32 stalled_pid;
u32 looped;
bool paused;

struct conductor {
  struct bpf_timer timer;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct conductor);
} conductors SEC(".maps");

static __always_inline bool due(void) {
  return attached_at && bpf_ktime_get_ns() - attached_at >= mischief.after_ns;
}

static __always_inline bool is_loader(const struct task_struct* p) {
  return p->tgid == loader_tgid;
}

static __always_inline bool is_worker(struct task_struct* p) {
  return !(p->flags & PF_KTHREAD) && !is_loader(p) &&
         BPF_CORE_READ(p, cgroups, dfl_cgrp, level) > 0;
}

static __always_inline bool named(struct cgroup* cgroup) {
  char name[KTSTR_MISCHIEF_NAME] = {};
  int i;
  bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(cgroup, kn, name));
  bpf_for(i, 0, KTSTR_MISCHIEF_NAME) {
    char wanted;
    if (i < 0 || i >= KTSTR_MISCHIEF_NAME) break;
    wanted = mischief.starve_cgroup[i];
    if (name[i] != wanted) return false;
    if (!wanted) break;
  }
  return true;
}

static __always_inline bool in_starved_cgroup(struct task_struct* p) {
  struct cgroup* cgroup = BPF_CORE_READ(p, cgroups, dfl_cgrp);
  int i;
  bpf_for(i, 0, levels_most) {
    struct cgroup_subsys_state* parent;
    if (!cgroup) break;
    if (named(cgroup)) return true;
    parent = BPF_CORE_READ(cgroup, self.parent);
    cgroup = parent ? BPF_CORE_READ(parent, cgroup) : 0;
  }
  return false;
}

static __always_inline bool holding(void) {
  return (mischief.stall_one || mischief.starve_cgroup[0]) && due();
}

/* Whether `p` is not to run; chooses the one to stall. */
static __always_inline bool held(struct task_struct* p) {
  if (!holding() || !is_worker(p)) return false;
  if (mischief.stall_one) {
    if (!stalled_pid) __sync_val_compare_and_swap(&stalled_pid, 0, p->pid);
    if (stalled_pid == p->pid) return true;
  }
  return mischief.starve_cgroup[0] && in_starved_cgroup(p);
}

/* CPUs from here on are kept idle. */
static __always_inline s32 first_kept_idle(void) {
  u32 kept = mischief.idle_cpus;
  return kept > 0 && kept < cpus && due() ? cpus - kept : cpus;
}

static __always_inline bool allowed(const struct task_struct* p, s32 cpu) {
  return bpf_cpumask_test_cpu(cpu, p->cpus_ptr);
}

/* A CPU below `end` that `p` may use, or with `may` false may not; -1 if there is none. */
static __always_inline s32 find_cpu(const struct task_struct* p, s32 end, bool may) {
  s32 cpu;
  bpf_for(cpu, 0, end) {
    if (allowed(p, cpu) == may) return cpu;
  }
  return -1;
}

/* Wakes an idle CPU that is not to be kept so. */
static __always_inline void wake_for(const struct task_struct* p) {
  s32 end = first_kept_idle();
  s32 cpu;
  if (paused) return;
  if (end == (s32)cpus) {
    wake_idle_cpu(p);
    return;
  }
  bpf_for(cpu, 0, end) {
    if (allowed(p, cpu) && scx_bpf_test_and_clear_cpu_idle(cpu)) {
      scx_bpf_kick_cpu(cpu, SCX_KICK_IDLE);
      return;
    }
  }
}

SEC("struct_ops/select_cpu")
s32 BPF_PROG(mischief_select_cpu, struct task_struct* p, s32 prev_cpu, u64 wake_flags) {
  s32 end = first_kept_idle();
  bool is_idle = false;
  s32 cpu;
  if (mischief.flood_fallback && due() && is_worker(p)) {
    cpu = find_cpu(p, cpus, false);
    if (cpu >= 0) return cpu;
  }
  cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);
  if (cpu >= end) {
    s32 other = find_cpu(p, end, true);
    return other >= 0 ? other : cpu;
  }
  if (is_idle && !paused && !held(p)) {
    dsq_insert(p, SCX_DSQ_LOCAL, slice_ns, 0);
    count_local();
  }
  return cpu;
}

SEC("struct_ops/enqueue")
void BPF_PROG(mischief_enqueue, struct task_struct* p, u64 enq_flags) {
  s32 end = first_kept_idle();
  s32 cpu = scx_bpf_task_cpu(p);
  bool only_here = cpu >= end && find_cpu(p, end, true) < 0;
  if (held(p)) {
    dsq_insert(p, held_queue, slice_ns, enq_flags);
    return;
  }
  if (mischief.ignore_affinity && due() && is_worker(p)) {
    s32 wrong = find_cpu(p, cpus, false);
    if (wrong >= 0) {
      dsq_insert(p, SCX_DSQ_LOCAL_ON | wrong, slice_ns, enq_flags);
      return;
    }
  }
  /* The last task of a CPU stays, unless that CPU is to be idle. */
  if (is_loader(p) || only_here || (enq_flags & SCX_ENQ_LAST && cpu < end && !paused)) {
    dsq_insert(p, SCX_DSQ_LOCAL, slice_ns, enq_flags);
    return;
  }
  dsq_insert(p, queue, slice_ns, enq_flags);
  count_enqueued();
  wake_for(p);
}

static long spin(u32 index, u64* until) {
  return bpf_ktime_get_ns() >= *until;
}

static long spin_long(u32 index, u64* until) {
  bpf_loop(1 << 20, spin, until, 0);
  return bpf_ktime_get_ns() >= *until;
}

/* One CPU, once, with its interrupts off and its runqueue locked, as ops.dispatch always is. */
static __always_inline void loop_past_watchdog(void) {
  u64 until = bpf_ktime_get_ns() + loop_ns;
  if (__sync_val_compare_and_swap(&looped, 0, 1) == 0) bpf_loop(1 << 20, spin_long, &until, 0);
}

SEC("struct_ops/dispatch")
void BPF_PROG(mischief_dispatch, s32 cpu, struct task_struct* prev) {
  if (mischief.loop_in_dispatch && due()) loop_past_watchdog();
  if (paused || cpu >= first_kept_idle()) return;
  if (dsq_move_to_local(queue)) {
    count_global(false);
    return;
  }
  if (!holding() && dsq_move_to_local(held_queue)) count_global(false);
}

static int conduct(void* map, u32* key, struct bpf_timer* timer) {
  static char text[] = "%s"; /* The verifier wants it writable. */
  bool was_paused = paused;
  s32 cpu;
  /* What is commanded again begins anew. */
  if (!mischief.stall_one) stalled_pid = 0;
  if (!mischief.loop_in_dispatch) looped = 0;
  if (mischief.error[0] && due()) {
    unsigned long long arguments[] = {(unsigned long long)mischief.error};
    scx_bpf_error_bstr(text, arguments, sizeof(arguments));
  }
  paused = mischief.degrade && due() && !was_paused;
  if (paused != was_paused || (!holding() && scx_bpf_dsq_nr_queued(held_queue) > 0))
    bpf_for(cpu, 0, (s32)cpus) scx_bpf_kick_cpu(cpu, paused ? SCX_KICK_PREEMPT : SCX_KICK_IDLE);
  bpf_timer_start(timer, period_ns, 0);
  return 0;
}

SEC("struct_ops.s/init")
s32 BPF_PROG(mischief_init) {
  u32 zero = 0;
  struct conductor* conductor = bpf_map_lookup_elem(&conductors, &zero);
  s32 error = scx_bpf_create_dsq(queue, -1);
  if (!error) error = scx_bpf_create_dsq(held_queue, -1);
  if (error || !conductor) return error;
  error = bpf_timer_init(&conductor->timer, &conductors, CLOCK_MONOTONIC);
  if (!error) error = bpf_timer_set_callback(&conductor->timer, conduct);
  return error ? error : (s32)bpf_timer_start(&conductor->timer, period_ns, 0);
}

/* In place of mischief_dispatch where the load is to be refused: a pointer not checked … */
SEC("?struct_ops/dispatch")
void BPF_PROG(refused_plain, s32 cpu, struct task_struct* prev) {
  u32 key = cpu;
  struct ktstr_counters* c = bpf_map_lookup_elem(&counters, &key);
  c->enqueued++;
}

/* … and a loop that goes one step too far, so that the log shows every step before it. */
struct {
  u64 values[64];
} table SEC(".data.table");

SEC("?struct_ops/dispatch")
void BPF_PROG(refused_loop, s32 cpu, struct task_struct* prev) {
  u64 sum = 0;
  u32 i;
#pragma clang loop unroll(disable)
  for (i = 0; i <= 64; i++) {
    u32 index = i;
    asm volatile("" : "+r"(index));
    sum += table.values[index];
  }
  table.values[0] = sum;
}

SEC(".struct_ops.link")
struct sched_ext_ops scheduler = {
    .select_cpu = (void*)mischief_select_cpu,
    .enqueue = (void*)mischief_enqueue,
    .dispatch = (void*)mischief_dispatch,
    .cpu_online = (void*)fixture_cpu_online,
    .cpu_offline = (void*)fixture_cpu_offline,
    .init = (void*)mischief_init,
    .exit = (void*)fixture_exit,
    .flags = SCX_OPS_ENQ_LAST,
    .name = "scx_mischief",
};
