// SPDX-License-Identifier: GPL-2.0-only
// From a path to trees: what may be opened, how much is read, and which reader takes it.
#include "doc/load.h"

#include <filesystem>

#include <fcntl.h>

#include "base/fd.h"
#include "doc/json.h"
#include "doc/reading.h"
#include "doc/toml.h"
#include "doc/yaml.h"

namespace ktstr::doc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// A mistake of the file as a whole.
void say(Diagnostics& diagnostics, std::shared_ptr<const Source> source, Code code,
         std::string message, std::string hint = {}) {
  const Place place{std::move(source), Span{}};
  diagnostics.add({code, place, std::move(message), std::move(hint)});
}

/// "did you mean `two.yaml`?" among the first names in the directory of a path that does not exist.
std::string neighbour(const fs::path& path) {
  constexpr std::size_t most = 1000;
  std::vector<std::string> names;
  std::error_code ignored;
  const fs::path directory = path.has_parent_path() ? path.parent_path() : ".";
  for (auto entry = fs::directory_iterator(directory, ignored);
       entry != fs::directory_iterator() && names.size() < most; entry.increment(ignored))
    names.push_back(entry->path().filename());
  const std::string near =
      nearest(path.filename().string(), std::vector<std::string_view>(names.begin(), names.end()));
  if (near.empty()) return {};
  return "did you mean `" + (path.parent_path() / near).string() + "`?";
}

std::string_view kind_name(fs::file_type type) {
  switch (type) {
    case fs::file_type::directory:
      return "a directory";
    case fs::file_type::fifo:
      return "a pipe";
    case fs::file_type::socket:
      return "a socket";
    case fs::file_type::character:
    case fs::file_type::block:
      return "a device";
    default:
      return "no regular file";
  }
}

/// The text of a file; nothing after saying why not.
std::optional<std::string> read(const std::string& path, Diagnostics& diagnostics) {
  const auto refuse = [&](Code code, std::string message, std::string hint = {}) {
    say(diagnostics, std::make_shared<const Source>(Source{path, ""}), code, std::move(message),
        std::move(hint));
    return std::nullopt;
  };
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    if (const fs::path target = fs::read_symlink(path, error); !error)
      return refuse(code("unreadable"),
                    "this is a link to `" + target.string() + "`, which is not there");
    return refuse(code("unreadable"), "there is no such file", neighbour(path));
  }
  if (status.type() == fs::file_type::none)
    return refuse(code("unreadable"), "the file cannot be opened: " + error.message());
  if (status.type() != fs::file_type::regular)
    return refuse(code("unreadable"),
                  "this is " + std::string(kind_name(status.type())) + ", not a file");
  const std::uintmax_t size = fs::file_size(path, error);
  const std::string too_large = "the file is larger than 1 MiB";
  if (!error && size > max_bytes) return refuse(code("too_large"), too_large);

  const Result<Fd> file = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file)
    return refuse(code("unreadable"), "the file cannot be opened: " +
                                          std::generic_category().message(file.error().code));
  const Result<Buffer> bytes = read_all(*file, Bytes{max_bytes}, path);
  if (!bytes && bytes.error().code == EFBIG) return refuse(code("too_large"), too_large);
  if (!bytes)
    return refuse(code("unreadable"), "the file cannot be read: " +
                                          std::generic_category().message(bytes.error().code));
  std::string_view text = as_text(*bytes);
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return std::string(text);
}

}  // namespace

std::optional<Format> format_of(std::string_view path) {
  if (path.ends_with(".yaml") || path.ends_with(".yml")) return Format::yaml;
  if (path.ends_with(".toml")) return Format::toml;
  if (path.ends_with(".json")) return Format::json;
  return {};
}

std::vector<Document> parse(const std::shared_ptr<const Source>& source, Format format,
                            Diagnostics& diagnostics) {
  if (source->text.size() > max_bytes) {
    say(diagnostics, source, code("too_large"), "the text is larger than 1 MiB");
    return {};
  }
  Reading reading(source, diagnostics);
  if (!reading.check_characters()) return {};
  std::vector<Node> roots;
  if (format == Format::yaml)
    roots = read_yaml(reading);
  else if (std::optional<Node> root =
               format == Format::toml ? read_toml(reading) : read_json(reading))
    roots.push_back(std::move(*root));
  std::vector<Document> documents;
  for (Node& root : roots) documents.push_back({source, std::move(root)});
  return documents;
}

std::vector<Document> load(const std::string& path, Diagnostics& diagnostics) {
  const std::optional<std::string> text = read(path, diagnostics);
  if (!text) return {};
  auto source = std::make_shared<const Source>(Source{path, *text});
  const std::optional<Format> format = format_of(path);
  if (format) return parse(source, *format, diagnostics);
  say(diagnostics, source, code("unreadable"), "the file's name says no format",
      "scenarios end in .yaml, .yml, .toml or .json");
  return {};
}

}  // namespace ktstr::doc
