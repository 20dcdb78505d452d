// SPDX-License-Identifier: GPL-2.0-only
#include "cli/programs.h"

#include <filesystem>

#include "image/find.h"

namespace ktstr::cli {
namespace {

namespace fs = std::filesystem;

/// Where the build leaves ktstr's own schedulers, or an installation has them.
std::vector<std::string> own_directories() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return {};
  std::vector<std::string> out;
  for (const char* beside : {"../../bpf", "../libexec/ktstr"})
    if (const fs::path directory = (self.parent_path() / beside).lexically_normal();
        fs::is_directory(directory, error))
      out.push_back(directory.string());
  return out;
}

}  // namespace

std::string Mention::directory() const {
  const std::string parent =
      place.source ? fs::path(place.source->name).parent_path().string() : std::string();
  return parent.empty() ? "." : parent;
}

Result<std::string> find_program(const std::string& name, const Mention& mention,
                                 const std::vector<std::string>& directories) {
  std::vector<std::string> named;
  const bool bare = name.find('/') == std::string::npos;
  if (mention.place.source || !bare) named.push_back(mention.directory());
  if (bare)
    for (const std::vector<std::string>& more : {directories, own_directories()})
      named.insert(named.end(), more.begin(), more.end());
  std::optional<std::string> found = image::find_program(name, named);
  if (!found && bare) found = image::find_program(name, image::path_directories());
  if (found) return fs::absolute(*found).lexically_normal().string();
  std::string looked;
  for (const std::string& directory : named) looked += (looked.empty() ? "" : ", ") + directory;
  if (bare) looked += ", $PATH";
  return fail((mention.place.source ? to_text(mention.place) + ": " : "") + "the program `" + name +
                  "` of " + mention.who + " is not found",
              "looked in " + looked + "; --program-dir DIRECTORY adds to that" + mention.hint);
}

}  // namespace ktstr::cli
