// SPDX-License-Identifier: GPL-2.0-only
// A PID 1 that says when its first instruction ran, and waits to be stopped.
#include <unistd.h>

int main() {
  constexpr char words[] = "first instruction\n";
  if (::write(STDOUT_FILENO, words, sizeof words - 1) < 0) return 1;
  for (;;) ::pause();
}
