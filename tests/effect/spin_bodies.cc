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
template <> void run_work(const ir::PageFaultChurn&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::IoSyncWrite&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::IoRandRead&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::IoConvoy&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::NumaWorkingSetSweep&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::NumaMigrationChurn&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::CgroupChurn&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::CgroupAttachStorm&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::NetTraffic&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::IrqWake&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::Schbench&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::Taobench&, Worker& worker) { run_work(ir::Spin{}, worker); }
template <> void run_work(const ir::ProgramWork&, Worker& worker) { run_work(ir::Spin{}, worker); }
// clang-format on

}  // namespace ktstr::guest
