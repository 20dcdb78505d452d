// SPDX-License-Identifier: GPL-2.0-only
// Fragments, and why a kernel does not take an option.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "base/fd.h"
#include "kernel/configure.h"
#include "kernel/fragment.h"
#include "kernel/kconfig.h"
#include "kernel/kconfig_expression.h"
#include "kernel/requirements.h"
#include "plan/kernel_needs.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::kernel;

namespace {

using Strings = std::vector<std::string>;

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  REQUIRE(write_file_atomically(path, as_bytes(text)));
}

}  // namespace

TEST_CASE("a fragment gives options with the comments above them") {
  const auto wishes = parse_fragment(
      "# What this is about.\n\n# Because\n#   of this.\nCONFIG_A=y\nCONFIG_B=\"x y\"\r\n"
      "# Other.\n# CONFIG_C is not set\n\nCONFIG_D=12\n",
      "some");
  REQUIRE(wishes);
  CHECK(*wishes == std::vector<Wish>{{"A", "y", "Because of this.", "some"},
                                     {"B", "\"x y\"", "Because of this.", "some"},
                                     {"C", "n", "Other.", "some"},
                                     {"D", "12", "", "some"}});
}

TEST_CASE("a line that sets nothing is refused with its number") {
  for (const char* line : {"CONFIG_A", "CONFIG_=y", "A=y", "CONFIG_A=", "CONFIG_A B=y"}) {
    CAPTURE(line);
    const auto wishes = parse_fragment("CONFIG_X=y\n" + std::string(line) + "\n", "file");
    REQUIRE_FALSE(wishes);
    CHECK(wishes.error().what == "file:2: `" + std::string(line) + "` sets no option");
  }
}

TEST_CASE("our fragments have a reason for every option, once each, and all that a case may need") {
  std::set<std::string> seen;
  for (const Fragment& fragment : own_fragments()) {
    const auto wishes = parse_fragment(fragment.text, fragment.name);
    REQUIRE(wishes);
    CHECK_FALSE(wishes->empty());
    for (const Wish& wish : *wishes) {
      CAPTURE(fragment.name, wish.option);
      CHECK(wish.reason.size() >= 10);
      CHECK(wish.value != "m");
      CHECK(seen.insert(wish.option).second);
    }
  }
  const std::vector<Wish> wishes = gather_wishes("").value();
  const Options options = parse_config(applied("", wishes));
  Strings needed;
  for (const Need& need : base_needs()) needed.emplace_back(need.option);
  constexpr std::string_view prefix = "CONFIG_";
  for (const std::string_view option : plan::options_in_need()) {
    REQUIRE(option.starts_with(prefix));
    needed.emplace_back(option.substr(prefix.size()));
  }
  for (const std::string& option : needed) {
    CAPTURE(option);
    REQUIRE(options.contains(option));
    CHECK(options.at(option) == "y");
  }
}

TEST_CASE("later wishes go over earlier ones and over the configuration they are applied to") {
  const auto first = parse_fragment("# a\nCONFIG_A=y\nCONFIG_B=y\n", "first").value();
  const auto second = parse_fragment("# CONFIG_A is not set\nCONFIG_C=5\n", "second").value();
  const std::vector<Wish> both = merge(first, second);
  CHECK(applied("# tiny\nCONFIG_B=n\nCONFIG_Z=y\n# CONFIG_C is not set\n", both) ==
        "# tiny\nCONFIG_Z=y\n# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=5\n");
  const Options got = parse_config("CONFIG_A=y\nCONFIG_B=y\n");
  const std::vector<Wish> gone = unfulfilled(both, got);
  REQUIRE(gone.size() == 2);
  CHECK(gone[0].option == "A");
  CHECK(gone[1].option == "C");
  CHECK(unfulfilled(both, parse_config("CONFIG_B=y\nCONFIG_C=5\n")).empty());
}

