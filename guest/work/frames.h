// SPDX-License-Identifier: GPL-2.0-only
// Frames over the pair of devices of guest/veth.h: packet(7) sockets that send at the near end and
// receive at the far one. A frame carries the number of whom it is for, and each receives its own
// only.
#pragma once

#include <optional>

#include "base/fd.h"
#include "guest/work/worker.h"

namespace ktstr::guest {

class FrameSender {
 public:
  /// Gives up for the worker when there is no device. `size` is of the whole frame.
  FrameSender(Worker& worker, std::uint32_t receiver, std::size_t size);
  /// Sends a frame that says it was sent now.
  void send();

 private:
  Worker& worker_;
  Fd socket_;
  Buffer frame_;
};

class FrameReceiver {
 public:
  FrameReceiver(Worker& worker, std::uint32_t receiver);
  /// When the frame was sent that comes next, or already lies there. Nothing when there is none and
  /// `waits` is false, or when the worker is to stop.
  std::optional<Nanos> receive(bool waits);

 private:
  Worker& worker_;
  Fd socket_;
};

}  // namespace ktstr::guest
