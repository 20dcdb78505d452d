// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/qemu/version.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <sys/stat.h>

#include "base/process.h"

namespace ktstr::vmm::qemu {
namespace {

constexpr std::string_view install_hint =
    "install the package qemu-system-x86 (`./dev setup` brings QEMU 10 where it can)";

/// The file that `program` names, and what changes when it is replaced; empty when there is none.
std::string identity(const std::string& program) {
  const char* const search = std::getenv("PATH");
  std::string_view path = search != nullptr && program.find('/') == std::string::npos ? search : "";
  do {
    const std::string_view directory = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(directory.size() + 1, path.size()));
    const std::string file = directory.empty() ? program : std::string(directory) + "/" + program;
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode))
      return file + " " + std::to_string(status.st_ino) + " " + std::to_string(status.st_size) +
             " " + std::to_string(status.st_mtim.tv_sec) + "." +
             std::to_string(status.st_mtim.tv_nsec);
  } while (!path.empty());
  return {};
}

Result<std::string> ask(const std::string& program) {
  const Result<Output> output =
      run_command({.argv = {program, "--version"}, .inherit = {}, .environment = {}}, 10s, 64_KiB);
  if (!output)
    return fail_code(output.error().code, output.error().what, std::string(install_hint));
  if (!output->exit.success())
    return fail(program + " --version: " + describe(output->exit) + ": " + output->err,
                std::string(install_hint));
  return output->out.substr(0, output->out.find('\n'));
}

}  // namespace

Result<Version> version_of(const std::string& program, const std::string& memo) {
  const std::string key = identity(program) + "\n";
  const std::string kept = memo.empty() ? "" : read_text(memo, 64_KiB).value_or("");
  const bool is_known = key.size() > 1 && kept.starts_with(key);
  const std::string said = is_known ? kept.substr(key.size()) : TRY(ask(program));
  const std::optional<Version> version = parse_version(said);
  if (!version || *version < oldest_usable)
    return fail(program + " --version: not QEMU " + to_text(oldest_usable) + " or later: " + said,
                std::string(install_hint));
  // It can be asked again, so a memo that cannot be written does not matter.
  if (!is_known && !memo.empty()) [[maybe_unused]]
    const Status written = write_file_atomically(memo, as_bytes(key + said));
  return *version;
}

std::optional<Version> parse_version(std::string_view output) {
  constexpr std::string_view lead = "QEMU emulator version ";
  if (!output.starts_with(lead)) return std::nullopt;
  const char* at = output.data() + lead.size();
  const char* const end = output.data() + output.size();
  Version version;
  for (std::uint32_t* part : {&version.major, &version.minor, &version.micro}) {
    const auto [next, error] = std::from_chars(at, end, *part);
    if (error != std::errc()) return std::nullopt;
    if (part == &version.micro) break;
    if (next == end || *next != '.') return std::nullopt;
    at = next + 1;
  }
  return version;
}

std::string to_text(const Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.micro);
}

}  // namespace ktstr::vmm::qemu
