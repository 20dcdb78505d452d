// SPDX-License-Identifier: GPL-2.0-only
// Where the source of a kernel to build comes from: a tree of the user's, or a distribution's
// source package.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ktstr::kernel {

/// Told what begins now, in a few words.
using Says = std::function<void(std::string_view)>;

/// What is known of a source before it is touched.
struct Source {
  std::string identity;   ///< Of its content: a package and its version, a commit, or just a path.
  std::string words;      ///< For people: `linux-source-6.12 6.12.117-1`.
  bool fixed = false;     ///< Equal identity means equal content; not so for a changing tree.
  std::string directory;  ///< The tree; empty until a package is unpacked.
  std::string package;    ///< Name of the package; empty for a tree.
  std::string version;    ///< Of the package.
  std::string suite;      ///< Where the package is.
};

/// The tree at `path`: a clean git checkout is its commit, any other is its path. Fails when it is
/// no kernel's source.
Result<Source> examine_tree(const std::string& path);

/// The package in the system's own suites, or in those that kernels are fetched from.
Result<Source> examine_package(const std::string& name, const Says& says);

/// Downloads the package into `downloads`, which keeps its latest version, and unpacks it into the
/// empty directory `directory`.
Status unpack_source(const Source& source, const std::string& downloads,
                     const std::string& directory, const Says& says);

/// `6.12.117`, from the Makefile of the tree.
Result<std::string> source_version(const std::string& directory);

}  // namespace ktstr::kernel
