// SPDX-License-Identifier: GPL-2.0-only
// The virtio-mmio transport, version 2 (virtio 1.2 §4.2): the registers of one device, its queues
// and the Loop it works in. Registers are for vCPU threads, queues belong to the loop's thread;
// what changes the queues is done there while the vCPU waits, so that after a write nothing of what
// was before it goes on. Interrupts are edges on an eventfd; InterruptStatus tells what they mean.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "vmm/virtio/loop.h"
#include "vmm/virtio/mmio_registers.h"

namespace ktstr::vmm::virtio {

class Mmio final : private Transport {
 public:
  /// Of the register window; the configuration space begins in its middle.
  static constexpr std::uint64_t window = 0x200;
  /// Writing a queue's index there, in 32 bits, does what its `queue_event` does.
  static constexpr std::uint64_t queue_notify = mmio::queue_notify;

  /// `memory` must outlive it, `device` may be shared with those who feed it.
  static Result<std::unique_ptr<Mmio>> create(std::shared_ptr<Device> device,
                                              const GuestMemory& memory);
  /// Stops the loop. No vCPU accesses it any more.
  ~Mmio() override;

  /// Starts the device's thread, once, before the guest runs. Without it the device does nothing
  /// but by `take_turn`.
  Status serve(Nanos spin = 20us);
  /// Lets that thread rest, while no vCPU runs, and go on.
  void hold() {
    if (loop_ != nullptr) loop_->hold();
  }
  void release() {
    if (loop_ != nullptr) loop_->release();
  }

  /// An access to the window, from any thread. What the driver must not do has no effect and reads
  /// as 0: registers take aligned 32-bit accesses, the configuration space any within it
  /// (§4.2.2.2).
  std::uint64_t read(std::uint64_t offset, unsigned size);
  void write(std::uint64_t offset, unsigned size, std::uint64_t value);

  [[nodiscard]] const Device& device() const { return *device_; }
  [[nodiscard]] std::size_t queue_count() const { return events_.size(); }
  /// eventfd: the driver wrote the queue's index to QueueNotify.
  [[nodiscard]] const Fd& queue_event(std::size_t queue) const { return events_[queue]; }
  /// eventfd: the device's interrupt, an edge each.
  [[nodiscard]] const Fd& interrupt_event() const { return interrupt_; }
  /// What the driver did wrong that made the device ask for a reset; empty when it did not. Any
  /// thread.
  [[nodiscard]] std::string broken() const;
  /// As the loop does it, for those who did not `serve`.
  Result<Turn> take_turn(Nanos now) { return virtio::take_turn(*device_, *this, now); }

 private:
  /// What the driver says about a queue (§4.2.3.2).
  struct Setup {
    std::uint32_t size = 0;
    std::uint64_t descriptors = 0;
    std::uint64_t driver = 0;
    std::uint64_t device = 0;
    bool ready = false;
  };

  Mmio(std::shared_ptr<Device> device, const GuestMemory& memory, std::vector<Fd> events,
       Fd interrupt);

  // Of registers, under the mutex.
  std::uint32_t read_register(std::uint64_t offset) const;
  std::uint64_t read_config(std::uint64_t offset, unsigned size) const;
  void write_register(std::uint64_t offset, std::uint32_t value);
  void write_queue_register(std::uint64_t offset, std::uint32_t value);
  void write_driver_features(std::uint32_t value);
  void write_status(std::uint32_t value);
  void write_ready(Setup& setup, bool ready);
  void reset();
  [[nodiscard]] bool features_are_good() const;
  [[nodiscard]] std::uint64_t offered() const;
  [[nodiscard]] Setup* selected();

  // On the loop's thread, or where there is none.
  void on_loop(const std::function<void()>& act);
  void start_queue(std::size_t index);
  void need_reset(std::string why);
  void raise(std::uint32_t cause);

  Queues queues() override { return running_; }
  [[nodiscard]] const Fd* kick(std::size_t queue) const override { return &events_[queue]; }
  void interrupt(std::size_t queue) override;
  Status broke(std::size_t queue, std::string_view why) override;
  void ended() override;

  const std::shared_ptr<Device> device_;
  const GuestMemory& memory_;
  const std::vector<Fd> events_;
  const Fd interrupt_;

  std::atomic<std::uint32_t> status_ = 0;
  std::atomic<std::uint32_t> interrupt_status_ = 0;

  mutable std::mutex mutex_;  // Of what follows, up to `setups_`.
  std::uint32_t device_features_select_ = 0;
  std::uint32_t driver_features_select_ = 0;
  std::uint32_t queue_select_ = 0;
  std::uint64_t driver_features_ = 0;
  bool unknown_features_ = false;  // The driver accepted some beyond bit 63.
  std::vector<Setup> setups_;

  mutable std::mutex broken_mutex_;
  std::string broken_;  // Under its mutex.

  std::vector<std::optional<Queue>> queues_;  // Of the loop's thread, as the next.
  std::vector<Queue*> running_;               // Null or the queue itself.
  std::unique_ptr<Loop> loop_;                // Last: its thread uses everything above.
};

}  // namespace ktstr::vmm::virtio
