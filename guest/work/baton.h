// SPDX-License-Identifier: GPL-2.0-only
// Baton: who has one may act, and passes it on to the next member of the group, which waits for it.
// With one baton the members take turns; where all begin with one, each waits for the one before
// it. There are at least two members; those of a type that passes by pipe have pipes.
#pragma once

#include "guest/work/worker.h"

namespace ktstr::guest {

class Baton {
 public:
  enum class Begin { first, all };  ///< Who has one at first.

  /// The latency is from a pass to the next one's return from the wait.
  Baton(Worker& worker, Begin begin, ir::ChainWake wake, std::size_t latency);

  /// Waits for a baton; false when the worker is to stop.
  [[nodiscard]] bool take();
  void pass();

 private:
  /// Waits until it is there, and takes it away; false when the worker is to stop.
  bool await_byte();
  bool await_word();

  Worker& worker_;
  ir::ChainWake wake_;
  std::size_t latency_;
  std::size_t next_;
  bool has_;
  Nanos passed_;  ///< When it was passed on last.
};

}  // namespace ktstr::guest
