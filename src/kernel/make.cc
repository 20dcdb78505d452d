// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/make.h"

#include <algorithm>
#include <cerrno>
#include <deque>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"

namespace ktstr::kernel {
namespace {

constexpr std::size_t lines_kept = 15;
constexpr std::size_t longest_line = 4096;

/// Takes in what make says, piece by piece.
class Listener {
 public:
  explicit Listener(const Make& make) : make_(make) {}

  void hear(std::string_view piece) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      const std::size_t room = longest_line - std::min(longest_line, line_.size());
      line_ += piece.substr(0, std::min(end, room));
      if (end == piece.npos) return;
      piece.remove_prefix(end + 1);
      end_line();
    }
  }

  /// The last lines, with the first error before them if it has scrolled off.
  std::vector<std::string> last_lines() {
    if (!line_.empty()) end_line();
    std::vector<std::string> out;
    if (!first_error_.empty() && std::ranges::find(last_, first_error_) == last_.end())
      out.push_back(first_error_);
    out.insert(out.end(), last_.begin(), last_.end());
    return out;
  }

  [[nodiscard]] const std::string& first_error() const { return first_error_; }

 private:
  /// `  CC      init/main.o`: two spaces, a word in capitals, the file.
  void end_line() {
    const std::size_t tag = line_.find(' ', 2);
    const bool step = line_.starts_with("  ") && tag > 2 && tag != line_.npos &&
                      std::all_of(line_.begin() + 2, line_.begin() + static_cast<long>(tag),
                                  [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
    if (step) {
      ++made_;
      const std::size_t file = line_.find_first_not_of(' ', tag);
      if (make_.made) make_.made(made_, file == line_.npos ? "" : line_.substr(file));
    } else if (!line_.empty()) {
      if (first_error_.empty() && line_.find("rror: ") != line_.npos) first_error_ = line_;
      last_.push_back(line_);
      if (last_.size() > lines_kept) last_.pop_front();
    }
    line_.clear();
  }

  const Make& make_;
  std::string line_;
  std::deque<std::string> last_;
  std::string first_error_;
  std::uint64_t made_ = 0;
};

/// Make passes SIGTERM on to its children, so that nothing is left running.
void end(Process& process, const Fd& said) {
  constexpr Nanos patience = 10s;
  const Deadline deadline(patience);
  if (!process.signal(SIGTERM)) return;
  char rest[4096];
  pollfd watch{said.get(), POLLIN, 0};
  while (::poll(&watch, 1, deadline.poll_timeout()) == 1 &&
         ::read(said.get(), rest, sizeof rest) > 0) {
  }
  [[maybe_unused]] const auto exit = process.wait(deadline.left());
}

std::vector<std::string> command_line(const Make& make, const std::vector<std::string>& targets) {
  std::vector<std::string> argv = {
      "make", "-C", make.source, "O=" + make.objects,
      // Equal input gives an equal kernel; and no `+` or commit in its release.
      "KBUILD_BUILD_USER=ktstr", "KBUILD_BUILD_HOST=ktstr", "KBUILD_BUILD_VERSION=1",
      "KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970", "LOCALVERSION="};
  argv.insert(argv.end(), targets.begin(), targets.end());
  return argv;
}

}  // namespace

Status Make::run(const std::vector<std::string>& targets) const {
  const Fd record = TRY(open_file(log, O_WRONLY | O_CREAT | O_APPEND, 0644));
  int raw[2];
  if (::pipe2(raw, O_CLOEXEC) != 0) return fail_errno("pipe");
  const Fd said(raw[0]);
  Fd says(raw[1]);
  Command command{.argv = command_line(*this, targets),
                  .inherit = {{says.get(), 1}, {says.get(), 2}},
                  .environment = {"LC_ALL=C"}};
  constexpr int lock_in_child = 9;
  if (lock >= 0) command.inherit.emplace_back(lock, lock_in_child);
  Process process = TRY(Process::spawn(command));
  says.reset();

  Listener listener(*this);
  while (true) {
    pollfd watch[2] = {{said.get(), POLLIN, 0}, {stop, POLLIN, 0}};
    if (::poll(watch, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return fail_errno("poll make");
    }
    if (watch[1].revents != 0) {
      end(process, said);
      return fail_code(EINTR, "build the kernel");
    }
    char piece[16384];
    const ssize_t got = ::read(said.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::string_view text(piece, static_cast<std::size_t>(got));
    TRY(write_all(record, as_bytes(text), log));
    listener.hear(text);
  }
  const std::optional<Exit> exit = TRY(process.wait(60s));
  if (!exit) return fail("build the kernel: make closed its output and does not end");
  if (exit->success()) return {};
  if (failed) failed(listener.last_lines());
  const std::string& error = listener.first_error();
  return fail("build the kernel: `make " + targets.back() + "` ended with " + describe(*exit) +
                  (error.empty() ? "" : ": " + error),
              "all it said is in " + log);
}

}  // namespace ktstr::kernel
