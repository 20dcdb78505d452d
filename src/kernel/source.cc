// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "base/fd.h"
#include "base/process.h"
#include "image/cache.h"
#include "kernel/apt.h"
#include "kernel/fetch.h"
#include "kernel/store.h"

namespace ktstr::kernel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view aim = "fetch a kernel's source";

/// What a command prints, without the last newline; empty when it fails.
std::string output_of(std::vector<std::string> argv) {
  constexpr Nanos patience = 120s;
  const Result<Output> output = run_command({.argv = std::move(argv)}, patience, 64_KiB);
  if (!output || !output->exit.success()) return {};
  return output->out.substr(0, output->out.find_last_not_of('\n') + 1);
}

Status run_tool(std::vector<std::string> argv) {
  constexpr Nanos patience = 1800s;
  const std::string tool = argv[0];
  const Output output = TRY(run_command({.argv = std::move(argv)}, patience, 64_KiB));
  if (output.exit.success()) return {};
  return fail(std::string(aim) + ": " + tool + " failed with " + describe(output.exit) + ": " +
              output.err.substr(0, 500));
}

/// The commit of a checkout in which nothing differs from it; empty otherwise.
std::string clean_commit(const std::string& directory) {
  const std::string top = output_of({"git", "-C", directory, "rev-parse", "--show-toplevel"});
  std::error_code error;
  // A tree that happens to lie inside another project's checkout has no commit of its own.
  if (top.empty() || !fs::equivalent(top, directory, error)) return {};
  const Result<Output> status =
      run_command({.argv = {"git", "-C", directory, "status", "--porcelain"}}, 300s, 64_KiB);
  if (!status || !status->exit.success() || !status->out.empty()) return {};
  return output_of({"git", "-C", directory, "rev-parse", "HEAD"});
}

/// The one file in `directory` whose name starts and ends like this.
Result<std::string> only_file(const fs::path& directory, std::string_view start,
                              std::string_view end) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(start) && name.ends_with(end)) return entry.path().string();
  }
  return fail(std::string(aim) + ": " + directory.string() + " holds no " + std::string(start) +
                  "*" + std::string(end),
              "is the package one of a kernel's source, such as linux-source-6.12?");
}

/// The .deb of exactly this version, brought if it is not there.
Result<std::string> bring(const Source& source, const std::string& downloads, const Says& says) {
  const std::string stamp = downloads + "/" + source.package + ".version";
  const std::string start = source.package + "_";
  if (read_text(stamp, 4_KiB).value_or("") == source.version)
    if (Result<std::string> there = only_file(downloads, start, ".deb")) return there;
  TRY(image::make_directories(downloads));
  while (const Result<std::string> old = only_file(downloads, start, ".deb"))
    TRY(remove_tree(*old));
  says("downloading " + source.words);
  TRY(apt_lines(aim, {"download", source.suite, downloads, source.package}));
  TRY(write_file_atomically(stamp, as_bytes(source.version)));
  return only_file(downloads, start, ".deb");
}

}  // namespace

Result<Source> examine_tree(const std::string& path) {
  std::error_code error;
  const fs::path directory = fs::canonical(path, error);
  if (error) return fail_code(error.value(), "open the source tree " + path);
  if (!fs::exists(directory / "Makefile", error) || !fs::exists(directory / "Kconfig", error))
    return fail("build the kernel in " + path + ": it lacks a Makefile or a Kconfig",
                "give the top directory of a kernel's source");
  for (const char* remains : {".config", "include/config"})
    if (fs::exists(directory / remains, error))
      return fail("build the kernel in " + path + ": make was run in it, so it is no clean source",
                  "`make mrproper` there; or boot what is in it: --kernel " + path);
  const std::string version = TRY(source_version(directory));
  Source source;
  source.directory = directory;
  source.version = version;
  const std::string commit = clean_commit(directory);
  source.fixed = !commit.empty();
  source.identity = source.fixed ? "git " + commit : "tree " + directory.string();
  source.words = version + (source.fixed ? ", commit " + commit.substr(0, 12)
                                         : ", tree " + directory.string());
  return source;
}

Result<Source> examine_package(const std::string& name, const Says& says) {
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
  });
  if (!plain || name[0] == '-')
    return fail("fetch the package `" + name + "`: that is not the name of one",
                "such as linux-source-6.12");
  AptAnswer answer;
  for (const std::string& suite : {std::string("system"), StockKernel{}.suite}) {
    says("looking for " + name + (suite == "system" ? "" : " in " + suite));
    answer = TRY(ask_apt({"depends", suite, name}));
    if (answer.status == apt_knows_no_such_package) continue;
    if (answer.status != 0 || answer.lines.empty()) break;
    Source source;
    source.package = name;
    source.version = answer.lines[0].substr(answer.lines[0].find(' ') + 1);
    source.suite = suite;
    source.fixed = true;
    source.words = name + " " + source.version;
    source.identity = "package " + source.words;
    return source;
  }
  return tl::unexpected(apt_error(aim, answer));
}

Status unpack_source(const Source& source, const std::string& downloads,
                     const std::string& directory, const Says& says) {
  const std::string deb = TRY(bring(source, downloads, says));
  says("unpacking " + source.words);
  const std::string package = directory + "/.package";
  TRY(image::make_directories(package));
  TRY(run_tool({"dpkg-deb", "-x", deb, package}));
  const std::string tarball = TRY(only_file(package + "/usr/src", "linux-source-", ".tar.xz"));
  TRY(run_tool({"tar", "-xf", tarball, "-C", directory, "--strip-components=1"}));
  return remove_tree(package);
}

Result<std::string> source_version(const std::string& directory) {
  const std::string text = TRY(read_text(directory + "/Makefile", 1_MiB));
  std::string out;
  constexpr std::array<std::pair<const char*, const char*>, 4> fields = {
      {{"VERSION", ""}, {"PATCHLEVEL", "."}, {"SUBLEVEL", "."}, {"EXTRAVERSION", ""}}};
  for (const auto& [field, separator] : fields) {
    for (const std::string& line : lines_of(text)) {
      if (!line.starts_with(std::string(field) + " =")) continue;
      std::string value = line.substr(line.find('=') + 1);
      std::erase(value, ' ');
      if (!value.empty()) out += separator + value;
      break;
    }
  }
  if (out.empty())
    return fail("build the kernel in " + directory + ": its Makefile tells no VERSION",
                "give the top directory of a kernel's source");
  return out;
}

}  // namespace ktstr::kernel
