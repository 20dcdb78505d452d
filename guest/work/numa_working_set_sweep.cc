// SPDX-License-Identifier: GPL-2.0-only
#include <vector>

#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "guest/work/nodes.h"
#include "guest/work/worker.h"
#include "ir/work/numa.h"

namespace ktstr::guest {
namespace {

/// Binds the memory to a node and moves there what is elsewhere.
void move_to(std::uint32_t node, void* region, std::size_t size, Worker& worker) {
  constexpr std::uint32_t bits = 64;
  std::vector<std::uint64_t> mask(node / bits + 1);
  mask.back() = std::uint64_t{1} << (node % bits);
  const std::size_t length = mask.size() * bits + 1;  // The kernel looks at one bit less.
  if (::syscall(SYS_mbind, region, size, MPOL_BIND, mask.data(), length, MPOL_MF_MOVE) != 0)
    worker.fail_errno("bind memory to node " + std::to_string(node));
}

}  // namespace

template <>
void run_work(const ir::NumaWorkingSetSweep& sweep, Worker& worker) {
  std::vector<std::uint32_t> nodes;
  for (const ir::Count& node : sweep.nodes) nodes.push_back(static_cast<std::uint32_t>(node.get()));
  if (nodes.empty()) nodes = memory_nodes();

  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t size = (sweep.region.count + page - 1) / page * page;
  void* const region =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) worker.fail_errno("map the region");
  auto* const bytes = static_cast<volatile std::uint8_t*>(region);

  for (std::size_t next = 0; !worker.stopping(); next = (next + 1) % nodes.size()) {
    move_to(nodes[next], region, size, worker);
    const Nanos end = worker.checkpoint() + sweep.period;
    do {
      for (std::size_t at = 0; at < size; at += 64) {
        bytes[at] = static_cast<std::uint8_t>(bytes[at] + 1);
        if (at % (1024 * page) == 0) worker.checkpoint();
      }
      worker.iterate(size / page);
    } while (worker.checkpoint() < end && !worker.stopping());
  }
}

}  // namespace ktstr::guest
