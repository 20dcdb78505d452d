// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/qemu/machine.h"

#include <array>
#include <cerrno>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "vmm/arrivals.h"
#include "vmm/performance.h"
#include "vmm/qemu/arguments.h"
#include "vmm/qemu/qmp.h"
#include "vmm/ram.h"
#include "vmm/vhost/vsock_server.h"
#include "vmm/virtio/event.h"

namespace ktstr::vmm::qemu {
namespace {

constexpr Nanos start_timeout = 20s;
constexpr Nanos command_timeout = 10s;
constexpr Bytes complaint_limit = 16_KiB;
constexpr std::size_t complaint_lines = 8;

/// Appends what `fd` has at the moment, at most so much that others get their turn; false at its
/// end.
bool take_in(const Fd& fd, Console& console) {
  std::array<std::byte, 65536> chunk;
  for (int turn = 0; turn < 16; ++turn) {
    const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    console.append(ByteView(chunk).first(static_cast<std::size_t>(got)));
  }
  return true;
}

Status set_nonblocking(const Fd& fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("fcntl O_NONBLOCK");
  return {};
}

/// Both ends of everything that connects us and QEMU.
struct Links {
  Fd kernel, initramfs;
  std::pair<Fd, Fd> console, control, vsock, virtio_console, complaints;
};

class QemuMachine final : public Machine {
 public:
  QemuMachine(const MachineConfig& config, const Emulator& emulator, Ram ram, Fd events)
      : config_(config),
        emulator_(emulator),
        ram_(std::move(ram)),
        console_(config.console_limit),
        complaints_(complaint_limit),
        events_(std::move(events)),
        arrivals_(events_) {}
  ~QemuMachine() override { QemuMachine::stop(); }

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
  [[nodiscard]] const GuestView& memory() const override { return ram_; }
  [[nodiscard]] const Console& console() const override { return console_; }
  [[nodiscard]] std::vector<pid_t> vcpu_threads() const override {
    const std::lock_guard lock(mutex_);
    return threads_;
  }
  [[nodiscard]] std::vector<std::string> notes() const override { return ram_.notes(); }
  [[nodiscard]] pid_t process() const override {
    const std::lock_guard lock(mutex_);
    return pid_;
  }

 private:
  Status run();
  Result<Links> open_links() const;
  Status serve_vsock(Fd frontend);
  Status launch(const Links& links);
  Status greet();
  void watch(Fd console, Fd virtio_console, Fd complaints, Fd dead);
  void reap();
  void on_event(const Event& event);
  void settle(Condition condition, std::string detail = {});
  Error with_complaints(Error error) const;

  const MachineConfig config_;
  const Emulator emulator_;
  Ram ram_;
  Console console_;
  Console complaints_;  // QEMU's standard output and error.
  Fd events_;
  Arrivals arrivals_;
  std::unique_ptr<Qmp> qmp_;

  mutable std::mutex mutex_;  // Of what follows, up to `stopping_`.
  State state_;
  Process process_;
  pid_t pid_ = -1;
  std::vector<pid_t> threads_;
  bool stopping_ = false;

