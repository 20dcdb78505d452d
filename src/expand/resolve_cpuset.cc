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

bool is_real(const schema::DeferredShape& shape) {
  return &shape.literal_type() == &schema::type_of<double>();
}

/// Whether a deferred value can hold a number.
bool fits(double value, const schema::DeferredShape& shape) {
  return is_real(shape) || (value == std::floor(value) && std::abs(value) <= 9e15);
}

/// Puts a number that fits in the place of the expression.
void store(double value, const schema::DeferredShape& shape, void* data) {
  if (is_real(shape))
    *static_cast<double*>(shape.literal(data)) = value;
  else
    *static_cast<std::int64_t*>(shape.literal(data)) = static_cast<std::int64_t>(value);
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
  schema::for_each_deferred(
      value, [&](schema::Ref ref, const schema::DeferredShape& shape, const schema::Site& site) {
        if (shape.resolved(ref.data)) return;
        const auto& expr = *static_cast<const ir::Expr*>(shape.expression(ref.data));
        const Result<double> number = evaluate(expr, variables);
        const auto report = [&](Code code, const std::string& wrong, const std::string& hint) {
          const std::string what = number ? "`" + to_text(expr) + "` is " +
                                                schema::print_number(*number) + " here, " + wrong
                                          : wrong;
          reporter.report(code, at(path, site.path.text()), what, hint);
          ok = false;
        };
        if (!number)
          report(code("evaluation"), number.error().what, number.error().hint);
        else if (!fits(*number, shape))
          report(code("not_an_integer"), "but a whole number is needed",
                 "use floor(), ceil(), or numbers that divide");
        else if (site.field != nullptr && !site.field->range.holds(*number))
          report(code("out_of_range"),
                 "outside the range of `" + std::string(site.field->name) + "`", {});
        else
          store(*number, shape, ref.data);
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
