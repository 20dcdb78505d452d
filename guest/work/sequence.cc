// SPDX-License-Identifier: GPL-2.0-only
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/fd.h"
#include "guest/work/alu.h"

namespace ktstr::guest {
namespace {

namespace sequence = ir::sequence;

class Phases {
 public:
  explicit Phases(Worker& worker) : worker_(worker) {}

  /// Gives the units of work done.
  std::uint64_t run(const sequence::Spin& phase) { return worker_.spin_for(phase.time); }

  std::uint64_t run(const sequence::Sleep& phase) {
    worker_.sleep(phase.time);
    return 0;
  }

  std::uint64_t run(const sequence::Yield& phase) {
    return repeat(phase.time, [this] {
      worker_.spin(1);
      ::sched_yield();
      return 1;
    });
  }

  std::uint64_t run(const sequence::Io& phase) {
    static constexpr std::size_t size = 64 * 1024;
    constexpr Nanos rest = 100us;
    if (!file_) file_ = Fd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file_) worker_.fail_errno("make a temporary file in /tmp");
    const std::vector<char> data(size, 'k');
    return repeat(phase.time, [&] {
      // A signal may cut a write short.
      if (::pwrite(file_.get(), data.data(), size, 0) < 0 && !worker_.stopping())
        worker_.fail_errno("write to the temporary file");
      worker_.sleep(rest);
      return 1;
    });
  }

  std::uint64_t run(const sequence::Alu& phase) {
    Alu alu(worker_, phase.width);
    return repeat(phase.time, [&] { return alu.burn(); });
  }

 private:
  /// Calls it for so long, with checkpoints, or until the worker is to stop; gives the sum.
  template <class Action>
  std::uint64_t repeat(Nanos time, Action action) {
    const Nanos end = worker_.checkpoint() + time;
    std::uint64_t units = 0;
    do units += static_cast<std::uint64_t>(action());
    while (worker_.checkpoint() < end && !worker_.stopping());
    return units;
  }

  Worker& worker_;
  Fd file_{};
};

}  // namespace

template <>
void run_work(const ir::Sequence& work, Worker& worker) {
  Phases phases(worker);
  while (!worker.stopping()) {
    std::uint64_t units = 0;
    for (const sequence::Phase& phase : work.phases) {
      units += std::visit([&](const auto& each) { return phases.run(each); }, phase);
      if (worker.stopping()) return;
    }
    worker.iterate(units);
  }
}

}  // namespace ktstr::guest