  std::optional<vhost::VsockServer> vsock_;
  std::mutex turn_;  // Held while the watcher is started or joined.
  std::thread watcher_;
};

Result<Links> QemuMachine::open_links() const {
  Links links;
  links.kernel = TRY(open_file(config_.kernel.path, O_RDONLY));
  if (!config_.initramfs.empty()) links.initramfs = TRY(open_file(config_.initramfs, O_RDONLY));
  for (auto* pair : {&links.console, &links.control, &links.complaints}) {
    *pair = TRY(stream_pair());
    TRY(set_nonblocking(pair->first));
  }
  if (device_of<VsockDevice>(config_) != nullptr) links.vsock = TRY(stream_pair());
  if (device_of<ConsoleDevice>(config_) != nullptr) {
    links.virtio_console = TRY(stream_pair());
    TRY(set_nonblocking(links.virtio_console.first));
  }
  return links;
}

Status QemuMachine::serve_vsock(Fd frontend) {
  const VsockDevice& device = *device_of<VsockDevice>(config_);
  vhost::VsockOptions options{.guest_cid = device.guest_cid, .listeners = {}};
  for (const std::uint32_t port : device.listen)
    options.listeners[port] = [this, port](Fd stream) { arrivals_.add(port, std::move(stream)); };
  vsock_ = TRY(vhost::VsockServer::start(std::move(frontend), std::move(options)));
  return {};
}

Status QemuMachine::launch(const Links& links) {
  const Descriptors as = descriptors_for(config_);
  Command command;
  command.argv = qemu_arguments(config_, emulator_.parallel);
  command.argv.insert(command.argv.begin(), emulator_.program);
  command.inherit = {{links.complaints.second.get(), 1},
                     {links.complaints.second.get(), 2},
                     {links.kernel.get(), as.kernel},
                     {links.console.second.get(), as.console},
                     {links.control.second.get(), as.control}};
  if (links.initramfs) command.inherit.emplace_back(links.initramfs.get(), as.initramfs);
  if (links.vsock.second) command.inherit.emplace_back(links.vsock.second.get(), as.vsock);
  if (links.virtio_console.second)
    command.inherit.emplace_back(links.virtio_console.second.get(), as.virtio_console);
  for (std::size_t i = 0; i < as.nodes.size(); ++i)
    command.inherit.emplace_back(ram_.node(static_cast<std::uint32_t>(i)).get(), as.nodes[i]);
  Process process = TRY(emulator_.spawner.spawn(command));
  const std::lock_guard lock(mutex_);
  process_ = std::move(process);
  pid_ = process_.pid();
  return {};
}

Status QemuMachine::start() {
  {
    const std::lock_guard turn(turn_);
    TRY(run());
  }
  if (const Status greeted = greet(); !greeted) {
    stop();
    return tl::unexpected(with_complaints(greeted.error()));
  }
  return {};
}

Status QemuMachine::run() {
  if (state().condition != Condition::created)
    return fail("start machine " + config_.name + ": it is " +
                std::string(describe(state().condition)));
  Links links = TRY(open_links());
  qmp_ = std::make_unique<Qmp>(std::move(links.control.first),
                               [this](const Event& event) { on_event(event); });
  if (links.vsock.first) TRY(serve_vsock(std::move(links.vsock.first)));
  TRY(launch(links));
  Fd dead = TRY(duplicate(process_.pidfd()));
  {
    const std::lock_guard lock(mutex_);
    if (!state_.final()) state_.condition = Condition::running;
  }
  watcher_ = std::thread(&QemuMachine::watch, this, std::move(links.console.first),
                         std::move(links.virtio_console.first), std::move(links.complaints.first),
                         std::move(dead));
  return {};  // QEMU's ends of the links close here, so that its death ends them.
}

Status QemuMachine::greet() {
  TRY(qmp_->handshake(start_timeout));
  std::vector<pid_t> threads = TRY(qmp_->vcpu_threads(command_timeout));
  TRY(place_process(config_, process(), threads));
  const std::lock_guard lock(mutex_);
  threads_ = std::move(threads);
  return {};
}

Error QemuMachine::with_complaints(Error error) const {
  const std::string said = complaints_.tail(complaint_lines);
  if (said.empty()) return {"start " + emulator_.program + ": " + error.what, error.code, {}};
  return {"start " + emulator_.program + ": " + said.substr(0, said.find_last_not_of('\n') + 1), 0,
          "another version or build of QEMU may know that; `ktstr doctor` tells which one this is"};
}

void QemuMachine::watch(Fd console, Fd virtio_console, Fd complaints, Fd dead) {
  enum : std::size_t { of_death, of_console, of_hvc, of_control, of_complaints, of_vsock, count };
  std::array<pollfd, count> polled{};
  polled[of_death] = {dead.get(), POLLIN, 0};
  polled[of_console] = {console.get(), POLLIN, 0};
  polled[of_hvc] = {virtio_console.get(), POLLIN, 0};
  polled[of_control] = {qmp_->socket().get(), POLLIN, 0};
  polled[of_complaints] = {complaints.get(), POLLIN, 0};
  polled[of_vsock] = {vsock_ ? vsock_->ended().get() : -1, POLLIN, 0};
  while (true) {
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    // A dead process has written all it will: what it left is read before its death is told.
    const bool died = polled[of_death].revents != 0;
    const auto ready = [&](std::size_t index) {
      return polled[index].fd >= 0 && (died || polled[index].revents != 0);
    };
    if (ready(of_console) && !take_in(console, console_)) polled[of_console].fd = -1;
    if (ready(of_hvc) && !take_in(virtio_console, console_)) polled[of_hvc].fd = -1;
    if (ready(of_complaints) && !take_in(complaints, complaints_)) polled[of_complaints].fd = -1;
    if (ready(of_control) && !qmp_->receive()) polled[of_control].fd = -1;
    if (died) return reap();
    if (polled[of_vsock].revents != 0) {
      polled[of_vsock].fd = -1;
      if (const std::optional<Error> failure = vsock_->failure())
        settle(Condition::died, "the vsock device gave up: " + describe(*failure));
    }
  }
}

void QemuMachine::reap() {
  std::string how;
  {
    const std::lock_guard lock(mutex_);
    const Result<std::optional<Exit>> exit = process_.wait(0ns);
    how = exit && *exit ? describe(**exit) : "its end could not be learnt";
    if (stopping_ && !state_.final()) state_.condition = Condition::stopped;
  }
  if (std::string said = complaints_.tail(complaint_lines); !said.empty()) how += ": " + said;
  while (how.ends_with('\n')) how.pop_back();
  settle(Condition::died, emulator_.program + ", " + how);
}

/// Enters a final state, unless the machine is in one.
void QemuMachine::settle(Condition condition, std::string detail) {
  {
    const std::lock_guard lock(mutex_);
    if (!state_.final()) state_ = {condition, std::move(detail)};
  }
  signal_event(events_);
}

void QemuMachine::on_event(const Event& event) {
  if (event.name == "GUEST_PANICKED") return settle(Condition::panicked);
  if (event.name != "SHUTDOWN") return;
  if (event.reason == "guest-shutdown") return settle(Condition::powered_off);
  if (event.reason == "guest-reset") return settle(Condition::reset);
  // Others come from outside: a signal to QEMU, which its end reports.
}

Status QemuMachine::pause() {
  if (qmp_ == nullptr) return fail("pause machine " + config_.name + ": it was not started");
  return qmp_->halt(command_timeout);
}

Status QemuMachine::resume() {
  if (qmp_ == nullptr) return fail("resume machine " + config_.name + ": it was not started");
  return qmp_->proceed(command_timeout);
}

void QemuMachine::stop() {
  const auto kill = [this] {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (state_.condition == Condition::created) state_.condition = Condition::stopped;
    if (process_.pid() > 0) (void)process_.signal(SIGKILL);
  };
  kill();
  // A `start` on its way may have been ahead of that.
  const std::lock_guard turn(turn_);
  kill();
  if (watcher_.joinable()) watcher_.join();
}

}  // namespace

Result<std::unique_ptr<Machine>> create_machine(const MachineConfig& config,
                                                const Emulator& emulator) {
  Ram ram = TRY(Ram::create(config.name, config.topology, config.performance));
  Fd events = TRY(create_event());
  return std::make_unique<QemuMachine>(config, emulator, std::move(ram), std::move(events));
}

}  // namespace ktstr::vmm::qemu
