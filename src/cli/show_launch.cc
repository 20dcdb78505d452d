// SPDX-License-Identifier: GPL-2.0-only
#include "cli/show_launch.h"

#include <fmt/format.h>

#include "report/text.h"
#include "schema/print.h"

namespace ktstr::cli {

std::string show_launch(const ir::Case& planned, const ir::HostFacts& host,
                        const ir::KernelFacts& kernel, const plan::Options& options) {
  std::string out = "# " + to_text(planned.id) + "\n";
  const auto decided = plan::decide(planned, host, kernel, options);
  if (const auto* skip = std::get_if<plan::Skip>(&decided))
    return out + "# skipped: " + skip->reason + "\n";
  const auto& launch = std::get<plan::Launch>(decided);
  const topology::Topology& topology = launch.machine.topology;
  const std::uint32_t cpus = topology.cpu_count();
  out += fmt::format("# {}: {} CPU{}, {}; {}, kernel {}; about {}\n", to_text(topology), cpus,
                     cpus == 1 ? "" : "s", schema::Scalar<Bytes>::print(topology.memory()),
                     schema::word_of(options.accelerator), kernel.name,
                     report::duration(plan::estimate(planned, host, kernel, options)));
  for (const std::string& note : launch.notes) out += "# " + note + "\n";
  return out + schema::print(schema::cref_to(launch.machine));
}

}  // namespace ktstr::cli
