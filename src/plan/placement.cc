// SPDX-License-Identifier: GPL-2.0-only
#include "plan/placement.h"

#include <algorithm>
#include <map>

#include "plan/node_match.h"

namespace ktstr::plan {
namespace {

using topology::CpuSet;
using topology::Topology;

constexpr Bytes hugepage = 2_MiB;
constexpr std::uint32_t vcpu_priority = 1;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string mebibytes(Bytes size) {
  return number(size.count >> 20) + " MiB";
}

/// All CPUs of which somebody holds a part.
CpuSet held_cpus(const ir::HostFacts& host, const ir::Reservation& held) {
  CpuSet out = held.cpus_alone | held.cpus_shared;
  const CpuSet llcs = held.llcs_alone | held.llcs_shared;
  for (const ir::HostLlc& llc : host.llcs)
    if (llcs.contains(llc.id())) out = out | llc.cpus();
  return out;
}

/// An LLC of the host that can be a virtual one, and the cores it offers for that.
struct Slot {
  const ir::HostLlc* llc;
  std::vector<CpuSet> cores;
};

class Placer {
 public:
  Placer(const Topology& topology, const ir::HostFacts& host, CpuSet usable)
      : topology_(topology), host_(host), usable_(std::move(usable)) {}

  /// On cores of one kind; nullopt when they do not suffice.
  std::optional<Placement> on_kind(std::uint32_t kind) {
    std::vector<Slot> slots = find_slots(kind);
    std::map<std::uint32_t, std::vector<Slot>> by_node;
    for (Slot& slot : slots) by_node[slot.llc->node].push_back(std::move(slot));
    std::vector<NodeRoom> rooms;
    for (const auto& [node, its] : by_node)
      rooms.push_back({node, static_cast<std::uint32_t>(its.size())});
    std::vector<std::uint32_t> needs;
    for (const topology::Node& node : topology_.nodes) needs.push_back(node.llcs);
    const std::optional<NodeMatch> match = match_nodes(needs, rooms);
    if (!match) return std::nullopt;
    if (!match->note.empty()) out_.notes.push_back(match->note);

    for (const std::vector<std::uint32_t>& nodes : match->nodes) {
      CpuSet binding;
      for (const std::uint32_t node : nodes) {
        std::vector<Slot>& left = by_node.at(node);
        use(left.front());
        left.erase(left.begin());
        binding.add(node);
      }
      out_.performance.node_bindings.push_back(binding);
    }
    if (!find_service_cpu()) return std::nullopt;
    return out_;
  }

 private:
  /// Those with the fewest cores to spare first, the one with the lowest CPU last among equals:
  /// much of a host's own work happens there.
  [[nodiscard]] std::vector<Slot> find_slots(std::uint32_t kind) const {
    std::vector<Slot> out;
    for (const ir::HostLlc& llc : host_.llcs) {
      Slot slot{&llc, {}};
      // Its other CPUs would be taken, too.
      if (!(llc.cpus() & host_.allowed).subset_of(usable_)) continue;
      for (const ir::HostCore& core : llc.cores)
        if (core.kind == kind && core.threads.count() >= topology_.threads &&
            core.threads.subset_of(usable_))
          slot.cores.push_back(core.threads);
      if (slot.cores.size() >= topology_.cores) out.push_back(std::move(slot));
    }
    std::ranges::stable_sort(out, {}, [&](const Slot& slot) {
      return std::pair(slot.cores.size(), slot.llc == &host_.llcs.front());
    });
    return out;
  }

  void use(const Slot& slot) {
    used_llcs_ = used_llcs_ | slot.llc->cpus();
    out_.reservation.llcs_alone.add(slot.llc->id());
    for (std::uint32_t core = 0; core < topology_.cores; ++core) {
      const std::vector<std::uint32_t> threads = slot.cores[core].members();
      used_cores_ = used_cores_ | slot.cores[core];
      for (std::uint32_t thread = 0; thread < topology_.threads; ++thread) {
        out_.performance.vcpu_cpus.push_back(threads[thread]);
        used_cpus_.add(threads[thread]);
      }
    }
  }

