// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/toolchain.h"

#include <charconv>
#include <cstdlib>
#include <optional>

#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"

namespace ktstr::kernel {
namespace {

std::vector<BuildNeed> everything() {
  return {
      {"make", "make", "runs the build"},
      {"gcc", "gcc", "compiles"},
      {"ld", "binutils", "links"},
      {"strip", "binutils", "takes the debug information out"},
      {"flex", "flex", "reads the configuration"},
      {"bison", "bison", "reads the configuration"},
      {"bc", "bc", "computes time constants"},
      {"pahole", "dwarves", "makes the type information that BPF needs"},
      {"gzip", "gzip", "packs the image"},
      {"tar", "tar", "unpacks sources"},
      {"xz", "xz-utils", "unpacks sources"},
  };
}

bool in_path(const std::string& program) {
  const char* value = std::getenv("PATH");
  std::string_view rest = value != nullptr ? value : "";
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const std::string directory(rest.substr(0, end));
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return false;
}

bool has_header(const std::string& name) {
  const Result<Output> output = run_command(
      {.argv = {"gcc", "-E", "-x", "c", "-include", name, "/dev/null", "-o", "/dev/null"}}, 20s,
      64_KiB);
  return output && output->exit.success();
}

struct Version {
  unsigned major = 0;
  unsigned minor = 0;

  auto operator<=>(const Version&) const = default;
};

/// The first `1.26` in `text`.
std::optional<Version> first_version(std::string_view text) {
  Version version;
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit == text.npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data() + digit, end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc()) return std::nullopt;
  return version;
}

std::string to_text(const Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

}  // namespace

std::vector<BuildNeed> missing_build_needs() {
  std::vector<BuildNeed> out = everything();
  std::erase_if(out, [](const BuildNeed& need) { return in_path(need.name); });
  if (in_path("gcc") && !has_header("gelf.h"))
    out.push_back({"gelf.h", "libelf-dev", "objtool reads object files"});
  return out;
}

Error describe_missing(const std::vector<BuildNeed>& missing) {
  std::string what = "build a kernel: missing is";
  std::string packages;
  for (const BuildNeed& need : missing) {
    what += (&need == &missing.front() ? " " : ", ") + need.name + " (" + need.why + ")";
    if ((packages + " ").find(" " + need.package + " ") == std::string::npos)
      packages += " " + need.package;
  }
  return {what, 0, "install it: apt-get install" + packages};
}

Status check_pahole(const std::string& tree) {
  const Result<std::string> text = read_text(tree + "/Documentation/process/changes.rst", 1_MiB);
  if (!text) return {};
  // A row of the table of minimal versions: `pahole    1.26    pahole --version`.
  const std::size_t row = text->find("\npahole ");
  if (row == text->npos) return {};
  const std::size_t end = text->find('\n', row + 1);
  const auto wanted = first_version(std::string_view(*text).substr(row, end - row));
  const Output said = TRY(run_command({.argv = {"pahole", "--version"}}, 20s, 64_KiB));
  const auto have = first_version(said.out);
  if (!wanted || !have || *have >= *wanted) return {};
  return fail("build a kernel: it wants pahole " + to_text(*wanted) + ", here is " + to_text(*have),
              "put a newer one in front in $PATH; docs/kernels.md tells where to get it");
}

Result<std::string> toolchain_identity() {
  std::string out;
  for (const char* program : {"gcc", "ld", "pahole"}) {
    const Output output = TRY(run_command({.argv = {program, "--version"}}, 20s, 64_KiB));
    if (!output.exit.success())
      return fail(std::string(program) + " --version failed with " + describe(output.exit));
    out += output.out.substr(0, output.out.find('\n')) + "\n";
  }
  return out;
}

}  // namespace ktstr::kernel
