// SPDX-License-Identifier: GPL-2.0-only
#include <random>
#include <vector>

#include <sys/mman.h>

#include <unistd.h>

#include "guest/work/worker.h"
#include "ir/work/memory.h"

namespace ktstr::guest {

template <>
void run_work(const ir::PageFaultChurn& churn, Worker& worker) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t pages = (churn.region.count + page - 1) / page;
  void* const region = ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) worker.fail_errno("map the region");
  ::madvise(region, pages * page, MADV_NOHUGEPAGE);  // EINVAL where there are no huge pages.
  auto* const bytes = static_cast<volatile std::uint8_t*>(region);
  std::mt19937_64 random(worker.surroundings().seed);
  std::vector<bool> present(pages);
  while (!worker.stopping()) {
    std::uint64_t faults = 0;
    for (std::int64_t touch = 0; touch < churn.touches.get(); ++touch) {
      const std::size_t at = random() % pages;
      bytes[at * page] = 1;
      faults += present[at] ? 0 : 1;
      present[at] = true;
      if (touch % 1024 == 1023) worker.checkpoint();
    }
    if (::madvise(region, pages * page, MADV_DONTNEED) != 0)
      worker.fail_errno("give the region back");
    present.assign(pages, false);
    worker.spin(static_cast<std::uint64_t>(churn.spin_iters.get()));
    worker.iterate(faults);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
