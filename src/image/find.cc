// SPDX-License-Identifier: GPL-2.0-only
#include "image/find.h"

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <unistd.h>

namespace ktstr::image {

namespace fs = std::filesystem;

bool is_program(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> path_directories() {
  std::vector<std::string> out;
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    if (end > 0) out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& directories) {
  for (const std::string& directory : directories)
    if (std::string path = (fs::path(directory) / name).lexically_normal().string();
        is_program(path))
      return path;
  return std::nullopt;
}

}  // namespace ktstr::image
