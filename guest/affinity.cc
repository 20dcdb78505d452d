// SPDX-License-Identifier: GPL-2.0-only
#include "guest/affinity.h"

#include <algorithm>
#include <array>
#include <bit>

#include <sched.h>

#include "base/overload.h"

namespace ktstr::guest {
namespace {

using topology::CpuSet;
using topology::Topology;

/// Half of the pool, at least one. Written out, because std::shuffle differs between libraries.
CpuSet draw_half(const CpuSet& pool, std::mt19937_64& random) {
  std::vector<std::uint32_t> members = pool.members();
  const std::size_t wanted = std::max<std::size_t>(1, members.size() / 2);
  CpuSet out;
  for (std::size_t i = 0; i < wanted; ++i) {
    std::swap(members[i], members[i + random() % (members.size() - i)]);
    out.add(members[i]);
  }
  return out;
}

Result<CpuSet> largest_llc_part(const CpuSet& pool, const Topology& topology) {
  CpuSet best;
  for (std::uint32_t llc = 0; llc < topology.llc_count(); ++llc)
    if (CpuSet part = pool & topology.cpus_of_llc(llc); part.count() > best.count())
      best = std::move(part);
  if (best.empty())
    return fail("affinity `llc`: no LLC has any of the CPUs {" + to_text(pool) + "}");
  return best;
}

/// Two workers to a core, around again when every core has its two.
Result<CpuSet> smt_pair(const CpuSet& pool, const Topology& topology, std::size_t number) {
  std::vector<CpuSet> pairs;
  for (std::uint32_t core = 0; core < topology.core_count(); ++core) {
    const std::vector<std::uint32_t> siblings = (pool & topology.cpus_of_core(core)).members();
    if (siblings.size() >= 2) pairs.push_back({siblings[0], siblings[1]});
  }
  if (pairs.empty())
    return fail("affinity `smt_pair`: no core has two siblings among the CPUs {" + to_text(pool) +
                "}");
  return pairs[number / 2 % pairs.size()];
}

/// The kernel's form of a CPU set.
struct Mask {
  std::array<std::uint64_t, CpuSet::limit / 64> words{};

  cpu_set_t* get() { return reinterpret_cast<cpu_set_t*>(words.data()); }
};

}  // namespace

Result<std::optional<CpuSet>> resolve(const ir::Affinity& affinity, const CpuSet& pool,
                                      const Topology& topology, std::size_t number,
                                      std::mt19937_64& random) {
  using Chosen = Result<std::optional<CpuSet>>;
  if (pool.empty()) return fail("choose an affinity: the cgroup has no CPUs");
  return std::visit(
      Overload{
          [](const ir::InheritAffinity&) -> Chosen { return std::optional<CpuSet>(); },
          [&](const ir::RandomAffinity&) -> Chosen {
            return std::optional(draw_half(pool, random));
          },
          [&](const ir::LlcAffinity&) -> Chosen {
            return std::optional(TRY(largest_llc_part(pool, topology)));
          },
          [&](const ir::SpanningAffinity&) -> Chosen { return std::optional(topology.all_cpus()); },
          [&](const ir::SingleAffinity&) -> Chosen { return std::optional(CpuSet{pool.first()}); },
          [&](const ir::SmtPairAffinity&) -> Chosen {
            return std::optional(TRY(smt_pair(pool, topology, number)));
          },
          [&](const ir::ExactCpus& exact) -> Chosen {
            CpuSet allowed = exact.cpus & pool;
            if (allowed.empty())
              return fail("affinity {" + to_text(exact.cpus) + "}: the cgroup may use {" +
                          to_text(pool) + "}");
            return std::optional(std::move(allowed));
          },
      },
      affinity);
}

Result<CpuSet> bound_cpus(pid_t tid) {
  Mask mask;
  if (::sched_getaffinity(tid, sizeof mask.words, mask.get()) != 0)
    return fail_errno("read the affinity");
  CpuSet out;
  for (std::uint32_t i = 0; i < mask.words.size(); ++i)
    for (std::uint64_t bits = mask.words[i]; bits != 0; bits &= bits - 1)
      out.add(i * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
  return out;
}

Status bind_thread(pid_t tid, const CpuSet& cpus) {
  Mask mask;
  for (const std::uint32_t cpu : cpus.members()) mask.words[cpu / 64] |= 1ULL << (cpu % 64);
  if (::sched_setaffinity(tid, sizeof mask.words, mask.get()) == 0) return {};
  return fail_errno("set the affinity to {" + to_text(cpus) + "}");
}

}  // namespace ktstr::guest
