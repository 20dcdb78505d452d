// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/qemu/spawner.h"

namespace ktstr::vmm::qemu {

Spawner::Spawner() : thread_([this] { run(); }) {}

Spawner::~Spawner() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<Process> Spawner::spawn(const Command& command) {
  const std::lock_guard turn(turn_);
  Request request{&command};
  std::unique_lock lock(mutex_);
  request_ = &request;
  changed_.notify_all();
  changed_.wait(lock, [&] { return request.result.has_value(); });
  return std::move(*request.result);
}

void Spawner::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return request_ != nullptr || ending_; });
    if (request_ == nullptr) return;
    request_->result = Process::spawn(*request_->command);
    request_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace ktstr::vmm::qemu
