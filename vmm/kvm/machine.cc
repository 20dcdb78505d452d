// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/machine.h"

#include <cerrno>
#include <mutex>

#include <unistd.h>

#include "vmm/arch/x86_64/acpi_input.h"
#include "vmm/arch/x86_64/apic.h"
#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/arch/x86_64/start.h"
#include "vmm/arrivals.h"
#include "vmm/boot/place.h"
#include "vmm/kvm/board.h"
#include "vmm/kvm/clock.h"
#include "vmm/kvm/statistics.h"
#include "vmm/kvm/vcpu_runner.h"
#include "vmm/performance.h"
#include "vmm/virtio/create.h"
#include "vmm/virtio/event.h"
#include "vmm/virtio/mmio.h"

namespace ktstr::vmm::kvm {
namespace {

constexpr Nanos pause_limit = 10s;
constexpr Nanos register_limit = 1s;

class KvmMachine final : public Machine, private GuestView {
 public:
  KvmMachine(const MachineConfig& config, Ram ram, Vm vm, Fd events)
      : config_(config),
        ram_(std::move(ram)),
        vm_(std::move(vm)),
        console_(config.console_limit),
        events_(std::move(events)),
        arrivals_(events_) {}
  ~KvmMachine() override { KvmMachine::stop(); }

  Status build(const Kvm& kvm);

  Status start() override;
  Status pause() override;
  Status resume() override;
  void stop() override;

  [[nodiscard]] State state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  std::optional<VsockConnection> accept() override { return arrivals_.take(); }
  [[nodiscard]] const Fd& events() const override { return events_; }
  void clear_events() override { clear_event(events_); }
  [[nodiscard]] const GuestView& memory() const override { return *this; }
  [[nodiscard]] const Console& console() const override { return console_; }
  [[nodiscard]] std::vector<pid_t> vcpu_threads() const override { return crew_->threads(); }
  [[nodiscard]] pid_t process() const override { return ::getpid(); }
  [[nodiscard]] std::vector<std::string> notes() const override { return ram_.notes(); }
  [[nodiscard]] std::vector<Statistic> statistics() const override;

 private:
  // GuestView.
  [[nodiscard]] std::vector<GuestRange> ranges() const override { return ram_.ranges(); }
  Status read(GuestPhys from, ByteSpan out) const override { return ram_.read(from, out); }
  Result<VcpuRegisters> registers(GuestCpu cpu) const override {
    return crew_->registers(cpu, register_limit);
  }

  Status add_memory();
  Status add_devices();
  Result<boot::Entry> load();
  Status create_vcpus(const Kvm& kvm, const boot::Entry& entry);
  void hold_devices(bool hold);
  void end(State state);
  [[nodiscard]] bool keeps_running() const {
    return config_.performance && config_.performance->keep_running;
  }

  const MachineConfig config_;
  Ram ram_;
  Vm vm_;
  Console console_;
  Fd events_;
  Arrivals arrivals_;

  mutable std::mutex mutex_;  // Of the state.
  State state_;

  std::vector<std::unique_ptr<virtio::Mmio>> devices_;
  std::unique_ptr<Board> board_;
  std::optional<Surroundings> surroundings_;
  std::vector<const VcpuRunner*> vcpus_;
  std::unique_ptr<Crew> crew_;

