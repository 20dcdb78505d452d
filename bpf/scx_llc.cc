// SPDX-License-Identifier: GPL-2.0-only
// A queue for each last-level cache: scx_llc.bpf.c. The layout is read before each load.
#include "bpf/loader.h"
#include "bpf/read_layout.h"

namespace {

std::string prepare(ktstr::bpf::Object& object, const ktstr::bpf::Settings&) {
  auto* to = object.variable<ktstr_layout>(".rodata", "layout");
  const auto layout = ktstr::bpf::read_layout("/sys/devices/system/cpu");
  if (!layout) return "/sys/devices/system/cpu shows no CPU, or more CPUs or caches than it can do";
  if (!to) return "the object embedded in this binary is not of its own build";
  *to = *layout;
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  ktstr::bpf::Fixture fixture{.name = "scx_llc", .prepare = prepare};
  return ktstr::bpf::run(fixture, argc, argv);
}
