// SPDX-License-Identifier: GPL-2.0-only
// One global queue: scx_fifo.bpf.c.
#include "bpf/loader.h"

int main(int argc, char** argv) {
  ktstr::bpf::Fixture fixture{.name = "scx_fifo"};
  return ktstr::bpf::run(fixture, argc, argv);
}