  /// Away from the vCPUs' caches, else from their cores, else from their threads.
  bool find_service_cpu() {
    for (const CpuSet& used : {used_llcs_, used_cores_, used_cpus_}) {
      const CpuSet free = usable_ - used;
      if (free.empty()) continue;
      const std::uint32_t cpu = free.first();
      out_.performance.service_cpus.add(cpu);
      for (const ir::HostLlc& llc : host_.llcs)
        if (llc.cpus().contains(cpu) && !used_llcs_.contains(cpu)) {
          out_.reservation.llcs_shared.add(llc.id());
          out_.reservation.cpus_alone.add(cpu);
        }
      return true;
    }
    return false;
  }

  const Topology& topology_;
  const ir::HostFacts& host_;
  const CpuSet usable_;
  Placement out_;
  CpuSet used_llcs_, used_cores_, used_cpus_;
};

std::optional<Placement> place_on(const Topology& topology, const ir::HostFacts& host,
                                  const CpuSet& usable) {
  std::uint32_t kinds = 1;
  for (const ir::HostLlc& llc : host.llcs)
    for (const ir::HostCore& core : llc.cores) kinds = std::max(kinds, core.kind + 1);
  for (std::uint32_t kind = 0; kind < kinds; ++kind)
    if (std::optional<Placement> out = Placer(topology, host, usable).on_kind(kind)) return out;
  return std::nullopt;
}

std::string too_small(const Topology& topology, const ir::HostFacts& host) {
  const std::string wanted =
      number(topology.llc_count()) + (topology.llc_count() == 1 ? " LLC with " : " LLCs with ") +
      number(topology.cores) + (topology.cores == 1 ? " free core" : " free cores") +
      (topology.threads > 1 ? " of " + number(topology.threads) + " threads" : "") +
      (topology.llc_count() == 1 ? "" : " each") + " and one more CPU";
  std::string offered;
  for (const ir::HostLlc& llc : host.llcs) {
    const auto whole = std::ranges::count_if(llc.cores, [&](const ir::HostCore& core) {
      return core.threads.subset_of(host.allowed) && core.threads.count() >= topology.threads;
    });
    offered += (offered.empty() ? "" : ", ") + number(static_cast<std::uint64_t>(whole));
  }
  constexpr std::size_t longest = 60;
  if (offered.size() > longest) offered = offered.substr(0, offered.rfind(',', longest)) + ", …";
  return "performance mode needs " + wanted + "; this host's " + number(host.llcs.size()) +
         (host.llcs.size() == 1 ? " LLC has " : " LLCs have ") + offered + " such cores on " +
         number(host.cpus) + (host.cpus == 1 ? " CPU" : " CPUs") + " we may use";
}

/// Gives the memory-only nodes a place and leaves out bindings the host has no memory for.
void bind_memory(const Topology& topology, const ir::HostFacts& host, Placement& out) {
  std::vector<CpuSet>& bindings = out.performance.node_bindings;
  CpuSet used;
  for (const CpuSet& binding : bindings) used = used | binding;
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    if (topology.nodes[i].llcs > 0) continue;
    const auto best = std::ranges::max_element(host.nodes, {}, [&](const ir::HostNode& node) {
      return std::tuple(!used.contains(node.id), node.cpus.empty(), node.memory_free);
    });
    bindings[i].add(best->id);
    used.add(best->id);
  }
  std::map<std::uint32_t, Bytes> wanted;  // Of each host node; what may come from several counts
                                          // in equal parts.
  for (std::size_t i = 0; i < bindings.size(); ++i)
    for (const std::uint32_t node : bindings[i].members())
      wanted[node].count += topology.nodes[i].memory.count / bindings[i].count();
  for (const ir::HostNode& node : host.nodes) {
    const auto found = wanted.find(node.id);
    if (found == wanted.end()) continue;
    Bytes pooled;
    for (const ir::HugepagePool& pool : node.hugepages)
      if (pool.size == hugepage) pooled = pool.size * pool.free;
    if (found->second <= std::max(node.memory_free, pooled)) continue;
    out.notes.push_back("host node " + number(node.id) + " has " + mebibytes(node.memory_free) +
                        " free, not the " + mebibytes(found->second) +
                        " wanted there: memory is not bound to nodes");
    for (CpuSet& binding : bindings) binding = {};
    return;
  }
}

void choose_pages(const Topology& topology, const ir::HostFacts& host, Placement& out) {
  std::map<std::uint32_t, std::uint64_t> needed;  // Pages of each host node; any: no_node.
  constexpr std::uint32_t no_node = CpuSet::limit;
  for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
    const Bytes memory = topology.nodes[i].memory;
    if (memory.count % hugepage.count != 0) {
      out.notes.push_back("no huge pages: node " + number(i) + " has " + mebibytes(memory) +
                          ", which is no multiple of 2 MiB");
      return;
    }
    const CpuSet& binding = out.performance.node_bindings[i];
    const std::uint64_t pages = memory.count / hugepage.count;
    if (binding.empty()) needed[no_node] += pages;
    for (const std::uint32_t node : binding.members())
      needed[node] += (pages + binding.count() - 1) / binding.count();
  }
  std::uint64_t free_anywhere = 0;
  std::map<std::uint32_t, std::uint64_t> free;
  for (const ir::HostNode& node : host.nodes)
    for (const ir::HugepagePool& pool : node.hugepages)
      if (pool.size == hugepage) free_anywhere += free[node.id] = pool.free;
  for (const auto& [node, pages] : needed) {
    const std::uint64_t there = node == no_node ? free_anywhere : free[node];
    if (there >= pages) continue;
    out.notes.push_back("no huge pages: " + number(pages) + " of 2 MiB are needed" +
                        (node == no_node ? "" : " on host node " + number(node)) + ", " +
                        number(there) + " are free; write more into /sys/devices/system/node/node" +
                        number(node == no_node ? 0 : node) +
                        "/hugepages/hugepages-2048kB/nr_hugepages");
    return;
  }
  out.performance.hugepages = true;
}

