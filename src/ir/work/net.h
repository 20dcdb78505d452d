// SPDX-License-Identifier: GPL-2.0-only
// Work that is about the network: raw frames over a pair of virtual Ethernet devices that init
// makes, so that they pass the kernel's receive path, in softirqs, without a machine at the other
// end.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct NetTraffic {
  static constexpr bool needs_network = true;
  Nanos interval = 1ms;
  Bytes frame{256};
  [[nodiscard]] Nanos round_time() const { return interval; }
  bool operator==(const NetTraffic&) const = default;
  static constexpr auto schema = schema::record(
      "net_traffic",
      "At regular times send a frame to itself over the network and take in what has arrived: an "
      "iteration is a frame that was sent, a unit one that arrived. `wake_latency` is how late the "
      "timer was.",
      schema::Field{"interval", &NetTraffic::interval, "From one frame to the next.",
                    schema::range(10us, 10s)},
      schema::Field{"frame", &NetTraffic::frame, "The size of a frame.",
                    schema::range(Bytes{64}, Bytes{1514})});
};

struct IrqWake {
  static constexpr std::uint32_t group_size() { return 2; }
  static constexpr bool needs_network = true;
  Nanos interval = 1ms;
  Bytes frame{64};
  [[nodiscard]] Nanos round_time() const { return interval; }
  bool operator==(const IrqWake&) const = default;
  static constexpr auto schema = schema::record(
      "irq_wake",
      "Pairs: one sends a frame at regular times, the other blocks until it comes and is woken by "
      "the softirq that delivers it. An iteration is a frame. The receiver's `wake_latency` is "
      "from sending to running again, the sender's how late its timer was.",
      schema::Field{"interval", &IrqWake::interval, "From one frame to the next.",
                    schema::range(10us, 10s)},
      schema::Field{"frame", &IrqWake::frame, "The size of a frame.",
                    schema::range(Bytes{64}, Bytes{1514})});
};

}  // namespace ktstr::ir
