// SPDX-License-Identifier: GPL-2.0-only
#include <cmath>

#include "base/overload.h"
#include "expand/resolver.h"
#include "schema/scalars.h"
#include "schema/walk.h"
#include "topology/partition.h"

namespace ktstr::expand {
namespace {

using topology::CpuSet;
using topology::Topology;

std::string at(const std::string& path, const std::string& below) {
  if (below.empty() || path.empty()) return path + below;
  return path + (below.starts_with('[') ? "" : ".") + below;
}

/// Puts a number into a deferred value's literal; false when it does not fit.
bool store(double value, const schema::DeferredShape& shape, void* data) {
  if (&shape.literal_type() == &schema::type_of<double>()) {
    *static_cast<double*>(shape.literal(data)) = value;
    return true;
  }
  if (value != std::floor(value) || std::abs(value) > 9e15) return false;
  *static_cast<std::int64_t*>(shape.literal(data)) = static_cast<std::int64_t>(value);
  return true;
}

Result<CpuSet> part_of(const char* what, std::int64_t index, std::uint32_t count,
                       CpuSet (Topology::*cpus)(std::uint32_t) const, const Topology& topology) {
  if (index < 0 || index >= count)
    return fail("there is no " + std::string(what) + " " + std::to_string(index) + ": " +
                to_text(topology) + " has " + std::to_string(count) + ", counted from 0");
  CpuSet out = (topology.*cpus)(static_cast<std::uint32_t>(index));
  if (out.empty()) return fail(std::string(what) + " " + std::to_string(index) + " has no CPUs");
  return out;
}

Result<CpuSet> exact(const CpuSet& cpus, const Topology& topology) {
  const CpuSet beyond = cpus - topology.all_cpus();
  if (!beyond.empty())
    return fail("CPUs " + to_text(beyond) + " do not exist: " + to_text(topology) + " has 0-" +
                std::to_string(topology.cpu_count() - 1));
  if (cpus.empty()) return fail("the set of CPUs is empty");
  return cpus;
}

}  // namespace

bool resolve_expressions(schema::Ref value, const std::string& path, const Variables& variables,
                         Reporter& reporter) {
  bool ok = true;
  schema::for_each_deferred(value, [&](schema::Ref ref, const schema::DeferredShape& shape,
                                       const schema::Site& site) {
    if (shape.resolved(ref.data)) return;
    const std::string here = at(path, site.path.text());
    const auto& expr = *static_cast<const ir::Expr*>(shape.expression(ref.data));
    const std::string text = to_text(expr);
    const Result<double> number = evaluate(expr, variables);
    if (!number) {
      reporter.report(code("evaluation"), here, number.error());
      ok = false;
    } else if (!store(*number, shape, ref.data)) {
      reporter.report(code("not_an_integer"), here,
                      "`" + text + "` is " + schema::print_number(*number) +
                          " here, but a whole number is needed",
                      "use floor(), ceil(), or numbers that divide");
      ok = false;
    } else if (site.field != nullptr && !site.field->range.holds(*number)) {
      reporter.report(code("out_of_range"), here,
                      "`" + text + "` is " + schema::print_number(*number) +
                          " here, outside the range of `" + std::string(site.field->name) + "`");
      ok = false;
    }
  });
  return ok;
}

std::optional<CpuSet> resolve_cpuset(const ir::CpusetSpec& spec, const Topology& topology,
                                     const std::string& path, Reporter& reporter) {
  const CpuSet usable = topology.usable_cpus();
  const Result<CpuSet> cpus = std::visit(
      Overload{[&](const ir::AllCpus&) -> Result<CpuSet> { return topology.all_cpus(); },
               [&](const ir::LlcCpus& llc) {
                 return part_of("LLC", llc.index.get(), topology.llc_count(),
                                &Topology::cpus_of_llc, topology);
               },
               [&](const ir::NodeCpus& node) {
                 return part_of("node", node.index.get(),
                                static_cast<std::uint32_t>(topology.nodes.size()),
                                &Topology::cpus_of_node, topology);
               },
               [&](const ir::RangeCpus& range) {
                 return topology::fraction(usable, range.start.get(), range.end.get());
               },
               [&](const ir::DisjointCpus& part) {
                 return topology::disjoint(usable, part.index.get(), part.of.get());
               },
               [&](const ir::OverlapCpus& part) {
                 return topology::overlap(usable, part.index.get(), part.of.get(),
                                          part.share.get());
               },
               [&](const ir::ExactCpus& cpus_given) { return exact(cpus_given.cpus, topology); }},
      spec);
  if (cpus) return *cpus;
  reporter.report(code("bad_cpuset"), path, cpus.error());
  return std::nullopt;
}

}  // namespace ktstr::expand
