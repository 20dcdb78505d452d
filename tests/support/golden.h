// SPDX-License-Identifier: GPL-2.0-only
// Golden files: what a stage made of something when somebody last looked at it and agreed. With
// ACCEPT=1 in the environment the files are rewritten in place of being compared.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

inline std::string source_file(const std::string& path) {
  return std::string(std::getenv("KTSTR_SOURCE")) + "/" + path;
}

inline std::string text_of_file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// `path` is from the top of the source tree.
inline void check_golden(const std::string& path, const std::string& text) {
  const std::string file = source_file(path);
  if (const char* accept = std::getenv("ACCEPT"); accept != nullptr && *accept == '1') {
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << text;
  }
  INFO(path << " differs; if the new text is right: ACCEPT=1 meson test -C build");
  CHECK(text_of_file(file) == text);
}
