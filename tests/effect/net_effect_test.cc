// SPDX-License-Identifier: GPL-2.0-only
// Work over the network, in a network namespace with nothing but init's pair of devices.
#include <cmath>

#include "guest/veth.h"
#include "trial.h"

namespace {

using namespace ktstr;

constexpr ir::MetricId wakes = ir::metric("wake_latency");

/// The pair of devices; absent where none can be made.
Result<guest::Veth> make_devices() {
  // For good: the cases after this one have no need of the network.
  if (::unshare(CLONE_NEWNET) != 0) return fail_errno("make a network namespace");
  return guest::Veth::make();
}

/// Frames that have arrived at the far device.
double arrived() {
  std::istringstream lines(read_text("/proc/self/net/dev").value());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    double bytes = 0, packets = 0;
    fields >> name >> bytes >> packets;
    if (name == std::string(guest::Veth::far) + ":") return packets;
  }
  return 0;
}

TEST_CASE("net_traffic: as many frames arrive at the device as it says") {
  const Result<guest::Veth> devices = make_devices();
  if (!devices) SKIP(describe(devices.error()));
  const double before = arrived();
  Trial trial(ir::NetTraffic{.interval = 1ms, .frame = Bytes{256}}, 2, 0);
  trial.run(500ms);
  double sent = 0, received = 0;
  for (const Trial::Change& each : trial.halted()) {
    sent += each.iterations;
    received += each.units;
  }
  CHECK(std::abs(arrived() - before - sent) <= 20);  // Its neighbours say hello, too.
  CHECK(std::abs(received - sent) <= 4);
  CHECK(sent > 20);
  CHECK(sent <= 2 * 650);
}

TEST_CASE("irq_wake: each frame wakes its receiver") {
  const Result<guest::Veth> devices = make_devices();
  if (!devices) SKIP(describe(devices.error()));
  Trial trial(ir::IrqWake{.interval = 1ms, .frame = Bytes{64}}, 2, 0);
  const std::vector<Trial::Change> seen = trial.run(500ms);
  CHECK(seen[1].iterations > 10);
  CHECK(std::abs(seen[0].iterations - seen[1].iterations) <= 3);
  CHECK(seen[1].voluntary >= 0.5 * seen[1].iterations);
  CHECK(seen[1].voluntary <= 1.2 * seen[1].iterations + 3);
  CHECK(trial.recordings(1, wakes) >= 0.5 * seen[1].iterations);
}

}  // namespace
