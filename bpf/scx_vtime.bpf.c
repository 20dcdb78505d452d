// SPDX-License-Identifier: GPL-2.0-only
// Weighted virtual time: one global queue, ordered by how long each task has run, divided by its
// weight. The weight is that of its nice value; in a cgroup below the root it is its part of the
// cgroup's cpu.weight, shared among the tasks there that want to run (one level: a nested cgroup
// counts as if it stood below the root). A task that slept gets at most one slice of credit. Each
// CPU has its own virtual clock, because where CPU sets differ time passes differently; a task that
// changes CPUs keeps its distance to the clock. Run time is the kernel's own accounting, so a yield
// costs what it used. Survives hotplug.
#include "bpf/fixture.bpf.h"

enum {
  queue = 0,
  standard_weight = 100,
  cgroups_most = 4096,
  levels_most = 8,
  short_slice_ns = 5 * 1000 * 1000,
};

/* A clock this far behind is of another place, not of a moment ago. */
const u64 far_ns = 1000 * 1000 * 1000;

struct task {
  u64 vtime;
  u64 began; /* sum_exec_runtime when it was last put on a CPU */
  u64 group; /* the id of the cgroup that its weight counts in; 0: none */
  u64 added; /* that weight, while it counts */
  u32 clock; /* the CPU by whose clock vtime goes */
};

struct group {
  u64 weight;
  u64 runnable; /* sum of the weights of tasks that want to run */
};

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct task);
} tasks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, cgroups_most);
  __type(key, u64);
  __type(value, struct group);
} groups SEC(".maps");

/* The latest virtual time at which a task was put on each CPU. */
u64 clocks[KTSTR_CPUS_MOST];

static __always_inline bool before(u64 a, u64 b) {
  return (s64)(a - b) < 0;
}

static __always_inline u64* clock_of(u32 cpu) {
  return &clocks[cpu & (KTSTR_CPUS_MOST - 1)];
}

static __always_inline struct task* task_of(struct task_struct* p) {
  return bpf_task_storage_get(&tasks, p, 0, 0);
}

static __always_inline u64 weight_of(const struct task_struct* p) {
  return p->scx.weight ? p->scx.weight : 1;
}

SEC("struct_ops/select_cpu")
s32 BPF_PROG(vtime_select_cpu, struct task_struct* p, s32 prev_cpu, u64 wake_flags) {
  bool is_idle = false;
  s32 cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);
  if (is_idle) {
    dsq_insert(p, SCX_DSQ_LOCAL, short_slice_ns, 0);
    count_local();
  }
  return cpu;
}

SEC("struct_ops/enqueue")
void BPF_PROG(vtime_enqueue, struct task_struct* p, u64 enq_flags) {
  struct task* task = task_of(p);
  u32 cpu = scx_bpf_task_cpu(p);
  u64 now = *clock_of(cpu);
  if (!task) { /* Only where init_task failed, and then the load did. */
    dsq_insert(p, SCX_DSQ_LOCAL, short_slice_ns, enq_flags);
    return;
  }
  if (task->clock != cpu) task->vtime += now - *clock_of(task->clock);
  task->clock = cpu;
  if (before(task->vtime, now - short_slice_ns)) task->vtime = now - short_slice_ns;
  dsq_insert_vtime(p, queue, short_slice_ns, task->vtime, enq_flags);
  count_enqueued();
  wake_idle_cpu(p);
}

/* What the task has run since it was put on the CPU, in virtual time. */
static __always_inline u64 elapsed(const struct task_struct* p, const struct task* task) {
  u64 ran = p->se.sum_exec_runtime - task->began;
  u64 total = 1, part = 1;
  if (task->added) {
    struct group* group = bpf_map_lookup_elem(&groups, &task->group);
    if (group && group->weight) {
      total = group->runnable > task->added ? group->runnable : task->added;
      part = group->weight;
    }
  }
  return ran * standard_weight * total / (weight_of(p) * part);
}

/* Whether the task that is running is still before every one that waits for this CPU: it is not in
 * the queue, so it cannot be compared there. The kernel keeps it where nothing else is given. */
static __always_inline bool still_first(s32 cpu, const struct task_struct* prev, u64 vtime) {
  struct task_struct* p;
  bpf_for_each(scx_dsq, p, queue, 0) {
    if (bpf_cpumask_test_cpu(cpu, p->cpus_ptr)) return before(vtime, p->scx.dsq_vtime);
  }
  return false;
}

SEC("struct_ops/dispatch")
void BPF_PROG(vtime_dispatch, s32 cpu, struct task_struct* prev) {
  if (prev && prev->scx.flags & SCX_TASK_QUEUED) {
    struct task* task = task_of(prev);
    u64* clock = clock_of(cpu);
    u64 vtime = task ? task->vtime + elapsed(prev, task) : 0;
    if (task && still_first(cpu, prev, vtime)) {
      if (before(*clock, vtime)) *clock = vtime;
      return;
    }
  }
  if (dsq_move_to_local(queue)) count_global(false);
}