  std::mutex turn_;     // Held while devices are started or ended.
  std::mutex pausing_;  // Held while the machine is paused or resumed.
  PauseClock clock_;
};

Status KvmMachine::build(const Kvm& kvm) {
  TRY(vm_.set_up_x86(x86_64::ioapic_pins));
  if (keeps_running()) TRY(vm_.keep_running());
  TRY(add_memory());
  board_ = TRY(Board::create(vm_, console_, [this](State state) { end(std::move(state)); }));
  TRY(add_devices());
  const boot::Entry entry = TRY(load());
  return create_vcpus(kvm, entry);
}

Status KvmMachine::add_memory() {
  std::uint32_t slot = 0;
  for (const GuestRange& range : ram_.ranges())
    TRY(vm_.add_memory(slot++, range.start, *ram_.memory().span(range.start, range.size.count)));
  return {};
}

Status KvmMachine::add_devices() {
  const virtio::Surroundings joined{.console = console_,
                                    .on_connection = [this](std::uint32_t port, Fd stream) {
                                      arrivals_.add(port, std::move(stream));
                                    }};
  for (std::shared_ptr<virtio::Device>& device :
       TRY(virtio::create_devices(config_.devices, joined))) {
    devices_.push_back(TRY(virtio::Mmio::create(std::move(device), ram_.memory())));
    TRY(board_->add(*devices_.back()));
  }
  return {};
}

Result<boot::Entry> KvmMachine::load() {
  const acpi::AcpiImage tables = acpi::build_acpi(x86_64::acpi_input(config_), x86_64::acpi_at);
  if (tables.bytes.size() > x86_64::acpi_room.count)
    return fail("describe the machine by ACPI: the tables are larger than the room for them");
  TRY(boot::place_bytes(ram_, tables.at, tables.bytes));
  const boot::Entry entry =
      TRY(boot::load(ram_, {config_.kernel, config_.initramfs, config_.command_line, tables.rsdp}));
  TRY(x86_64::place_tables(ram_, entry.protocol));
  return entry;
}

Status KvmMachine::create_vcpus(const Kvm& kvm, const boot::Entry& entry) {
  const std::vector<x86_64::CpuidLeaf> supported = TRY(kvm.supported_cpuid());
  const std::vector<std::uint32_t> ids = x86_64::apic_ids(config_.topology);
  surroundings_.emplace(board_->ports(), board_->memory(),
                        [this](State state) { end(std::move(state)); });
  const auto mode =
      x86_64::needs_x2apic(config_.topology) ? x86_64::ApicMode::x2apic : x86_64::ApicMode::xapic;
  std::vector<std::unique_ptr<Runner>> runners;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    const GuestCpu number(i);
    Vcpu vcpu = TRY(vm_.create_vcpu(ids[i]));
    TRY(vcpu.set_cpuid(
        x86_64::cpuid_for(supported, config_.topology, number,
                          {.realtime = keeps_running(), .wide_msi_destination = true})));
    TRY(x86_64::set_up_vcpu(vcpu, mode));
    if (i == 0) TRY(x86_64::set_entry(vcpu, entry));
    auto runner = std::make_unique<VcpuRunner>(number, std::move(vcpu), *surroundings_);
    vcpus_.push_back(runner.get());
    runners.push_back(std::move(runner));
  }
  crew_ = std::make_unique<Crew>(std::move(runners));
  return {};
}

Status KvmMachine::start() {
  {
    const std::lock_guard lock(mutex_);
    if (state_.condition != Condition::created)
      return fail("start machine " + config_.name + ": it is " +
                  std::string(describe(state_.condition)));
    state_.condition = Condition::running;
  }
  const std::lock_guard turn(turn_);
  Status started = crew_->start();
  if (started) started = place_vcpus(config_, crew_->threads());
  for (const std::unique_ptr<virtio::Mmio>& device : devices_)
    if (started) started = device->serve();
  if (started)
    crew_->go();
  else
    end({Condition::died, ktstr::describe(started.error())});
  return started;
}

Status KvmMachine::pause() {
  const std::lock_guard pausing(pausing_);
  if (state().condition == Condition::created)
    return fail("pause machine " + config_.name + ": it was not started");
  TRY(crew_->stand(pause_limit));
  // Only now: a vCPU may be waiting for a device's thread.
  hold_devices(true);
  return clock_.stop(vm_, vcpus_.front()->vcpu());
}

Status KvmMachine::resume() {
  const std::lock_guard pausing(pausing_);
  const Condition now = state().condition;
  if (now != Condition::running && now != Condition::panicked)
    return fail("resume machine " + config_.name + ": it is " + std::string(describe(now)));
  // Those that stood too late for `pause` to wait for them, or were halted by a panic.
  TRY(crew_->stand(pause_limit));
  if (now == Condition::panicked) crew_->forgive();
  std::vector<const Vcpu*> vcpus;
  for (const VcpuRunner* runner : vcpus_) vcpus.push_back(&runner->vcpu());
  TRY(clock_.go(vm_, vcpus));
  hold_devices(false);
  crew_->go();
  return {};
}

/// Whatever a device has begun stays as it is, until it may go on.
void KvmMachine::hold_devices(bool hold) {
  const std::lock_guard turn(turn_);
  for (const std::unique_ptr<virtio::Mmio>& device : devices_)
    if (hold)
      device->hold();
    else
      device->release();
}

void KvmMachine::stop() {
  if (crew_ != nullptr) crew_->dismiss();
  end({Condition::stopped, {}});
  const std::lock_guard turn(turn_);
  devices_.clear();  // Their threads and streams end; nobody is left to use their registers.
}

/// Enters a final state, unless the machine is in one. Called from vCPU threads too.
void KvmMachine::end(State state) {
  if (crew_ != nullptr) crew_->halt();
  {
    const std::lock_guard lock(mutex_);
    if (state_.final()) return;
    state_ = std::move(state);
  }
  signal_event(events_);
}

std::vector<Statistic> KvmMachine::statistics() const {
  std::vector<Statistic> out;
  for (std::uint32_t reason = 0; reason < VcpuRunner::exit_reasons; ++reason) {
    std::uint64_t sum = 0;
    for (const VcpuRunner* runner : vcpus_) sum += runner->exits(reason);
    if (sum != 0) out.push_back({"userspace_exit." + exit_name(reason), sum});
  }
  std::vector<Statistic> kernel;
  for (const VcpuRunner* runner : vcpus_) {
    const Result<std::vector<Statistic>> some = read_statistics(runner->vcpu().statistics());
    if (!some) continue;  // This KVM has none.
    if (kernel.empty())
      kernel = *some;
    else if (kernel.size() == some->size())
      for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i].value += (*some)[i].value;
  }
  for (Statistic& item : kernel) out.push_back({"kvm." + item.name, item.value});
  return out;
}

}  // namespace

Result<std::unique_ptr<Machine>> create_machine(const MachineConfig& config, const Kvm& kvm) {
  Ram ram = TRY(Ram::create(config.name, config.topology, config.performance));
  Vm vm = TRY(kvm.create_vm());
  Fd events = TRY(create_event());
  auto machine =
      std::make_unique<KvmMachine>(config, std::move(ram), std::move(vm), std::move(events));
  TRY(machine->build(kvm));
  return machine;
}

}  // namespace ktstr::vmm::kvm
