// SPDX-License-Identifier: GPL-2.0-only
// The fixture schedulers' command lines.
#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "bpf/mischief_options.h"

namespace ktstr::bpf {
namespace {

using namespace std::chrono_literals;

struct Line {
  Settings settings;
  MischiefRequest request;
  std::string mistake;
};

std::string parse(Line& line, const std::vector<const char*>& arguments, unsigned cpus = 4) {
  std::vector<Option> options = mischief_options(line.request, line.settings, cpus);
  for (const Option& option : common_options(line.settings)) options.push_back(option);
  return parse_options(arguments, options);
}

TEST_CASE("a fixture's common options") {
  Line line;
  CHECK(parse(line, {"--partial", "--timeout-ms", "2500", "--stats=/tmp/s"}).empty());
  CHECK(line.settings.partial);
  CHECK(line.settings.timeout_ms == 2500);
  CHECK(line.settings.stats == "/tmp/s");
  CHECK(parse(line, {"--stats", ""}).empty());
  CHECK(line.settings.stats.empty());
  CHECK(!line.settings.help);
  CHECK(parse(line, {"--help"}).empty());
  CHECK(line.settings.help);
}

TEST_CASE("every misbehaviour is reached by its option") {
  Line line;
  CHECK(parse(line, {"--stall-one", "--after", "1500ms", "--starve-cgroup", "victim",
                     "--ignore-affinity", "--flood-fallback", "--error=told to",
                     "--loop-in-dispatch", "--idle-cpus", "50%", "--exit-after", "3"})
            .empty());
  const ktstr_mischief& control = line.request.control;
  CHECK(control.stall_one == 1);
  CHECK(control.after_ns == 1'500'000'000);
  CHECK(control.starve_cgroup == std::string("victim"));
  CHECK(control.ignore_affinity == 1);
  CHECK(control.flood_fallback == 1);
  CHECK(control.error == std::string("told to"));
  CHECK(control.loop_in_dispatch == 1);
  CHECK(control.idle_cpus == 2);
  CHECK(control.degrade == 0);
  CHECK(line.settings.exit_after == 3s);
  CHECK(line.request.refused == nullptr);
  CHECK(!line.request.command);
  CHECK(parse(line, {"--command"}).empty());
  CHECK(line.request.command);
  CHECK(parse(line, {"--degrade-after", "2s", "--refuse-load-loop"}).empty());
  CHECK(control.degrade == 1);
  CHECK(control.after_ns == 2'000'000'000);
  CHECK(line.request.refused == std::string("refused_loop"));
  CHECK(parse(line, {"--refuse-load"}).empty());
  CHECK(line.request.refused == std::string("refused_plain"));
}

TEST_CASE("without arguments nothing is asked for") {
  Line line;
  CHECK(parse(line, {}).empty());
  const ktstr_mischief none{};
  CHECK(std::memcmp(&line.request.control, &none, sizeof(none)) == 0);
  CHECK(line.settings.timeout_ms == 0);
  CHECK(line.settings.exit_after == 0s);
}

TEST_CASE("a mistake on the command line is told") {
  Line line;
  CHECK(parse(line, {"--stal-one"}) == "there is no option --stal-one");
  CHECK(parse(line, {"victim"}) == "there is no option victim");
  CHECK(parse(line, {"--partial=yes"}) == "--partial takes no value");
  CHECK(parse(line, {"--after"}) == "--after needs a value");
  CHECK(parse(line, {"--after", "2 s"}) == "--after does not take `2 s`");
  CHECK(parse(line, {"--timeout-ms", "30001"}) == "--timeout-ms does not take `30001`");
  CHECK(parse(line, {"--timeout-ms=0"}) == "--timeout-ms does not take `0`");
  CHECK(parse(line, {"--exit-after", "0"}) == "--exit-after does not take `0`");
  CHECK(parse(line, {"--starve-cgroup", ""}) == "--starve-cgroup does not take ``");
  const std::string longest(KTSTR_MISCHIEF_NAME - 1, 'x');
  CHECK(parse(line, {"--starve-cgroup", longest.c_str()}).empty());
  CHECK(!parse(line, {"--starve-cgroup", (longest + "x").c_str()}).empty());
}

TEST_CASE("idle CPUs are at least one and never all") {
  Line line;
  for (const char* wrong : {"0", "4", "5", "100%", "0%", "-1", "%", "", "1.5"}) {
    INFO(wrong);
    CHECK(!parse(line, {"--idle-cpus", wrong}).empty());
  }
  CHECK(parse(line, {"--idle-cpus", "3"}).empty());
  CHECK(line.request.control.idle_cpus == 3);
  CHECK(parse(line, {"--idle-cpus", "1%"}).empty());
  CHECK(line.request.control.idle_cpus == 1);
  CHECK(!parse(line, {"--idle-cpus", "50%"}, 1).empty());
}

TEST_CASE("durations") {
  CHECK(parse_duration("2s") == 2s);
  CHECK(parse_duration("7") == 7s);
  CHECK(parse_duration("15ms") == 15ms);
  CHECK(parse_duration("3us") == 3us);
  CHECK(parse_duration("1min") == 60s);
  CHECK(parse_duration("24000000us") == 24s);
  for (const char* wrong : {"", "s", "2h", "-1s", "1.5s", "2S", "86401", "99999999999", "1 s"}) {
    INFO(wrong);
    CHECK(!parse_duration(wrong));
  }
}

TEST_CASE("the help names every option") {
  Line line;
  const auto options = mischief_options(line.request, line.settings, 4);
  const std::string text = help_text("scx_mischief", options);
  for (const Option& option : options) CHECK(text.find(option.name) != std::string::npos);
}

}  // namespace
}  // namespace ktstr::bpf
