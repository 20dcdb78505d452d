// SPDX-License-Identifier: GPL-2.0-only
// Weighted virtual time: scx_vtime.bpf.c.
#include "bpf/loader.h"

int main(int argc, char** argv) {
  ktstr::bpf::Fixture fixture{.name = "scx_vtime"};
  return ktstr::bpf::run(fixture, argc, argv);
}