SEC("struct_ops/running")
void BPF_PROG(vtime_running, struct task_struct* p) {
  struct task* task = task_of(p);
  u32 cpu = scx_bpf_task_cpu(p);
  u64* clock = clock_of(cpu);
  if (!task) return;
  task->began = p->se.sum_exec_runtime;
  task->clock = cpu;
  if (before(*clock, task->vtime) || before(task->vtime, *clock - far_ns)) *clock = task->vtime;
}

SEC("struct_ops/stopping")
void BPF_PROG(vtime_stopping, struct task_struct* p, bool runnable) {
  struct task* task = task_of(p);
  if (!task) return;
  task->vtime += elapsed(p, task);
  task->began = p->se.sum_exec_runtime;
}

/* The nearest cgroup with a weight of its own counts, except the root. */
SEC("struct_ops/runnable")
void BPF_PROG(vtime_runnable, struct task_struct* p, u64 enq_flags) {
  struct task* task = task_of(p);
  struct cgroup* cgroup = BPF_CORE_READ(p, cgroups, dfl_cgrp);
  int i;
  if (!task || task->added) return;
  bpf_for(i, 0, levels_most) {
    struct cgroup_subsys_state* parent;
    struct group* group;
    if (!cgroup || BPF_CORE_READ(cgroup, level) == 0) return;
    task->group = BPF_CORE_READ(cgroup, kn, id);
    group = bpf_map_lookup_elem(&groups, &task->group);
    if (group) {
      task->added = weight_of(p);
      __sync_fetch_and_add(&group->runnable, task->added);
      return;
    }
    parent = BPF_CORE_READ(cgroup, self.parent);
    cgroup = parent ? BPF_CORE_READ(parent, cgroup) : 0;
  }
}

SEC("struct_ops/quiescent")
void BPF_PROG(vtime_quiescent, struct task_struct* p, u64 deq_flags) {
  struct task* task = task_of(p);
  struct group* group;
  if (!task || !task->added) return;
  group = bpf_map_lookup_elem(&groups, &task->group);
  if (group) __sync_fetch_and_add(&group->runnable, -task->added);
  task->added = 0;
}

SEC("struct_ops.s/init_task")
s32 BPF_PROG(vtime_init_task, struct task_struct* p, struct scx_init_task_args* args) {
  return bpf_task_storage_get(&tasks, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE) ? 0 : -ENOMEM;
}

SEC("struct_ops/enable")
void BPF_PROG(vtime_enable, struct task_struct* p) {
  struct task* task = task_of(p);
  if (!task) return;
  task->clock = scx_bpf_task_cpu(p);
  task->vtime = *clock_of(task->clock);
}

/* One too many has no weight of its own. */
static __always_inline void set_weight(struct cgroup* cgroup, u32 weight) {
  u64 id = cgroup->kn->id;
  struct group fresh = {.weight = weight};
  struct group* group = bpf_map_lookup_elem(&groups, &id);
  if (group)
    group->weight = weight;
  else
    bpf_map_update_elem(&groups, &id, &fresh, BPF_ANY);
}

SEC("struct_ops.s/cgroup_init")
s32 BPF_PROG(vtime_cgroup_init, struct cgroup* cgroup, struct scx_cgroup_init_args* args) {
  set_weight(cgroup, args->weight);
  return 0;
}

SEC("struct_ops.s/cgroup_exit")
void BPF_PROG(vtime_cgroup_exit, struct cgroup* cgroup) {
  u64 id = cgroup->kn->id;
  bpf_map_delete_elem(&groups, &id);
}

SEC("struct_ops/cgroup_set_weight")
void BPF_PROG(vtime_cgroup_set_weight, struct cgroup* cgroup, u32 weight) {
  set_weight(cgroup, weight);
}

SEC("struct_ops.s/init")
s32 BPF_PROG(vtime_init) {
  return scx_bpf_create_dsq(queue, -1);
}

SEC(".struct_ops.link")
struct sched_ext_ops scheduler = {
    .select_cpu = (void*)vtime_select_cpu,
    .enqueue = (void*)vtime_enqueue,
    .dispatch = (void*)vtime_dispatch,
    .runnable = (void*)vtime_runnable,
    .running = (void*)vtime_running,
    .stopping = (void*)vtime_stopping,
    .quiescent = (void*)vtime_quiescent,
    .enable = (void*)vtime_enable,
    .init_task = (void*)vtime_init_task,
    .cgroup_init = (void*)vtime_cgroup_init,
    .cgroup_exit = (void*)vtime_cgroup_exit,
    .cgroup_set_weight = (void*)vtime_cgroup_set_weight,
    .cpu_online = (void*)fixture_cpu_online,
    .cpu_offline = (void*)fixture_cpu_offline,
    .init = (void*)vtime_init,
    .exit = (void*)fixture_exit,
    .name = "scx_vtime",
};
