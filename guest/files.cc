// SPDX-License-Identifier: GPL-2.0-only
#include "guest/files.h"

#include <filesystem>
#include <system_error>

namespace ktstr::guest {

namespace fs = std::filesystem;

Status put_files(const std::vector<ir::GuestFile>& files) {
  for (const ir::GuestFile& file : files) {
    std::error_code error;
    const auto failed = [&] {
      return fail_code(error.value(), "put the scenario's file " + file.to + " in its place");
    };
    fs::create_directories(fs::path(file.to).parent_path(), error);
    if (error) return failed();
    fs::copy_file(file.packed, file.to, fs::copy_options::overwrite_existing, error);
    if (error) return failed();
    fs::permissions(file.to, static_cast<fs::perms>(file.mode), error);
    if (error) return failed();
  }
  return {};
}

}  // namespace ktstr::guest
