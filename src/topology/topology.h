// SPDX-License-Identifier: GPL-2.0-only
// Topology: the machine a scenario asks for. Everything that realises or checks it (QEMU's command
// line, ACPI, CPUID, the view a guest's sysfs should give) is derived from this one value.
//
// CPU numbers are LLC-major, then core, then thread: with 2 threads per core, CPUs 0 and 1 are
// siblings. LLCs are numbered through the nodes in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/scalars.h"
#include "topology/cpuset.h"

namespace ktstr::topology {

/// The short form `NnLlCcTt`: nodes, LLCs in total, cores per LLC, threads per core.
struct Shape {
  std::uint32_t nodes = 1;
  std::uint32_t llcs = 1;
  std::uint32_t cores = 2;
  std::uint32_t threads = 1;

  bool operator==(const Shape&) const = default;
  /// nullopt unless the text has exactly this form with numbers below 10,000.
  static std::optional<Shape> parse(std::string_view text);
};

std::string to_text(const Shape& shape);  ///< `1n2l4c1t`

/// A cache in front of a node's memory (ACPI 6.5, HMAT, memory side cache information structure).
struct MemorySideCache {
  Bytes size;
  std::uint32_t associativity = 1;
  std::uint32_t line_size = 64;

  bool operator==(const MemorySideCache&) const = default;
  static constexpr auto schema =
      schema::record("memory_side_cache", "A cache in front of a node's memory.",
                     schema::Field{"size", &MemorySideCache::size, "Its size.", schema::required},
                     schema::Field{"associativity", &MemorySideCache::associativity, "Ways.",
                                   schema::range(0, 15)},
                     schema::Field{"line_size", &MemorySideCache::line_size, "Bytes per line.",
                                   schema::range(16, 4096)});
};

struct Node {
  std::uint32_t llcs = 1;
  Bytes memory;  ///< 0: the default, see `with_memory`.
  std::optional<Nanos> latency;
  std::optional<Bytes> bandwidth;
  std::optional<MemorySideCache> cache;

  bool operator==(const Node&) const = default;
  static constexpr auto schema = schema::record(
      "node", "A NUMA node.",
      schema::Field{"llcs", &Node::llcs, "Its last-level caches; 0 makes a memory-only node.",
                    schema::range(0, 1024)},
      schema::Field{"memory", &Node::memory, "Its memory; by default an equal part of the whole."},
      schema::Field{"latency", &Node::latency, "Access latency of its memory from its own CPUs.",
                    schema::range(1ns, 1ms)},
      schema::Field{"bandwidth", &Node::bandwidth, "Bandwidth of its memory per second."},
      schema::Field{"cache", &Node::cache, "A memory-side cache."});
};

struct Topology {
  std::vector<Node> nodes{Node{}};
  std::uint32_t cores = 2;                              ///< Cores per LLC.
  std::uint32_t threads = 1;                            ///< Threads per core.
  std::vector<std::vector<std::uint32_t>> distances{};  ///< Empty: 10 on the diagonal, else 20.

  bool operator==(const Topology&) const = default;
  static constexpr auto schema = schema::record(
      "topology", "The machine, node by node, where the short form does not do.",
      schema::Field{"nodes", &Topology::nodes, "The NUMA nodes in order.", schema::required},
      schema::Field{"cores", &Topology::cores, "Cores per LLC.", schema::range(1, 1024)},
      schema::Field{"threads", &Topology::threads, "Threads per core.", schema::range(1, 8)},
      schema::Field{
          "distances", &Topology::distances,
          "SLIT distances, a row per node: 10 on the diagonal, more elsewhere, symmetric; "
          "10 and 20 by default.",
          schema::example("[[10, 20], [20, 10]]")});

  [[nodiscard]] std::uint32_t llc_count() const;
  [[nodiscard]] std::uint32_t core_count() const { return llc_count() * cores; }
  [[nodiscard]] std::uint32_t cpu_count() const { return core_count() * threads; }
  [[nodiscard]] std::uint32_t cpus_per_llc() const { return cores * threads; }
  [[nodiscard]] std::uint32_t cpu_node_count() const;  ///< Nodes that have CPUs.
  [[nodiscard]] Bytes memory() const;                  ///< Of all nodes together.

  [[nodiscard]] CpuSet all_cpus() const { return CpuSet::range(0, cpu_count()); }
  /// All CPUs but the last when there are more than two: the last is left to the harness.
  [[nodiscard]] CpuSet usable_cpus() const;
  /// Of an LLC, a core, a node by index; the caller keeps within the counts above.
  [[nodiscard]] CpuSet cpus_of_llc(std::uint32_t llc) const;
  [[nodiscard]] CpuSet cpus_of_core(std::uint32_t core) const;
  [[nodiscard]] CpuSet cpus_of_node(std::uint32_t node) const;
  [[nodiscard]] std::uint32_t node_of_llc(std::uint32_t llc) const;
  [[nodiscard]] std::uint32_t llc_of_cpu(std::uint32_t cpu) const { return cpu / cpus_per_llc(); }
  [[nodiscard]] std::uint32_t node_of_cpu(std::uint32_t cpu) const {
    return node_of_llc(llc_of_cpu(cpu));
  }
  [[nodiscard]] std::uint32_t distance(std::uint32_t from, std::uint32_t to) const;
};

/// Fails when the LLCs cannot be divided evenly among the nodes or the whole is too large.
Result<Topology> expand(const Shape& shape);
/// The short form, when the topology has equal nodes, default distances and no further attributes.
std::optional<Shape> to_shape(const Topology& topology);
/// The short form, or one that lists the LLCs of each node: `2n[3+1]l4c1t`.
std::string to_text(const Topology& topology);
/// What is wrong with a topology as a machine, as one sentence; nothing when it can be had.
std::optional<std::string> flaw(const Topology& topology);
/// The topology with every node's memory decided: given sizes stay, the rest of `total` is divided
/// evenly among the others in steps of 128 MiB, the granularity in which the kernel assigns memory
/// to nodes. Without `total` it is 64 MiB per CPU, at least 1 GiB and 256 MiB per node.
Topology with_memory(Topology topology, std::optional<Bytes> total);

}  // namespace ktstr::topology

template <>
struct ktstr::schema::Scalar<ktstr::topology::Shape> {
  static constexpr std::string_view name = "shape";
  static constexpr std::string_view doc =
      "Nodes, LLCs in total, cores per LLC and threads per core.";
  static constexpr std::string_view pattern = "^[0-9]+n[0-9]+l[0-9]+c[0-9]+t$";
  static constexpr std::string_view example = "1n2l4c1t";
  static std::string print(const topology::Shape& shape) { return to_text(shape); }
  static void encode(const topology::Shape& shape, Encoder& out) { out.text(to_text(shape)); }
  static void decode(topology::Shape& shape, Decoder& in);
};
