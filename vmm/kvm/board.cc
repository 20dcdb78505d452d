// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/board.h"

#include <cerrno>

#include "vmm/arch/x86_64/acpi_input.h"
#include "vmm/virtio/event.h"

namespace ktstr::vmm::kvm {
using namespace x86_64;

Board::Board(const Vm& vm, Console& console, std::function<void(State)> end, Fd serial_interrupt)
    : vm_(vm),
      end_(std::move(end)),
      serial_interrupt_(std::move(serial_interrupt)),
      pins_(vm,
            [this](const Error& error) {
              end_({Condition::died, ktstr::describe(error)});
            }),
      ioapic_(pins_),
      serial_(console, serial_interrupt_),
      reset_([this](Condition condition) {
        end_({condition, {}});
      }),
      pvpanic_([this](Condition condition) {
        end_({condition, {}});
      }),
      sleep_(acpi::sleep_control_off, [this](Condition condition) {
        end_({condition, {}});
      }) {}

Result<std::unique_ptr<Board>> Board::create(const Vm& vm, Console& console,
                                             std::function<void(State)> end) {
  std::unique_ptr<Board> board(new Board(vm, console, std::move(end), TRY(create_event())));
  TRY(board->assemble());
  return board;
}

Status Board::assemble() {
  pins_.wire(com1_pin, serial_interrupt_);
  TRY(ports_.add(keyboard_control_port, 1, reset_));
  TRY(ports_.add(com1_port, Serial::ports, serial_));
  TRY(ports_.add(pvpanic_port, 1, pvpanic_));
  TRY(ports_.add(sleep_control_port, SleepRegisters::ports, sleep_));
  return memory_.add(ioapic_base.raw, ioapic_size.count, ioapic_);
}

Status Board::add(virtio::Mmio& device) {
  const auto index = static_cast<std::uint32_t>(virtio_.size());
  if (index == most_virtio_slots) return fail_code(ENOSPC, "give the machine another device");
  const acpi::MmioSlot slot = virtio_slot_at(index);
  TRY(memory_.add(slot.base.raw, slot.size.count, virtio_.emplace_back(device)));
  pins_.wire(slot.gsi, device.interrupt_event());
  for (std::uint32_t queue = 0; queue < device.queue_count(); ++queue)
    TRY(vm_.attach_write(GuestPhys(slot.base.raw + virtio::Mmio::queue_notify), queue,
                         device.queue_event(queue)));
  return {};
}

}  // namespace ktstr::vmm::kvm