TEST_CASE("options of the user's go over ours; modules are refused") {
  const TemporaryDirectory directory;
  write(directory / "extra", "# wanted\nCONFIG_NET=n\nCONFIG_NEW=y\n");
  const auto wishes = gather_wishes(directory / "extra");
  REQUIRE(wishes);
  const Options options = parse_config(applied("", *wishes));
  CHECK(options.at("NET") == "n");
  CHECK(options.at("NEW") == "y");
  write(directory / "extra", "CONFIG_NEW=m\n");
  const auto refused = gather_wishes(directory / "extra");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("CONFIG_NEW=m") != std::string::npos);
}

TEST_CASE("the parts of a condition that do not hold are told with the values in them") {
  const Options options = {{"A", "y"}, {"M", "m"}, {"V", "124"}, {"S", "text"}};
  CHECK(unmet_parts("A && (B || A) && M", options).empty());
  CHECK(unmet_parts("A && B && !A", options) == Strings{"B (B is n)", "!A (A is y)"});
  CHECK(unmet_parts("A && (B || C)", options) == Strings{"(B || C) (B is n, C is n)"});
  CHECK(unmet_parts("B || A && C", options) == Strings{"B || A && C (B is n, A is y, C is n)"});
  CHECK(unmet_parts("V >= 130", options) == Strings{"V >= 130 (V is 124)"});
  CHECK(unmet_parts("V >= 121 && V<125 && V != 7", options).empty());
  CHECK(unmet_parts("S = \"text\" && S != 'other' && B = n && A=y", options).empty());
  CHECK(unmet_parts("$(success,test -e (x) && y) && B", options) == Strings{"B (B is n)"});
  CHECK(unmet_parts("A # B", options).empty());
  CHECK(unmet_parts("", options).empty());
  CHECK(unmet_parts("!M", {{"M", "y"}}) == Strings{"!M (M is y)"});
  CHECK(unmet_parts(std::string(100'000, '(') + "B", options).empty());
  CHECK(unmet_parts("A && ", options).empty());
}

TEST_CASE("the cause of a dropped option is found in the tree's Kconfig files") {
  const TemporaryDirectory tree;
  write(tree / "Kconfig", "mainmenu \"x\"\nsource \"net/Kconfig\"\nconfig HIDDEN\n\tbool\n");
  write(tree / "net/Kconfig",
        "menuconfig NET\n\tbool \"Networking\"\n\thelp\n\t  config WRONG\n\n\t  depends on X\n\n"
        "if NET\n\nmenu \"Options\"\n\tdepends on MENU || \\\n\t  OTHER\n\n"
        "config VSOCK\n\tbool \"Sockets\" if EXPERT\n\tdepends on PCI && A\n\tselect B\n"
        "\thelp\n\t  depends on NOTHING.\n\nendmenu\nendif\n\nconfig FREE\n\tbool \"Free\"\n");
  write(tree / "arch/arm/Kconfig", "config FREE\n\tbool \"x\"\n\tdepends on ARM\n");
  Options options = {{"A", "y"}};
  CHECK(
      likely_cause(tree.path(), "VSOCK", options) ==
      "it needs NET (NET is n) and MENU || OTHER (MENU is n, OTHER is n) and EXPERT (EXPERT is n) "
      "and PCI (PCI is n), at net/Kconfig:14");
  options = {{"A", "y"}, {"NET", "y"}, {"OTHER", "y"}, {"EXPERT", "y"}};
  CHECK(likely_cause(tree.path(), "VSOCK", options) ==
        "it needs PCI (PCI is n), at net/Kconfig:14");
  CHECK(likely_cause(tree.path(), "HIDDEN", options) ==
        "it needs another option to select it, at Kconfig:3");
  CHECK(likely_cause(tree.path(), "FREE", options) ==
        "its conditions at net/Kconfig:24 are met, so another option overrides it");
  CHECK(likely_cause(tree.path(), "WRONG", options) == "this kernel has no such option");
  CHECK(likely_cause(tree.path(), "ABSENT", options) == "this kernel has no such option");
}
