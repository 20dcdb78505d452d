// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <string>

#include <fcntl.h>

#include "base/fd.h"
#include "cli/live.h"

using namespace ktstr;

TEST_CASE("colours are for the terminal that is written to, unless somebody minds") {
  const Fd terminal = open_file("/dev/ptmx", O_RDWR | O_NOCTTY).value();
  const Fd file = create_memfd("file", 0_KiB).value();
  const char* const term = std::getenv("TERM");
  const std::string before = term == nullptr ? "" : term;
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  CHECK(cli::wants_colour(terminal.get()));
  CHECK_FALSE(cli::wants_colour(file.get()));
  ::setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(cli::wants_colour(terminal.get()));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  CHECK_FALSE(cli::wants_colour(terminal.get()));
  term == nullptr ? ::unsetenv("TERM") : ::setenv("TERM", before.c_str(), 1);
}
