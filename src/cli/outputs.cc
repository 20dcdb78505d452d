// SPDX-License-Identifier: GPL-2.0-only
#include "cli/outputs.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "report/formats.h"

namespace ktstr::cli {
namespace {

namespace fs = std::filesystem;

/// What would be replaced in writing: a regular file or nothing yet, reached without a link.
bool is_replaced(const std::string& path) {
  std::error_code ignored;
  const fs::file_type type = fs::symlink_status(path, ignored).type();
  return type == fs::file_type::regular || type == fs::file_type::not_found;
}

Status check_output(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return fail_code(EISDIR, "write " + path);
  const bool exists = fs::exists(path, ignored);
  if (exists && !is_replaced(path)) {
    if (::access(path.c_str(), W_OK) != 0) return fail_errno("write " + path);
    return {};
  }
  const fs::path parent = fs::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return fail_errno("write into " + folder);
  return {};
}

}  // namespace

Status check_outputs(const Outputs& outputs) {
  for (const auto& [format, file] : outputs)
    if (Status checked = check_output(file); !checked)
      return fail_within("--" + format + " " + file, std::move(checked).error());
  return {};
}

std::vector<Error> write_outputs(const Outputs& outputs, const ir::RunResult& result) {
  std::vector<Error> out;
  for (const report::Format& format : report::formats()) {
    const auto output = outputs.find(std::string(format.name));
    if (output == outputs.end()) continue;
    const auto& [name, file] = *output;
    if (Status written = write_output(file, as_bytes(format.render(result))); !written)
      out.push_back(fail_within("--" + name + " " + file, std::move(written).error()).value());
  }
  return out;
}

Status write_output(const std::string& path, ByteView bytes) {
  if (is_replaced(path)) return write_file_atomically(path, bytes);
  const Fd fd = TRY(open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, 0644));
  return write_all(fd, bytes, path);
}

}  // namespace ktstr::cli