void choose_priority(const ir::HostFacts& host, Placement& out) {
  if (host.realtime_priority < vcpu_priority) {
    out.notes.push_back(
        "vCPUs are not real-time tasks: SCHED_FIFO is not permitted; allow it by `ulimit -r 1` or "
        "CAP_SYS_NICE");
    return;
  }
  out.performance.priority = vcpu_priority;
  if (host.realtime_throttled)
    out.notes.push_back(
        "the kernel may stop real-time tasks for a part of each second; `sysctl "
        "kernel.sched_rt_runtime_us=-1` ends that");
}

}  // namespace

std::variant<Placement, Refusal> place_alone(const Topology& topology, const ir::HostFacts& host,
                                             vmm::Accelerator accelerator, bool keeps_running,
                                             const ir::Reservation& held) {
  std::optional<Placement> out = place_on(topology, host, host.allowed - held_cpus(host, held));
  if (!out) out = place_on(topology, host, host.allowed);
  if (!out) return Refusal{too_small(topology, host)};
  bind_memory(topology, host, *out);
  choose_pages(topology, host, *out);
  choose_priority(host, *out);
  if (accelerator == vmm::Accelerator::tcg)
    out->notes.push_back("emulated vCPUs are pinned, but no faster for it");
  else if (keeps_running)
    out->performance.keep_running = true;
  else
    out->notes.push_back(
        "idle and spinning vCPUs give up their CPU: this host's KVM cannot switch off the exits "
        "of HLT and PAUSE");
  return *std::move(out);
}

SharedPlacement place_shared(std::uint32_t wanted, std::uint32_t least, const ir::HostFacts& host,
                             const ir::Reservation& held) {
  CpuSet alone = held.cpus_alone;
  std::vector<const ir::HostLlc*> order;
  for (const ir::HostLlc& llc : host.llcs) {
    if (held.llcs_alone.contains(llc.id())) alone = alone | llc.cpus();
    if (!(llc.cpus() & host.allowed).empty()) order.push_back(&llc);
  }
  CpuSet usable = host.allowed - alone;
  if (usable.count() < std::min(least, host.cpus)) usable = host.allowed;
  std::ranges::stable_partition(
      order, [&](const ir::HostLlc* llc) { return held.llcs_shared.contains(llc->id()); });
  SharedPlacement out;
  for (const ir::HostLlc* llc : order) {
    const CpuSet cpus = llc->cpus() & usable;
    if (cpus.empty()) continue;
    if (out.cpus.count() >= wanted) break;
    out.cpus = out.cpus | cpus;
    out.reservation.llcs_shared.add(llc->id());
  }
  out.reservation.cpus_shared = out.cpus;
  return out;
}

}  // namespace ktstr::plan
