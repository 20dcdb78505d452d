/* SPDX-License-Identifier: GPL-2.0-only */
/* What our BPF programs use of the kernel, and nothing more: types (fields found by CO-RE, so their
 * order here means nothing), constants and kfuncs of sched_ext from 6.12 to 7.x. What a kernel may
 * lack is declared weak, and the wrappers at the end choose, newest name first. For BPF only, and
 * instead of vmlinux.h. */
#ifndef KTSTR_BPF_KERNEL_H
#define KTSTR_BPF_KERNEL_H

typedef unsigned char __u8;
typedef signed short __s16;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef _Bool bool;
enum { false, true };

/* From the user-space interface of BPF, where they never change. */
enum {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_TASK_STORAGE = 29,
  BPF_ANY = 0,
  BPF_F_NO_PREALLOC = 1,
  BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
  CLOCK_MONOTONIC = 1,
  ENOMEM = 12,
};

struct bpf_timer {
  __u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_iter_num {
  __u64 opaque[1];
} __attribute__((aligned(8)));

struct bpf_iter_scx_dsq {
  __u64 opaque[6];
} __attribute__((aligned(8)));

#include <bpf/bpf_helpers.h>
/* After the types that they use. */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct cpumask {
  unsigned long bits[1];
};

struct kernfs_node {
  const char* name;
  u64 id;
};

struct cgroup;

struct cgroup_subsys_state {
  struct cgroup* cgroup;
  struct cgroup_subsys_state* parent;
};

struct cgroup {
  struct cgroup_subsys_state self;
  int level;
  struct kernfs_node* kn;
};

struct css_set {
  struct cgroup* dfl_cgrp;
};

struct sched_entity {
  u64 sum_exec_runtime;
};

struct sched_ext_entity {
  u32 flags;
  u32 weight;
  u64 dsq_vtime;
};

struct task_struct {
  unsigned int flags;
  int pid;
  int tgid;
  int nr_cpus_allowed;
  const struct cpumask* cpus_ptr;
  struct css_set* cgroups;
  struct sched_entity se;
  struct sched_ext_entity scx;
};

enum { PF_KTHREAD = 0x00200000, SCX_TASK_QUEUED = 1 };

enum scx_exit_kind { SCX_EXIT_NONE };

struct scx_exit_info {
  enum scx_exit_kind kind;
  s64 exit_code;
  const char* reason;
  char* msg;
  char* dump;
};

struct scx_init_task_args {
  bool fork;
};

struct scx_cgroup_init_args {
  u32 weight;
};

/* Only what some fixture sets. */
struct sched_ext_ops {
  s32 (*select_cpu)(struct task_struct* p, s32 prev_cpu, u64 wake_flags);
  void (*enqueue)(struct task_struct* p, u64 enq_flags);
  void (*dispatch)(s32 cpu, struct task_struct* prev);
  void (*runnable)(struct task_struct* p, u64 enq_flags);
  void (*running)(struct task_struct* p);
  void (*stopping)(struct task_struct* p, bool runnable);
  void (*quiescent)(struct task_struct* p, u64 deq_flags);
  void (*enable)(struct task_struct* p);
  s32 (*init_task)(struct task_struct* p, struct scx_init_task_args* args);
  s32 (*cgroup_init)(struct cgroup* cgroup, struct scx_cgroup_init_args* args);
  void (*cgroup_exit)(struct cgroup* cgroup);
  void (*cgroup_set_weight)(struct cgroup* cgroup, u32 weight);
  void (*cpu_online)(s32 cpu);
  void (*cpu_offline)(s32 cpu);
  s32 (*init)(void);
  void (*exit)(struct scx_exit_info* info);
  u64 flags;
  u32 timeout_ms;
  char name[128];
};

#pragma clang attribute pop

/* Those whose values are the same in every kernel with sched_ext. */
enum {
  SCX_OPS_ENQ_LAST = 1 << 1, /* sched_ext_ops.flags */
  SCX_KICK_IDLE = 1,         /* scx_bpf_kick_cpu */
  SCX_KICK_PREEMPT = 2,
};

static const u64 SCX_DSQ_LOCAL = 1ULL << 63 | 2;
static const u64 SCX_DSQ_LOCAL_ON = 3ULL << 62; /* | cpu */
static const u64 SCX_ENQ_LAST = 1ULL << 41;
static const u64 SCX_ECODE_RSN_HOTPLUG = 1ULL << 32;
static const u64 SCX_ECODE_ACT_RESTART = 1ULL << 48;

extern s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
extern s32 scx_bpf_dsq_nr_queued(u64 dsq_id) __ksym;
extern s32 scx_bpf_select_cpu_dfl(struct task_struct* p, s32 prev_cpu, u64 wake_flags,
                                  bool* is_idle) __ksym;
extern s32 scx_bpf_pick_idle_cpu(const struct cpumask* allowed, u64 flags) __ksym;
extern s32 scx_bpf_pick_any_cpu(const struct cpumask* allowed, u64 flags) __ksym;
extern bool scx_bpf_test_and_clear_cpu_idle(s32 cpu) __ksym;
extern void scx_bpf_kick_cpu(s32 cpu, u64 flags) __ksym;
extern s32 scx_bpf_task_cpu(const struct task_struct* p) __ksym;
extern int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq* it, u64 dsq_id, u64 flags) __ksym __weak;
extern struct task_struct* bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq* it) __ksym __weak;
extern void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq* it) __ksym __weak;
extern void scx_bpf_error_bstr(char* fmt, unsigned long long* data, u32 data__sz) __ksym;
extern void scx_bpf_exit_bstr(s64 exit_code, char* fmt, unsigned long long* data,
                              u32 data__sz) __ksym;
