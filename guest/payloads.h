// SPDX-License-Identifier: GPL-2.0-only
// The payloads of a run: started in their cgroups, their output told as it comes, ended when their
// step or their time is over. What is not kept of the output is counted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signal.h>

#include "guest/cgroup.h"
#include "guest/loop.h"
#include "guest/session.h"
#include "ir/payload.h"
#include "ir/payload_run.h"

namespace ktstr::guest {

class Payloads {
 public:
  using Filter = std::function<bool(const ir::PayloadRun&)>;

  Payloads(Loop& loop, Session& session, Cgroups& cgroups, std::vector<ir::GuestPayload> known);
  Payloads(const Payloads&) = delete;
  Payloads& operator=(const Payloads&) = delete;
  ~Payloads();

  /// Starts it, on behalf of a step.
  Status start(const std::string& name, const std::string& cgroup, std::uint32_t step);
  /// Has it started with the workers that wait.
  void add(std::string name, std::string cgroup, std::uint32_t step);
  /// Starts those. Gives whether there were any.
  Result<bool> release();
  /// Waits until none of that name runs; fails when the time, if there is one, is over.
  Status wait(const std::string& name, std::optional<Nanos> patience);
  /// Ends those whom the filter names: asks, and kills who has not gone after two seconds.
  void stop(const Filter& filter);
  /// Where they are now, after somebody moved them.
  void moved(const std::string& from, const std::string& to);
  /// Whether any that runs, or waits to be started, is one whom the filter names.
  [[nodiscard]] bool any(const Filter& filter) const;
  /// Tells what was written since the last time.
  void flush();
  /// A child of init ended; true if it was one of them.
  bool reaped(const siginfo_t& info);

 private:
  struct Live;
  struct Waiting {
    std::string name;
    std::string cgroup;
    std::uint32_t step;

    /// What it will be.
    [[nodiscard]] ir::PayloadRun run() const {
      return {.payload = name, .cgroup = cgroup, .step = step};
    }
  };

  Status set_timer(Live& live, Nanos after);
  void expire(Live& live);
  void keep(Live& live, bool is_error, std::string_view text);
  void flush(Live& live);
  void finish(Live& live);

  Loop& loop_;
  Session& session_;
  Cgroups& cgroups_;
  const std::vector<ir::GuestPayload> known_;
  std::vector<Waiting> waiting_{};
  std::map<std::uint32_t, std::unique_ptr<Live>> live_;
  std::uint32_t next_run_ = 0;
  std::size_t kept_ = 0;  ///< Bytes of output, of all.
};

}  // namespace ktstr::guest
