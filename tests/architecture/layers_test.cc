// SPDX-License-Identifier: GPL-2.0-only
// docs/ARCHITECTURE.md says who may include whom; this reads its table and checks every #include,
// and what meson.build lets each layer link.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path source = std::getenv("KTSTR_SOURCE");

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// `src/base` and `vmm` are included as `base/…` and `vmm/…`.
std::string include_prefix(const std::string& folder) {
  return folder.starts_with("src/") ? folder.substr(4) : folder;
}

struct Layer {
  std::string folder;
  std::set<std::string> allowed;  ///< Include prefixes, or whole names of headers.
};

std::vector<Layer> read_table() {
  const std::string text = text_of(source / "docs/ARCHITECTURE.md");
  std::istringstream lines(text.substr(text.find("<!-- layers -->")));
  const std::regex row(R"(^\| ([a-z/]+) \| ([^|]*) \|.*)");
  std::vector<Layer> out;
  for (std::string line; std::getline(lines, line) && !line.starts_with("##");) {
    std::smatch match;
    if (!std::regex_match(line, match, row) || match[1] == "layer") continue;
    Layer layer{match[1], {include_prefix(match[1])}};
    std::istringstream words(match[2].str());
    for (std::string word; words >> word;)
      if (word != "–") layer.allowed.insert(word);
    out.push_back(layer);
  }
  return out;
}

/// A row of `layers` in meson.build: what a layer links by itself.
struct Library {
  std::string name;
  std::string folder;
  std::set<std::string> uses;
};

std::vector<Library> read_build_file() {
  const std::string text = text_of(source / "meson.build");
  const std::size_t start = text.find("\nlayers = [");
  std::istringstream lines(text.substr(start, text.find("\n]", start) - start));
  const std::regex row(R"(^  \['(\w+)', '([a-z/]+)', \[(.*)\]\],$)");
  const std::regex word(R"(\w+)");
  std::vector<Library> out;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    const std::string uses = match[3];
    out.push_back({match[1],
                   match[2],
                   {std::sregex_token_iterator(uses.begin(), uses.end(), word),
                    std::sregex_token_iterator()}});
  }
  return out;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cc" || path.extension() == ".c";
}

std::vector<std::string> includes_of(const fs::path& path) {
  const std::regex include("^#include \"([^\"]+)\"");
  std::vector<std::string> out;
  std::istringstream lines(text_of(path));
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, include)) out.push_back(match[1]);
  }
  return out;
}

bool may_include(const Layer& layer, const std::string& header) {
  return layer.allowed.contains(header) ||
         layer.allowed.contains(header.substr(0, header.find('/')));
}

template <class Visit>
void for_each_source(const fs::path& folder, Visit visit) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && is_source(entry.path())) visit(entry.path());
}

}  // namespace

TEST_CASE("every include follows the layer table") {
  const std::vector<Layer> layers = read_table();
  REQUIRE(layers.size() == 20);
  std::size_t checked = 0;
  for (const Layer& layer : layers)
    for_each_source(source / layer.folder, [&](const fs::path& path) {
      for (const std::string& header : includes_of(path)) {
        ++checked;
        INFO(fs::relative(path, source).string() << " includes " << header);
        CHECK(may_include(layer, header));
      }
    });
  CHECK(checked > 200);
}

TEST_CASE("what a layer links is what the table lets it include") {
  std::map<std::string, std::set<std::string>> table;
  for (const Layer& layer : read_table()) table[layer.folder] = layer.allowed;
  std::map<std::string, std::set<std::string>> seen;  // By a layer, through those it uses, too.
  for (const Library& library : read_build_file()) {
    INFO(library.folder);
    REQUIRE(table.contains(library.folder));
    const std::set<std::string>& allowed = table[library.folder];
    std::set<std::string>& sees = seen[library.name] = {library.name};
    for (const std::string& used : library.uses) {
      INFO("links " << used);
      CHECK(allowed.contains(used));
      sees.merge(std::set(seen[used]));
    }
    for (const std::string& name : allowed) {
      INFO("may include " << name);
      CHECK((name.ends_with(".h") || sees.contains(name)));
    }
    table.erase(library.folder);
  }
  // The programs use every layer, and what is compiled for BPF none.
  CHECK(table.size() == 2);
  CHECK(table.contains("src/cli"));
  CHECK(table.contains("bpf"));
}

TEST_CASE("every source folder is a layer of the table") {
  std::set<std::string> known;
  for (const Layer& layer : read_table()) known.insert(layer.folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(source / "src"))
    if (entry.is_directory()) {
      INFO(entry.path().string());
      CHECK(known.contains("src/" + entry.path().filename().string()));
    }
}

TEST_CASE("the top level holds what it should and nothing else") {
  const std::set<std::string> fixed = {
      "meson.build", "meson_options.txt", "src",     "vmm",     "guest",
      "bpf",         "scenarios",         "schemas", "kconfig", "tests",
      "docs",        "README.md",         "dev",     "LICENSE", "subprojects"};
  for (const fs::directory_entry& entry : fs::directory_iterator(source)) {
    const std::string name = entry.path().filename();
    const bool build_folder = fs::exists(entry.path() / "meson-private");
    if (name.starts_with('.') || build_folder) continue;
    INFO(name);
    CHECK(fixed.contains(name));
  }
}

TEST_CASE("the heaviest headers have one includer each") {
  const std::map<std::string, std::size_t> heavy = {
      {"<CLI/CLI.hpp>", 1}, {"<toml++/toml.h>", 1}, {"<yaml-cpp/", 2}, {"<nlohmann/json.hpp>", 3}};
  for (const auto& [header, most] : heavy) {
    std::set<std::string> includers;
    for (const char* folder : {"src", "vmm", "guest"})
      for_each_source(source / folder, [&](const fs::path& path) {
        if (text_of(path).find("#include " + header) != std::string::npos)
          includers.insert(fs::relative(path, source));
      });
    INFO(header);
    CHECK(includers.size() <= most);
  }
}
