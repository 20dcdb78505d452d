// SPDX-License-Identifier: GPL-2.0-only
#include "parse/new_scenario.h"

#include "schema/quote.h"

namespace ktstr::parse {

std::string new_scenario_text(std::string_view name) {
  return "# yaml-language-server: $schema=../../schemas/scenario.schema.json\n"
         "# `ktstr check FILE` says what is wrong with it, `ktstr-run FILE` runs it.\n"
         "name: " +
         schema::yaml_text(name, schema::YamlContext::block) +
         R"(
about: Two groups share the machine; halfway through, one of them gets fewer CPUs.
topology: 1n2l2c1t        # 1 NUMA node, 2 LLCs in total, 2 cores per LLC, 1 thread per core
duration: 4s

backdrop:                 # lives for the whole run; what a step creates ends with the step
  cgroups:
    - name: steady
      workers: 2          # a number, an expression such as cpus / 2, or a share such as 50%
      work: spin          # `ktstr list work` shows the other types
    - name: bursty
      workers: 2
      work: {bursty: {burst: 5ms, sleep: 5ms}}

steps:
  - name: together
    hold: 50%             # of the duration; or a time, such as 2s
  - name: apart
    ops:                  # `ktstr list ops`
      - set_cpuset: {cgroup: bursty, to: {llc: 0}}
      - set_cpuset: {cgroup: steady, to: {llc: 1}}
    hold: 50%

claims:                   # `ktstr list metrics`, `ktstr list functions`
  - steady.cpu_time > 0s
  - bursty.max_gap <= 1s
  - steady.stray_cpus@apart is empty
)";
}

}  // namespace ktstr::parse
