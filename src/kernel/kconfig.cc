// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kconfig.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/fd.h"
#include "kernel/kconfig_expression.h"

namespace ktstr::kernel {
namespace {

namespace fs = std::filesystem;

/// What one `config` entry demands.
struct Definition {
  std::string place;                    ///< `net/Kconfig:12`.
  std::vector<std::string> conditions;  ///< All must hold.
  bool has_prompt = false;              ///< Otherwise only others can select it.
};

/// The word at the start of `line`, and what follows it.
std::pair<std::string_view, std::string_view> first_word(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  std::string_view rest = line.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  return {line.substr(0, end), rest};
}

/// Reads one Kconfig file line by line.
class Reader {
 public:
  Reader(std::string file, std::string_view wanted) : file_(std::move(file)), wanted_(wanted) {}

  void read(std::string_view line) {
    const auto [word, rest] = first_word(line);
    const bool indented = line.starts_with(' ') || line.starts_with('\t');
    if (in_help_) {
      if (word.empty() || indented) return;
      in_help_ = false;
    }
    if (word == "help" || word == "---help---") {
      in_help_ = true;
    } else if (word == "config" || word == "menuconfig") {
      within_menu_head_ = false;
      within_ = rest == wanted_;
      if (!within_) return;
      found_.push_back({file_, {}, false});
      for (const Block& block : blocks_)
        for (const std::string& condition : block.conditions)
          found_.back().conditions.push_back(condition);
    } else if (word == "if" || word == "menu" || word == "choice") {
      blocks_.emplace_back();
      if (word == "if") blocks_.back().conditions.emplace_back(rest);
      within_ = false;
      within_menu_head_ = word != "if";
    } else if (word == "endif" || word == "endmenu" || word == "endchoice") {
      if (!blocks_.empty()) blocks_.pop_back();
      within_ = within_menu_head_ = false;
    } else if (word == "source" || word == "comment") {
      within_ = within_menu_head_ = false;
    } else {
      read_property(word, rest);
    }
  }

  void at_line(std::size_t number) {
    if (!found_.empty() && found_.back().place == file_)
      found_.back().place = file_ + ":" + std::to_string(number);
  }

  std::vector<Definition> take() { return std::move(found_); }

 private:
  struct Block {
    std::vector<std::string> conditions;
  };

  void read_property(std::string_view word, std::string_view rest) {
    if (word == "depends" && rest.starts_with("on")) {
      rest.remove_prefix(2);
      if (within_) found_.back().conditions.emplace_back(rest);
      if (within_menu_head_ && !blocks_.empty()) blocks_.back().conditions.emplace_back(rest);
      return;
    }
    const bool prompts = word == "bool" || word == "tristate" || word == "int" || word == "hex" ||
                         word == "string" || word == "prompt";
    if (!within_ || !prompts || rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return;
    found_.back().has_prompt = true;
    const std::size_t end = rest.find(rest[0], 1);
    if (end == rest.npos) return;
    const auto [condition_word, condition] = first_word(rest.substr(end + 1));
    if (condition_word == "if") found_.back().conditions.emplace_back(condition);
  }

  std::string file_;
  std::string_view wanted_;
  std::vector<Block> blocks_;
  std::vector<Definition> found_;
  bool within_ = false;            ///< The entry is the wanted one.
  bool within_menu_head_ = false;  ///< `depends on` belongs to the menu or choice.
  bool in_help_ = false;
};

std::vector<Definition> definitions_in(const fs::path& path, const std::string& name,
                                       std::string_view option) {
  constexpr Bytes limit = 1_MiB;
  const Result<std::string> text = read_text(path, limit);
  if (!text || text->find("config " + std::string(option)) == std::string::npos) return {};
  Reader reader(name, option);
  std::string joined;
  std::size_t number = 0;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    joined += rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    ++number;
    if (joined.ends_with('\\')) {
      joined.back() = ' ';
      continue;
    }
    reader.read(joined);
    reader.at_line(number);
    joined.clear();
  }
  return reader.take();
}

/// Directories that hold no Kconfig file of an x86 kernel's, or very many other files.
bool is_beside(const std::string& directory) {
  if (directory.starts_with("arch/")) return directory != "arch/x86";
  return directory == "Documentation" || directory == "tools" || directory == ".git";
}

std::vector<Definition> find_definitions(const fs::path& tree, std::string_view option) {
  std::vector<Definition> out;
  std::error_code error;
  for (fs::recursive_directory_iterator at(tree, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().lexically_relative(tree);
    std::error_code ignored;
    if (at->is_directory(ignored)) {
      if (at.depth() <= 1 && is_beside(name)) at.disable_recursion_pending();
    } else if (at->path().filename().string().starts_with("Kconfig")) {
      for (Definition& found : definitions_in(at->path(), name, option))
        out.push_back(std::move(found));
    }
  }
  std::ranges::sort(out, {}, &Definition::place);
  return out;
}

}  // namespace

std::string likely_cause(const std::string& tree, std::string_view option, const Options& options) {
  const std::vector<Definition> found = find_definitions(tree, option);
  if (found.empty()) return "this kernel has no such option";
  std::string out;
  for (const Definition& each : found) {
    std::string needs;
    for (const std::string& condition : each.conditions)
      for (const std::string& part : unmet_parts(condition, options))
        if (needs.find(part) == std::string::npos) needs += (needs.empty() ? "" : " and ") + part;
    if (needs.empty() && !each.has_prompt) needs = "another option to select it";
    if (needs.empty()) continue;
    out += (out.empty() ? "" : "; ") + std::string("it needs ") + needs + ", at " + each.place;
  }
  if (!out.empty()) return out;
  return "its conditions at " + found.front().place + " are met, so another option overrides it";
}

}  // namespace ktstr::kernel
