// SPDX-License-Identifier: GPL-2.0-only
#include "cli/live.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>

#include <unistd.h>

namespace ktstr::cli {

Live::~Live() {
  erase();
  std::fflush(stdout);
}

void Live::update(std::size_t index, const std::string& name, const run::Progress& progress) {
  if (!terminal_) return;
  const std::lock_guard lock(mutex_);
  std::string line = report::running(name, progress.stage, progress.elapsed, style_);
  if (lines_[index] == line) return;
  lines_[index] = std::move(line);
  erase();
  draw();
}

void Live::finish(std::size_t index, const std::string& text) {
  const std::lock_guard lock(mutex_);
  erase();
  lines_.erase(index);
  std::fputs(text.c_str(), stdout);
  draw();
}

void Live::erase() {
  for (; drawn_ > 0; --drawn_) std::fputs("\033[F\033[K", stdout);
}

void Live::draw() {
  for (const auto& [index, line] : lines_) {
    std::fputs((line + "\n").c_str(), stdout);
    ++drawn_;
  }
  std::fflush(stdout);
}

bool is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

bool wants_colour(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return ::isatty(fd) == 1 && !dumb && (no_color == nullptr || no_color[0] == '\0');
}

report::Style terminal_style(bool verbose) {
  report::Style style{.colour = wants_colour(STDOUT_FILENO), .verbose = verbose};
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  return style;
}

}  // namespace ktstr::cli
