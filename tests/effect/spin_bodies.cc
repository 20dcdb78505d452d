// SPDX-License-Identifier: GPL-2.0-only
// Every work type but spin, doing what spin does. Linked before the guest's own bodies, which the
// linker then leaves in their archive.
#include "guest/work/worker.h"
#include "ir/work.h"

namespace ktstr::guest {

// clang-format off
template <> void run_work(const ir::Spin&, Worker& worker);
template <> void run_work(const ir::YieldHeavy&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::Mixed&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::Bursty&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::PipeIo&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::FutexPingPong&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::CachePressure&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::ForkExit&, Worker& worker) { run_work(ir::Spin{}, worker); }
// clang-format on

}  // namespace ktstr::guest
