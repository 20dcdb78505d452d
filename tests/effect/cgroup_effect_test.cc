// SPDX-License-Identifier: GPL-2.0-only
// Work that moves tasks between cgroups, in a cgroup v2 hierarchy mounted for it alone.
#include <set>

#include <sys/mount.h>
#include <sys/stat.h>

#include <stdlib.h>

#include "guest/work/nests.h"
#include "trial.h"

namespace {

using namespace ktstr;

/// A cgroup with two nested in it; all are gone afterwards.
class Hierarchy {
 public:
  Hierarchy() {
    // Nobody else sees the mount, and it ends with the process.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr))
      return;
    char name[] = "/tmp/ktstr-cgroups-XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    mount_ = name;
    if (::mount("none", name, "cgroup2", 0, nullptr) != 0) return;
    cgroup_ = mount_ + "/ktstr-effect-" + std::to_string(::getpid());
    usable_ = ::mkdir(cgroup_.c_str(), 0755) == 0 && ::mkdir(nest(0).c_str(), 0755) == 0 &&
              ::mkdir(nest(1).c_str(), 0755) == 0;
  }
  ~Hierarchy() {
    if (!usable_) return;
    for (const std::string& path : {nest(0), nest(1), cgroup_}) ::rmdir(path.c_str());
    ::umount2(mount_.c_str(), MNT_DETACH);
    ::rmdir(mount_.c_str());
  }

  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] const std::string& cgroup() const { return cgroup_; }
  [[nodiscard]] std::string nest(int index) const {
    return cgroup_ + "/" + guest::nest_name(index);
  }

 private:
  std::string mount_, cgroup_;
  bool usable_ = false;
};

TEST_CASE("cgroup_churn is in one of its cgroups after the other") {
  const Hierarchy hierarchy;
  if (!hierarchy.usable()) SKIP("no cgroup v2 can be mounted here");
  Trial trial(ir::CgroupChurn{.groups = 2, .cycle = 10ms}, 1, 0, {.cgroup = hierarchy.cgroup()});
  std::set<std::string> seen;
  for (int i = 0; i < 40; ++i) {
    const std::string text = read_text("/proc/" + std::to_string(trial.pid(0)) + "/cgroup").value();
    seen.insert(text.substr(text.rfind('/') + 1));
    Trial::pass(7'000'000);
  }
  CHECK(seen.contains("nest_0\n"));
  CHECK(seen.contains("nest_1\n"));
  const Trial::Change change = trial.run(400ms)[0];
  CHECK(change.iterations <= change.seconds / 0.01 + 1);
  CHECK(change.iterations >= 0.3 * (change.seconds - change.waited_seconds) / 0.01);
}

TEST_CASE("cgroup_attach_storm makes a child in each iteration and moves most of them") {
  const Hierarchy hierarchy;
  if (!hierarchy.usable()) SKIP("no cgroup v2 can be mounted here");
  for (const ir::Reap reap : {ir::Reap::waited, ir::Reap::automatic}) {
    Trial trial(ir::CgroupAttachStorm{.reap = reap}, 1, 0, {.cgroup = hierarchy.cgroup()});
    const double before = processes_made();
    const Trial::Change seen = trial.run(400ms)[0];
    const double after = processes_made();
    CHECK(seen.iterations > 2);
    CHECK(after - before >= seen.iterations - 1);  // One may be under way.
    CHECK(seen.units > 0);
    CHECK(seen.units <= seen.iterations);
    // Children that are waited for are counted there, others not.
    CHECK((seen.children_faults > seen.iterations) == (reap == ir::Reap::waited));
  }
}

}  // namespace