extern bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask* mask) __ksym;

/* 6.12 has the first name of each; 6.13 renamed them; 6.19 added the variants that return bool or
 * take a struct, and announced the end of the older. libbpf ignores what follows the last `___`. */
extern void scx_bpf_dispatch___first(struct task_struct* p, u64 dsq_id, u64 slice,
                                     u64 enq_flags) __ksym __weak;
extern void scx_bpf_dsq_insert___second(struct task_struct* p, u64 dsq_id, u64 slice,
                                        u64 enq_flags) __ksym __weak;
extern bool scx_bpf_dsq_insert___v2___third(struct task_struct* p, u64 dsq_id, u64 slice,
                                            u64 enq_flags) __ksym __weak;

extern void scx_bpf_dispatch_vtime___first(struct task_struct* p, u64 dsq_id, u64 slice, u64 vtime,
                                           u64 enq_flags) __ksym __weak;
extern void scx_bpf_dsq_insert_vtime___second(struct task_struct* p, u64 dsq_id, u64 slice,
                                              u64 vtime, u64 enq_flags) __ksym __weak;
struct scx_bpf_dsq_insert_vtime_args {
  u64 dsq_id;
  u64 slice;
  u64 vtime;
  u64 enq_flags;
};
extern bool __scx_bpf_dsq_insert_vtime___third(
    struct task_struct* p, struct scx_bpf_dsq_insert_vtime_args* args) __ksym __weak;

extern bool scx_bpf_consume___first(u64 dsq_id) __ksym __weak;
extern bool scx_bpf_dsq_move_to_local___second(u64 dsq_id) __ksym __weak;
extern bool scx_bpf_dsq_move_to_local___v2___third(u64 dsq_id, u64 enq_flags) __ksym __weak;

static __always_inline void dsq_insert(struct task_struct* p, u64 dsq_id, u64 slice,
                                       u64 enq_flags) {
  if (bpf_ksym_exists(scx_bpf_dsq_insert___v2___third))
    scx_bpf_dsq_insert___v2___third(p, dsq_id, slice, enq_flags);
  else if (bpf_ksym_exists(scx_bpf_dsq_insert___second))
    scx_bpf_dsq_insert___second(p, dsq_id, slice, enq_flags);
  else
    scx_bpf_dispatch___first(p, dsq_id, slice, enq_flags);
}

static __always_inline void dsq_insert_vtime(struct task_struct* p, u64 dsq_id, u64 slice,
                                             u64 vtime, u64 enq_flags) {
  if (bpf_ksym_exists(__scx_bpf_dsq_insert_vtime___third)) {
    struct scx_bpf_dsq_insert_vtime_args args = {
        .dsq_id = dsq_id, .slice = slice, .vtime = vtime, .enq_flags = enq_flags};
    __scx_bpf_dsq_insert_vtime___third(p, &args);
  } else if (bpf_ksym_exists(scx_bpf_dsq_insert_vtime___second)) {
    scx_bpf_dsq_insert_vtime___second(p, dsq_id, slice, vtime, enq_flags);
  } else {
    scx_bpf_dispatch_vtime___first(p, dsq_id, slice, vtime, enq_flags);
  }
}

static __always_inline bool dsq_move_to_local(u64 dsq_id) {
  if (bpf_ksym_exists(scx_bpf_dsq_move_to_local___v2___third))
    return scx_bpf_dsq_move_to_local___v2___third(dsq_id, 0);
  if (bpf_ksym_exists(scx_bpf_dsq_move_to_local___second))
    return scx_bpf_dsq_move_to_local___second(dsq_id);
  return scx_bpf_consume___first(dsq_id);
}

#endif
