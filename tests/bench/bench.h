// SPDX-License-Identifier: GPL-2.0-only
// The line every benchmark prints per figure: `bench: NAME VALUE UNIT (promise …)`.
#pragma once

#include <cstdio>
#include <string>

inline void report_figure(const char* name, double value, const char* unit, const char* promise) {
  std::printf("bench: %s %.3g %s (%s)\n", name, value, unit, promise);
}
