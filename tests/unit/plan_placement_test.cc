// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "plan/node_match.h"
#include "plan/placement.h"
#include "support/made_up_host.h"

using namespace ktstr;
using namespace ktstr::plan;
using topology::CpuSet;

namespace {

/// Two sockets of eight LLCs with eight cores of two threads.
const ir::HostFacts& big_host() {
  static const ir::HostFacts facts =
      MadeUpHost({.sockets = 2, .llcs = 8, .cores = 8, .threads = 2}).facts();
  return facts;
}

topology::Topology guest(std::string_view shape) {
  return with_memory(topology::expand(*topology::Shape::parse(shape)).value(), {});
}

auto placed(const ir::HostFacts& host, std::string_view shape, const ir::Reservation& held = {},
            vmm::Accelerator accelerator = vmm::Accelerator::kvm, bool keeps_running = true) {
  return place_alone(guest(shape), host, accelerator, keeps_running, held);
}

Placement alone(const ir::HostFacts& host, std::string_view shape,
                const ir::Reservation& held = {}) {
  const auto out = placed(host, shape, held);
  if (const auto* refusal = std::get_if<Refusal>(&out)) FAIL(refusal->reason);
  return std::get<Placement>(out);
}

std::string refusal(const ir::HostFacts& host, std::string_view shape) {
  return std::get<Refusal>(placed(host, shape)).reason;
}

const ir::HostLlc& llc_of(const ir::HostFacts& host, std::uint32_t cpu) {
  for (const ir::HostLlc& llc : host.llcs)
    if (llc.cpus().contains(cpu)) return llc;
  FAIL("no LLC has CPU " << cpu);
  return host.llcs.front();
}

const ir::HostCore& core_of(const ir::HostFacts& host, std::uint32_t cpu) {
  for (const ir::HostCore& core : llc_of(host, cpu).cores)
    if (core.threads.contains(cpu)) return core;
  FAIL("no core has CPU " << cpu);
  return host.llcs.front().cores.front();
}

/// What holds of every placement, whatever the host.
void check_promises(const ir::HostFacts& host, const topology::Topology& topology,
                    const Placement& placement) {
  const std::vector<std::uint32_t>& cpus = placement.performance.vcpu_cpus;
  REQUIRE(cpus.size() == topology.cpu_count());
  CpuSet used;
  for (const std::uint32_t cpu : cpus) used.add(cpu);
  CHECK(used.count() == cpus.size());
  CHECK(used.subset_of(host.allowed));
  CHECK(placement.performance.service_cpus.count() == 1);
  CHECK((placement.performance.service_cpus & used).empty());
  CHECK(placement.performance.service_cpus.subset_of(host.allowed));
  CHECK(placement.performance.node_bindings.size() == topology.nodes.size());
  for (std::uint32_t a = 0; a < cpus.size(); ++a)
    for (std::uint32_t b = 0; b < a; ++b) {
      const bool same_llc = a / topology.cpus_per_llc() == b / topology.cpus_per_llc();
      CHECK(same_llc == (&llc_of(host, cpus[a]) == &llc_of(host, cpus[b])));
      const bool same_core = a / topology.threads == b / topology.threads;
      CHECK(same_core == (&core_of(host, cpus[a]) == &core_of(host, cpus[b])));
      CHECK(core_of(host, cpus[a]).kind == core_of(host, cpus[b]).kind);
    }
  CpuSet llcs;
  for (const std::uint32_t cpu : cpus) llcs.add(llc_of(host, cpu).id());
  CHECK(placement.reservation.llcs_alone == llcs);
  // Whoever honours the reservation leaves the service CPU alone, too.
  const std::uint32_t service = placement.performance.service_cpus.first();
  CHECK((llcs.contains(llc_of(host, service).id()) ||
         placement.reservation.cpus_alone.contains(service)));
}

bool noted(const Placement& placement, std::string_view text) {
  for (const std::string& note : placement.notes)
    if (note.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("shapes of every kind on a big host keep LLCs, cores and threads together") {
  const ir::HostFacts& host = big_host();
  for (const char* shape :
       {"1n1l1c1t", "1n1l8c2t", "1n3l5c2t", "2n4l2c2t", "2n16l7c2t", "1n15l8c2t", "2n8l8c1t"}) {
    CAPTURE(shape);
    check_promises(host, guest(shape), alone(host, shape));
  }
}

TEST_CASE("virtual nodes become nodes of the host, and the memory follows") {
  const ir::HostFacts& host = big_host();
  const Placement placement = alone(host, "2n4l2c2t");
  for (std::uint32_t cpu = 0; cpu < 16; ++cpu)
    CHECK((llc_of(host, placement.performance.vcpu_cpus[cpu]).node ==
           llc_of(host, placement.performance.vcpu_cpus[0]).node) == (cpu < 8));
  const auto& bindings = placement.performance.node_bindings;
  CHECK(bindings[0] == CpuSet{llc_of(host, placement.performance.vcpu_cpus[0]).node});
  CHECK(bindings[1] == CpuSet{llc_of(host, placement.performance.vcpu_cpus[8]).node});
  CHECK_FALSE(noted(placement, "distances"));
  CHECK_FALSE(noted(placement, "not bound"));
}

TEST_CASE("nodes share a host node, or spread over some, when they must, and that is said") {
  const ir::HostFacts& host = big_host();
  CHECK(noted(alone(host, "4n4l1c1t"), "share a node"));
  const Placement spread = alone(host, "1n12l2c1t");
  CHECK(noted(spread, "spreads over"));
  CHECK(spread.performance.node_bindings[0] == CpuSet{0, 1});
}

TEST_CASE("a memory-only node is bound to a node without the others' memory") {
  topology::Topology topology = guest("1n2l2c1t");
  topology.nodes.push_back(
      {.llcs = 0, .memory = 1_GiB, .latency = {}, .bandwidth = {}, .cache = {}});
  const auto out =
      std::get<Placement>(place_alone(topology, big_host(), vmm::Accelerator::kvm, true, {}));
  check_promises(big_host(), topology, out);
  CHECK((out.performance.node_bindings[0] & out.performance.node_bindings[1]).empty());
  CHECK_FALSE(out.performance.node_bindings[1].empty());
}

TEST_CASE("a host that is too small says what it has and what it takes") {
  const ir::HostFacts& host = big_host();
  CHECK(refusal(host, "1n1l9c2t") ==
        "performance mode needs 1 LLC with 9 free cores of 2 threads and one more CPU; this host's "
        "16 LLCs have 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8 such cores on 256 CPUs we may "
        "use");
  CHECK(refusal(host, "1n17l1c1t").find("17 LLCs with 1 free core each") != std::string::npos);
  CHECK(refusal(host, "1n1l1c4t").find("have 0, 0,") != std::string::npos);
  // Every CPU would be a vCPU's.
  CHECK_FALSE(refusal(host, "2n16l8c2t").empty());
  const MadeUpHost one({.cores = 1});
  CHECK(refusal(one.facts(), "1n1l1c1t") ==
        "performance mode needs 1 LLC with 1 free core and one more CPU; this host's 1 LLC has 1 "
        "such cores on 1 CPU we may use");
}

TEST_CASE("the service CPU keeps away from the vCPUs' LLCs, else cores, else threads") {
  const MadeUpHost two({.llcs = 2, .cores = 2, .threads = 2});
  Placement placement = alone(two.facts(), "1n1l2c2t");
  CHECK(placement.performance.service_cpus == CpuSet{0});
  CHECK(placement.performance.vcpu_cpus == std::vector{2U, 6U, 3U, 7U});
  CHECK(
      placement.reservation ==
      ir::Reservation{.llcs_alone = {2}, .llcs_shared = {0}, .cpus_alone = {0}, .cpus_shared = {}});

  const MadeUpHost single({.cores = 3, .threads = 2});
  placement = alone(single.facts(), "1n1l2c2t");
  CHECK(placement.performance.service_cpus == CpuSet{2});
  CHECK(placement.reservation.llcs_alone == CpuSet{0});
  CHECK(placement.reservation.cpus_alone.empty());
  placement = alone(single.facts(), "1n1l3c1t");
  CHECK(placement.performance.vcpu_cpus == std::vector{0U, 1U, 2U});
  CHECK(placement.performance.service_cpus == CpuSet{3});
}

TEST_CASE("offline threads and a cpuset leave fewer whole cores") {
  MadeUpHost made_up({.llcs = 2, .cores = 4, .threads = 2});
  made_up.take_offline({8, 9});  // The second threads of cores 0 and 1.
  CHECK(alone(made_up.facts(), "1n1l3c2t").performance.vcpu_cpus ==
        std::vector{4U, 12U, 5U, 13U, 6U, 14U});
  CHECK(refusal(made_up.facts(), "1n2l3c2t").find("have 2, 4 such") != std::string::npos);
  // A core half of which belongs to somebody else is not whole.
  made_up.allow({0, 1, 2, 3, 4, 5, 6, 7, 10, 11});
  check_promises(made_up.facts(), guest("1n1l4c1t"), alone(made_up.facts(), "1n1l4c1t"));
  CHECK(refusal(made_up.facts(), "1n2l4c1t").find("have 4, 0 such") != std::string::npos);
}

TEST_CASE("on a hybrid processor a machine stays on cores of one kind") {
  MadeUpHost made_up({.cores = 12});
  made_up.write("/sys/devices/cpu_atom/cpus", "4-11");
  const ir::HostFacts host = made_up.facts();
  CHECK(alone(host, "1n1l4c1t").performance.vcpu_cpus == std::vector{0U, 1U, 2U, 3U});
  const Placement slow = alone(host, "1n1l6c1t");
  check_promises(host, guest("1n1l6c1t"), slow);
  CHECK(slow.performance.vcpu_cpus.front() == 4);
  CHECK_FALSE(refusal(host, "1n1l9c1t").empty());
}

TEST_CASE("what others hold is avoided, and waited for when nothing else is left") {
  const MadeUpHost made_up({.llcs = 3, .cores = 2});
  const ir::HostFacts host = made_up.facts();
  CHECK(alone(host, "1n1l2c1t").reservation.llcs_alone == CpuSet{2});
  CHECK(alone(host, "1n1l2c1t", {.llcs_alone = {2}}).reservation.llcs_alone == CpuSet{4});
  CHECK(alone(host, "1n1l2c1t", {.llcs_shared = {2}}).reservation.llcs_alone == CpuSet{4});
  CHECK(alone(host, "1n1l2c1t", {.cpus_alone = {3}}).reservation.llcs_alone == CpuSet{4});
  const Placement forced = alone(host, "1n2l2c1t", {.llcs_alone = {2, 4}});
  CHECK(forced.reservation.llcs_alone == CpuSet{2, 4});
}

TEST_CASE("huge pages are used where every node has enough, else it is said what to do") {
  MadeUpHost made_up({.sockets = 2, .cores = 2});
  CHECK_FALSE(alone(made_up.facts(), "2n2l1c1t").performance.hugepages);
  CHECK(noted(alone(made_up.facts(), "2n2l1c1t"), "0 are free; write more into"));
  const topology::Topology topology = guest("2n2l1c1t");
  const std::uint64_t each = topology.nodes[0].memory.count / (2_MiB).count;
  made_up.set_hugepages(0, each, each);
  made_up.set_hugepages(1, each, each - 1);
  CHECK(noted(alone(made_up.facts(), "2n2l1c1t"), "on host node 1"));
  made_up.set_hugepages(1, each + 1, each);
  CHECK(alone(made_up.facts(), "2n2l1c1t").performance.hugepages);
}

TEST_CASE("memory that a node lacks is not bound to it") {
  const MadeUpHost made_up({.sockets = 2, .cores = 2, .memory = 256_MiB});
  const Placement placement = alone(made_up.facts(), "2n2l1c1t");
  CHECK(placement.performance.node_bindings == std::vector<CpuSet>(2));
  CHECK(noted(placement, "memory is not bound"));
}

TEST_CASE("real-time priority follows the limits") {
  MadeUpHost made_up({.cores = 2});
  CHECK(alone(made_up.facts(), "1n1l1c1t").performance.priority == 0);
  CHECK(noted(alone(made_up.facts(), "1n1l1c1t"), "ulimit -r"));
  made_up.permit_everything();
  CHECK(alone(made_up.facts(), "1n1l1c1t").performance.priority == 1);
  CHECK(noted(alone(made_up.facts(), "1n1l1c1t"), "sched_rt_runtime_us=-1"));
  made_up.write("/proc/sys/kernel/sched_rt_runtime_us", "-1");
  CHECK_FALSE(noted(alone(made_up.facts(), "1n1l1c1t"), "sched_rt_runtime_us"));
}

TEST_CASE("only KVM lets idle vCPUs keep their CPU, and not everywhere") {
  const MadeUpHost made_up({.cores = 2});
  CHECK(alone(made_up.facts(), "1n1l1c1t").performance.keep_running);
  const auto emulated =
      std::get<Placement>(placed(made_up.facts(), "1n1l1c1t", {}, vmm::Accelerator::tcg));
  CHECK_FALSE(emulated.performance.keep_running);
  CHECK_FALSE(noted(emulated, "HLT"));
  const auto without =
      std::get<Placement>(placed(made_up.facts(), "1n1l1c1t", {}, vmm::Accelerator::kvm, false));
  CHECK_FALSE(without.performance.keep_running);
  CHECK(noted(without, "HLT"));
}

TEST_CASE("ordinary machines share whole LLCs, those that are shared already first") {
  const ir::HostFacts& host = big_host();
  SharedPlacement out = place_shared(20, 20, host, {});
  CHECK(out.cpus.count() == 32);
  CHECK(out.reservation.llcs_shared == CpuSet{0, 8});
  CHECK(out.reservation.cpus_shared == out.cpus);
  CHECK(out.reservation.llcs_alone.empty());
  CHECK(place_shared(4, 4, host, {.llcs_shared = {40}}).reservation.llcs_shared == CpuSet{40});
  out = place_shared(4, 4, host, {.llcs_alone = {0}, .cpus_alone = {8, 9}});
  CHECK(out.reservation.llcs_shared == CpuSet{8});
  CHECK(out.cpus.count() == 14);
  CHECK_FALSE(out.cpus.contains(8));
  CHECK(place_shared(1000, 256, host, {}).cpus == host.allowed);
}

TEST_CASE("an ordinary machine waits for CPUs rather than take less than it can do with") {
  const MadeUpHost made_up({.llcs = 2, .cores = 2});
  const ir::HostFacts host = made_up.facts();
  CHECK(place_shared(3, 2, host, {.llcs_alone = {0}}).cpus == CpuSet{2, 3});
  CHECK(place_shared(4, 3, host, {.llcs_alone = {0}}).cpus == host.allowed);
}

TEST_CASE("node matching finds a host node each whenever there is one") {
  const auto match = match_nodes({1, 3, 0, 2}, {{0, 2}, {1, 3}, {2, 1}});
  REQUIRE(match);
  CHECK(match->note.empty());
  CHECK(match->nodes == std::vector<std::vector<std::uint32_t>>{{2}, {1, 1, 1}, {}, {0, 0}});
  CHECK_FALSE(match_nodes({3}, {{0, 1}, {1, 1}}));
  CHECK(match_nodes({1, 1, 1}, {{0, 2}, {1, 1}})->note.find("share") != std::string::npos);
}
