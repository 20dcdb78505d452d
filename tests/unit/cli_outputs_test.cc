// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <thread>

#include <sys/stat.h>

#include <fcntl.h>

#include "base/fd.h"
#include "cli/outputs.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::cli;

namespace fs = std::filesystem;

TEST_CASE("a regular file is replaced, and one that is not there made") {
  const TemporaryDirectory home;
  REQUIRE(write_output(home / "file", as_bytes("a longer text")));
  REQUIRE(write_output(home / "file", as_bytes("text")));
  CHECK(read_text(home / "file").value() == "text");
  CHECK(std::distance(fs::directory_iterator(home.path()), {}) == 1);
}

TEST_CASE("a link stays one, whether or not what it leads to is there") {
  const TemporaryDirectory home;
  REQUIRE(write_file_atomically(home / "target", as_bytes("a longer text")));
  fs::create_symlink("target", home / "link");
  fs::create_symlink("later", home / "dangling");
  REQUIRE(write_output(home / "link", as_bytes("text")));
  REQUIRE(write_output(home / "dangling", as_bytes("new")));
  CHECK(fs::is_symlink(home / "link"));
  CHECK(fs::is_symlink(home / "dangling"));
  CHECK(read_text(home / "target").value() == "text");
  CHECK(read_text(home / "later").value() == "new");
}

TEST_CASE("a pipe gets the text, and a device is written to") {
  const TemporaryDirectory home;
  const std::string pipe = home / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(check_outputs({{"json", pipe}}));
  std::string got;
  std::thread reader([&] { got = read_text(pipe).value_or("not read"); });
  const Status written = write_output(pipe, as_bytes("text"));
  reader.join();
  CHECK(written);
  CHECK(got == "text");
  CHECK(fs::is_fifo(pipe));
  fs::create_symlink("/dev/null", home / "null");
  CHECK(write_output(home / "null", as_bytes("text")));
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a file that cannot be is refused before the run, by its option") {
  const TemporaryDirectory home;
  CHECK(check_outputs({{"json", home / "x.json"}, {"junit", "/dev/null"}}));
  const Status nowhere = check_outputs({{"json", home / "x.json"}, {"junit", home / "no/x.xml"}});
  REQUIRE_FALSE(nowhere);
  const std::string said = describe(nowhere.error());
  CHECK(said.find("--junit " + (home / "no/x.xml")) == 0);
  CHECK(said.find("No such file or directory") != std::string::npos);
  CHECK_FALSE(check_outputs({{"json", home.path()}}));
}

TEST_CASE("one file that fails does not keep the other from being written") {
  const TemporaryDirectory home;
  const std::vector<Error> errors =
      write_outputs({{"json", home / "no/x.json"}, {"junit", home / "x.xml"}}, {});
  REQUIRE(errors.size() == 1);
  CHECK(describe(errors[0]).find("--json ") == 0);
  CHECK(fs::exists(home / "x.xml"));
}
