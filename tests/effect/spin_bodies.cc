// SPDX-License-Identifier: GPL-2.0-only
// Every work type doing what spin does. Linked before the guest's own bodies, which the linker then
// leaves in their archive.
#include <tuple>

#include "guest/work/worker.h"

namespace ktstr::guest {

template <class Work>
void run_work(const Work&, Worker& worker) {
  while (!worker.stopping()) {
    worker.spin(1024);
    worker.iterate(1024);
    worker.checkpoint();
  }
}

template <class Work>
struct Bodies;
template <class... Types>
struct Bodies<std::variant<Types...>> {
  static std::tuple<void (*)(const Types&, Worker&)...> all() { return {&run_work<Types>...}; }
};

/// Makes the compiler write them all down.
template struct Bodies<ir::Work>;

}  // namespace ktstr::guest
