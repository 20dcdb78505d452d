// SPDX-License-Identifier: GPL-2.0-only
// scx_llc's layout, from a made-up sysfs.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <vector>

#include <unistd.h>

#include "bpf/read_layout.h"

namespace ktstr::bpf {
namespace {

namespace fs = std::filesystem;

class FakeCpus {
 public:
  FakeCpus() {
    std::string name = (fs::temp_directory_path() / "ktstr-layout-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~FakeCpus() { fs::remove_all(root_); }
  const fs::path& root() const { return root_; }

  void write(const fs::path& name, std::string_view text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text << "\n";
  }
  /// One cache of a CPU.
  void cache(unsigned cpu, unsigned index, unsigned level, std::string_view shared) const {
    const fs::path at = "cpu" + std::to_string(cpu) + "/cache/index" + std::to_string(index);
    write(at / "level", std::to_string(level));
    write(at / "shared_cpu_list", shared);
  }

 private:
  fs::path root_;
};

std::vector<unsigned> members(const ktstr_layout& layout, unsigned llc) {
  return {layout.members + layout.begin[llc], layout.members + layout.begin[llc + 1]};
}

TEST_CASE("CPUs are grouped by their highest cache") {
  const FakeCpus cpus;
  cpus.write("possible", "0-7");
  for (unsigned cpu = 0; cpu < 8; ++cpu) {
    cpus.cache(cpu, 0, 1, std::to_string(cpu));
    cpus.cache(cpu, 3, 3, cpu % 4 < 2 ? "0-1,4-5" : "2-3,6-7");
    cpus.cache(cpu, 2, 2, std::to_string(cpu));
  }
  const auto layout = read_layout(cpus.root());
  REQUIRE(layout);
  CHECK(layout->llcs == 2);
  CHECK(members(*layout, 0) == std::vector<unsigned>{0, 1, 4, 5});
  CHECK(members(*layout, 1) == std::vector<unsigned>{2, 3, 6, 7});
  CHECK(layout->llc_of[5] == 0);
  CHECK(layout->llc_of[6] == 1);
  CHECK(layout->llc_of[8] == KTSTR_LLC_UNKNOWN);
}

TEST_CASE("a CPU that is offline belongs to no cache") {
  const FakeCpus cpus;
  cpus.write("possible", "0-3");
  for (const unsigned cpu : {1U, 2U, 3U}) cpus.cache(cpu, 0, 3, cpu == 3 ? "3" : "1-2");
  const auto layout = read_layout(cpus.root());
  REQUIRE(layout);
  CHECK(layout->llcs == 2);
  CHECK(layout->llc_of[0] == KTSTR_LLC_UNKNOWN);
  CHECK(members(*layout, 0) == std::vector<unsigned>{1, 2});
  CHECK(members(*layout, 1) == std::vector<unsigned>{3});
}

TEST_CASE("where no cache is shown all CPUs share one") {
  const FakeCpus cpus;
  cpus.write("possible", "0-2");
  const auto layout = read_layout(cpus.root());
  REQUIRE(layout);
  CHECK(layout->llcs == 1);
  CHECK(members(*layout, 0) == std::vector<unsigned>{0, 1, 2});
}

TEST_CASE("the layout's limits") {
  const FakeCpus none;
  CHECK(!read_layout(none.root()));
  const FakeCpus cpus;
  cpus.write("possible", "0-" + std::to_string(KTSTR_CPUS_MOST));
  CHECK(!read_layout(cpus.root()));
  cpus.write("possible", "0-" + std::to_string(KTSTR_CPUS_MOST - 1));
  REQUIRE(read_layout(cpus.root()));
  CHECK(members(*read_layout(cpus.root()), 0).size() == KTSTR_CPUS_MOST);

  const FakeCpus apart;
  apart.write("possible", "0-" + std::to_string(KTSTR_LLCS_MOST));
  for (unsigned cpu = 0; cpu < KTSTR_LLCS_MOST; ++cpu) apart.cache(cpu, 0, 3, std::to_string(cpu));
  REQUIRE(read_layout(apart.root()));
  CHECK(read_layout(apart.root())->llcs == KTSTR_LLCS_MOST);
  CHECK(members(*read_layout(apart.root()), KTSTR_LLCS_MOST - 1) ==
        std::vector<unsigned>{KTSTR_LLCS_MOST - 1});
  apart.cache(KTSTR_LLCS_MOST, 0, 3, std::to_string(KTSTR_LLCS_MOST));
  CHECK(!read_layout(apart.root()));
}

}  // namespace
}  // namespace ktstr::bpf
