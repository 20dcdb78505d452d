// SPDX-License-Identifier: GPL-2.0-only
// The entry point of every test executable. A run in which no case ran is an error, and a run whose
// cases were all skipped is not: the skips are counted and give their reasons.
#include <catch2/catch_session.hpp>

int main(int argc, char** argv) {
  Catch::Session session;
  if (const int status = session.applyCommandLine(argc, argv); status != 0) return status;
  session.configData().allowZeroTests = false;
  const int status = session.run();
  constexpr int all_skipped = 4;  // Catch2's own exit status for it.
  return status == all_skipped ? 0 : status;
}
