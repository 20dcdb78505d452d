// SPDX-License-Identifier: GPL-2.0-only
// `ktstr kernel build`, with a line of progress that is rewritten on a terminal and repeated now
// and then elsewhere.
#include <algorithm>
#include <cerrno>

#include <sys/ioctl.h>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/interrupts.h"
#include "cli/verbs.h"
#include "kernel/build.h"
#include "kernel/find.h"

namespace ktstr::cli {
namespace {

constexpr int host_trouble = 3;
constexpr int bad_usage = 4;

class Progress final : public kernel::BuildWatcher {
 public:
  Progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() override { end_line(); }

  void begins(std::string_view what) override {
    end_line();
    what_ = what;
    began_ = told_ = monotonic_now();
    files_ = 0;
    fmt::print(stderr, "==> kernel: {}{}", what, terminal_ ? "" : "\n");
    drawn_ = terminal_;
  }

  void makes(std::uint64_t files, std::string_view path) override {
    constexpr Nanos live_interval = 100ms;
    constexpr Nanos log_interval = 30s;
    files_ = files;
    const Nanos now = monotonic_now();
    if (now - told_ < (terminal_ ? live_interval : log_interval)) return;
    told_ = now;
    draw(path);
  }

  void complains(std::span<const std::string> lines) override {
    end_line();
    for (const std::string& line : lines) fmt::print(stderr, "    {}\n", line);
  }

 private:
  [[nodiscard]] std::string counted() const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(monotonic_now() - began_);
    return fmt::format("==> kernel: {} ({} files, {}:{:02})", what_, files_, seconds.count() / 60,
                       seconds.count() % 60);
  }

  void draw(std::string_view path) {
    std::string line = counted() + " " + std::string(path);
    if (!terminal_) {
      fmt::print(stderr, "{}\n", line);
      return;
    }
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    line.resize(std::min<std::size_t>(line.size(), known ? size.ws_col - 1U : 79U));
    fmt::print(stderr, "\r\x1b[K{}", line);
  }

  /// Leaves what this part came to.
  void end_line() {
    if (files_ > 0) fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", counted(), "\n");
    if (drawn_ && files_ == 0) fmt::print(stderr, "\n");
    drawn_ = false;
    files_ = 0;
  }

  const bool terminal_;
  std::string what_;
  Nanos began_{};
  Nanos told_{};
  std::uint64_t files_ = 0;
  bool drawn_ = false;  ///< The last line on the terminal is not ended.
};

}  // namespace

int build_kernel(const VerbArguments& arguments) {
  kernel::BuildRequest request = arguments.build;
  if (!arguments.words.empty()) request.tree = arguments.words[0];
  if (request.tree.empty() == request.package.empty())
    return complain({"build a kernel: from what?", 0,
                     "give a source tree, or a package with --package linux-source-6.12"},
                    bad_usage);
  const Result<std::string> kernels = kernel::default_kernels();
  if (!kernels) return complain(kernels.error(), host_trouble);
  const Result<Interrupts> interrupts = Interrupts::caught();
  if (!interrupts) return complain(interrupts.error(), host_trouble);

  Result<kernel::Built> built = [&] {
    Progress progress;
    return kernel::build_kernel(*kernels, request, progress, interrupts->interrupt().fd());
  }();
  if (!built)
    return complain(built.error(), built.error().code == EINTR ? interrupted_status : host_trouble);
  if (built->was_cached)
    fmt::print(stderr, "==> kernel: nothing to do, it is {}\n", built->facts.origin);
  fmt::print("{}\n", built->facts.name);
  return 0;
}

}  // namespace ktstr::cli
