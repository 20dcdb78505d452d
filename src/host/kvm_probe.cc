// SPDX-License-Identifier: GPL-2.0-only
#include "host/kvm_probe.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "schema/codec.h"
#include "schema/fingerprint.h"

namespace ktstr::host {
namespace {

constexpr std::size_t longest_message = 4096;
constexpr std::size_t longest_detail = 300;
constexpr Nanos at_most = 2s;  // Whatever the probe waited for.

ir::KvmTrial trial_of(const Error& error) {
  if (error.code == ENOTSUP) return {ir::TrialOutcome::inapplicable, {}};
  return {ir::TrialOutcome::failed, describe(error).substr(0, longest_detail)};
}

ir::KvmTrial trial_of(const Status& status) {
  return status ? ir::KvmTrial{ir::TrialOutcome::passed, {}} : trial_of(status.error());
}

/// In the child: tells what is known after each step; what is being tried counts as hung until
/// then.
class Reporter {
 public:
  explicit Reporter(int socket) : socket_(socket) {}

  void try_all(KvmProbe& probe) {
    step(facts_.opens, [&] { return probe.open(); });
    if (!facts_.opens.fine()) return;
    step(facts_.speed, [&]() -> Status {
      facts_.instructions_per_second = TRY(probe.speed());
      return {};
    });
    step(facts_.breakpoint, [&] { return probe.breakpoint(); });
    step(facts_.extended_state, [&] { return probe.extended_state(); });
    step(facts_.timer, [&] { return probe.timer(); });
  }

 private:
  template <class Try>
  void step(ir::KvmTrial& trial, Try attempt) {
    trial.outcome = ir::TrialOutcome::hung;
    tell();
    trial = trial_of(attempt());
    tell();
  }

  void tell() const {
    const Result<Buffer> bytes = schema::encode(schema::cref_to(facts_));
    if (bytes) [[maybe_unused]]
      const ssize_t sent = ::send(socket_, bytes->data(), bytes->size(), MSG_NOSIGNAL);
  }

  int socket_;
  ir::KvmFacts facts_;
};

/// How long a process has waited for a CPU.
Nanos run_delay(pid_t pid) {
  std::istringstream text(read_text("/proc/" + std::to_string(pid) + "/schedstat").value_or(""));
  std::int64_t on_cpu = 0;
  std::int64_t waited = 0;
  text >> on_cpu >> waited;
  return Nanos(waited);
}

/// Takes in what the child has told. False when it says no more.
bool hear(int socket, ir::KvmFacts& facts) {
  std::byte message[longest_message];
  const ssize_t size = ::recv(socket, message, sizeof message, MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  const Result<ir::KvmFacts> told =
      schema::decode<ir::KvmFacts>({message, static_cast<std::size_t>(size)});
  if (told) facts = *told;
  return told.has_value();
}

ir::KvmTrial* unfinished(ir::KvmFacts& facts) {
  for (ir::KvmTrial* trial :
       {&facts.opens, &facts.speed, &facts.breakpoint, &facts.extended_state, &facts.timer})
    if (trial->outcome == ir::TrialOutcome::hung) return trial;
  return nullptr;
}

/// A child stuck in the kernel cannot be waited for; it is then init's, when we are gone.
int reap(pid_t pid) {
  ::kill(pid, SIGKILL);
  int status = 0;
  const Deadline deadline(20ms);
  while (::waitpid(pid, &status, WNOHANG) == 0 && !deadline.passed()) ::poll(nullptr, 0, 1);
  return status;
}

std::string key_of(const std::string& boot_id) {
  return boot_id + " " + std::to_string(schema::fingerprint(schema::type_of<ir::KvmFacts>())) +
         "\n";
}

}  // namespace

ir::KvmFacts examine(KvmProbe& probe, Nanos limit) {
  ir::KvmFacts facts;
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    facts.opens = trial_of(Error{"make a pair of sockets", errno, {}});
    return facts;
  }
  Fd ours(sockets[0]);
  Fd theirs(sockets[1]);
  const Nanos start = monotonic_now();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    facts.opens = trial_of(Error{"start a process to try KVM in", errno, {}});
    return facts;
  }
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent) Reporter(theirs.get()).try_all(probe);
    ::_exit(0);
  }
  theirs.reset();
  bool ended = false;
  while (!ended) {
    const Nanos elapsed = monotonic_now() - start;
    const Nanos left = std::min(limit + run_delay(child), at_most) - elapsed;
    if (left <= Nanos(0)) break;
    pollfd watch{ours.get(), POLLIN, 0};
    constexpr Nanos tick = 5ms;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::min(left, tick));
    ::poll(&watch, 1, static_cast<int>(wait.count()));
    ended = !hear(ours.get(), facts);
  }
  const int status = reap(child);
  if (ir::KvmTrial* trial = unfinished(facts)) {
    if (ended)
      *trial = {ir::TrialOutcome::failed, WIFSIGNALED(status) ? std::string("trying it ended in ") +
                                                                    ::strsignal(WTERMSIG(status))
                                                              : "trying it ended early"};
    else
      trial->detail = "no end within " + std::to_string(limit / 1ms) + " ms";
  } else if (facts.opens.outcome == ir::TrialOutcome::untried) {
    facts.opens = {ir::TrialOutcome::failed, "the process that was to try it said nothing"};
  }
  return facts;
}

ir::KvmFacts examine_once(KvmProbe& probe, const std::string& memo, const std::string& boot_id) {
  const std::string key = key_of(boot_id);
  const bool keeps = !memo.empty() && !boot_id.empty();
  const std::string kept = keeps ? read_text(memo, 64_KiB).value_or("") : "";
  if (keeps && kept.starts_with(key)) {
    const Result<ir::KvmFacts> known =
        schema::decode<ir::KvmFacts>(as_bytes(std::string_view(kept).substr(key.size())));
    if (known) return *known;
  }
  ir::KvmFacts facts = examine(probe);
  ir::KvmFacts copy = facts;
  if (!keeps || !facts.opens.fine() || unfinished(copy) != nullptr) return facts;
  if (const Result<Buffer> bytes = schema::encode(schema::cref_to(facts))) [[maybe_unused]]
    const Status written =
        write_file_atomically(memo, as_bytes(key + std::string(as_text(*bytes))));
  return facts;
}

}  // namespace ktstr::host
