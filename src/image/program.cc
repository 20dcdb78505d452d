// SPDX-License-Identifier: GPL-2.0-only
#include "image/program.h"

#include <filesystem>
#include <sstream>

#include "base/fd.h"
#include "image/find.h"

namespace ktstr::image {
namespace {

namespace fs = std::filesystem;

constexpr Bytes largest_file = 1_GiB;
constexpr std::size_t most_files = 10'000;
constexpr std::string_view elf_magic = "\177ELF", script_magic = "#!";

std::uint32_t mode_of(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return error ? 0644 : static_cast<std::uint32_t>(status.permissions()) & 0777;
}

}  // namespace

Result<std::string> ProgramPack::add_program(const std::string& path) {
  const std::string target = directory_ + "/" + fs::path(path).filename().string();
  TRY(add(path, target));
  const Buffer& content = std::get<File>(entries_.back().what).content;
  const std::string_view text = as_text(content);
  if (!text.starts_with(elf_magic) && !text.starts_with(script_magic))
    return fail(path + " is neither an ELF program nor a script that begins with #!");
  return "/" + target;
}

Status ProgramPack::add_file(const std::string& path, const std::string& name) {
  std::error_code error;
  if (fs::is_directory(path, error)) return add_tree(path, name);
  return add(path, directory_ + "/" + name);
}

Status ProgramPack::add_tree(const std::string& path, const std::string& name) {
  std::error_code error;
  std::size_t files = 0;
  for (fs::recursive_directory_iterator each(path, error), end; !error && each != end;
       each.increment(error)) {
    if (!each->is_regular_file(error)) continue;
    if (++files > most_files) return fail(path + " holds more than 10,000 files");
    const std::string inside = each->path().lexically_relative(path).string();
    TRY(add(each->path().string(), directory_ + "/" + name + "/" + inside));
  }
  if (error) return fail_code(error.value(), "read the directory " + path);
  return {};
}

Status ProgramPack::add_library(const std::string& name) {
  return add_closure(TRY(resolve_library(name, paths_)));
}

/// What it packs for itself stands last among the entries.
Status ProgramPack::add(const std::string& path, const std::string& target) {
  const auto [known, is_new] = sources_.try_emplace(target, path);
  if (!is_new && known->second == path) return {};
  if (!is_new)
    return fail("pack " + path + " as /" + target + ": " + known->second + " is there already");
  Buffer content = TRY(read_file(path, largest_file));
  const std::string_view text = as_text(content);
  if (text.starts_with(elf_magic)) {
    const Closure closure = TRY(resolve_libraries(path, paths_));
    TRY(add_closure(closure));
    if (!closure.interpreter.empty()) TRY(add_interpreter(closure.interpreter, path));
  } else if (text.starts_with(script_magic)) {
    TRY(add_script(path, text.substr(0, text.find('\n'))));
  }
  entries_.push_back({target, File{std::move(content)}, mode_of(path)});
  return {};
}

Status ProgramPack::add_interpreter(const std::string& interpreter, const std::string& whose) {
  if (interpreter.starts_with('/')) return add(interpreter, interpreter.substr(1));
  return fail(whose + " asks for the interpreter `" + interpreter + "`, which is no absolute path");
}

Status ProgramPack::add_script(const std::string& path, std::string_view line) {
  std::istringstream words{std::string(line.substr(script_magic.size()))};
  std::string interpreter, word;
  words >> interpreter;
  TRY(add_interpreter(interpreter, path));
  if (fs::path(interpreter).filename() != "env") return {};
  // `env` looks for the program in $PATH, of which our directory is the first in the guest.
  while (words >> word)
    if (!word.starts_with('-') && word.find('=') == std::string::npos) break;
  const std::optional<std::string> found = find_program(word, path_directories());
  if (!found) return fail(path + " needs the program `" + word + "`, which is not in $PATH");
  return add(*found, directory_ + "/" + word);
}

/// A library that another file brought in by the same name serves for both.
Status ProgramPack::add_closure(const Closure& closure) {
  for (const Library& library : closure.libraries) {
    const std::string target = directory_ + "/lib/" + library.name;
    if (!sources_.try_emplace(target, library.path).second) continue;
    entries_.push_back({target, File{TRY(read_file(library.path, largest_file))}, 0755});
  }
  return {};
}

}  // namespace ktstr::image
