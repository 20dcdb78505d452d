// SPDX-License-Identifier: GPL-2.0-only
#include "cli/schedulers.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>

#include <unistd.h>

#include "base/fd.h"
#include "image/program.h"

namespace ktstr::cli {
namespace {

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

class Packer {
 public:
  explicit Packer(const SchedulerSearch& search)
      : search_(search), libraries_(image::LibraryPaths::of_host()) {}

  Status pack(PlannedCase& planned) {
    ir::Case& it = planned.planned;
    for (std::size_t i = 0; i < it.schedulers.size(); ++i) {
      const ir::CaseScheduler& scheduler = it.schedulers[i];
      ir::GuestScheduler& guest = it.program.schedulers[i];
      const Places places = places_of(planned, scheduler);
      if (!scheduler.binary.empty()) guest.program = TRY(packed(find_binary(scheduler, places)));
      if (scheduler.config) guest.config = TRY(config(*scheduler.config, places));
      if (!guest.builtin) continue;
      for (std::vector<ir::Argv>* list : {&guest.builtin->enable, &guest.builtin->disable})
        for (ir::Argv& argv : *list)
          if (argv[0] != "sysctl" && argv[0] != "write")
            argv[0] = TRY(packed(find(argv[0], scheduler.name, places)));
    }
    return {};
  }

  std::vector<image::Entry> take() { return std::move(entries_); }

 private:
  /// The files that a scheduler is written about in.
  struct Places {
    std::string directory;  ///< Of the file that defines it; empty for the command line's.
    std::string text;       ///< The place, for messages.
  };

  [[nodiscard]] Places places_of(const PlannedCase& planned,
                                 const ir::CaseScheduler& scheduler) const {
    if (!scheduler.definition) return {};
    const Place place =
        planned.origin->map.find("schedulers[" + std::to_string(*scheduler.definition) + "].name");
    if (!place.source) return {};
    return {fs::path(place.source->name).parent_path().string(), to_text(place)};
  }

  [[nodiscard]] Result<std::string> find_binary(const ir::CaseScheduler& scheduler,
                                                const Places& places) const {
    const auto choice =
        std::ranges::find(search_.choices, scheduler.name, &expand::SchedulerChoice::name);
    if (choice != search_.choices.end() && !choice->path.empty()) {
      if (is_program(choice->path)) return choice->path;
      return fail("--scheduler " + scheduler.name + "=" + choice->path +
                  ": there is no program that can be executed");
    }
    return find(scheduler.binary, scheduler.name, places);
  }

  [[nodiscard]] Result<std::string> find(const std::string& binary, const std::string& name,
                                         const Places& places) const {
    std::vector<std::string> directories;
    const bool bare = binary.find('/') == std::string::npos;
    if (!places.text.empty() || !bare)
      directories.push_back(places.directory.empty() ? "." : places.directory);
    if (bare)
      for (const std::vector<std::string>& more :
           {search_.directories, own_directories(), path_directories()})
        directories.insert(directories.end(), more.begin(), more.end());
    std::string looked;
    for (const std::string& directory : directories) {
      const std::string path = (fs::path(directory) / binary).lexically_normal().string();
      if (is_program(path)) return path;
      looked += (looked.empty() ? "" : ", ") + directory;
    }
    return fail((places.text.empty() ? "" : places.text + ": ") + "the program `" + binary +
                    "` of the scheduler `" + name + "` is not found",
                "looked in " + looked + "; --scheduler-dir DIRECTORY adds to that, --scheduler " +
                    name + "=PATH says where it is");
  }

  /// Every file of the host is packed once, whatever uses it.
  Result<std::string> packed(const Result<std::string>& program) {
    const std::string path = TRY(program);
    if (const auto known = packed_.find(path); known != packed_.end()) return known->second;
    image::PackedProgram made =
        TRY(image::pack_program(path, "schedulers/" + std::to_string(packed_.size()), libraries_));
    std::ranges::move(made.entries, std::back_inserter(entries_));
    return packed_[path] = std::move(made.path);
  }

  Result<std::string> config(const std::string& file, const Places& places) {
    const std::string path = (fs::path(places.directory) / file).lexically_normal().string();
    if (const auto known = packed_.find(path); known != packed_.end()) return known->second;
    Result<Buffer> content = read_file(path, 16_MiB);
    if (!content) return fail_within(places.text, std::move(content).error());
    const std::string inside =
        "schedulers/" + std::to_string(packed_.size()) + "/" + fs::path(path).filename().string();
    entries_.push_back({inside, image::File{*std::move(content)}, 0644});
    return packed_[path] = "/" + inside;
  }

  const SchedulerSearch& search_;
  image::LibraryPaths libraries_;
  std::map<std::string, std::string> packed_{};  ///< The path in the guest of each of the host.
  std::vector<image::Entry> entries_{};
};

}  // namespace

Result<std::vector<expand::SchedulerChoice>> scheduler_choices(
    const std::vector<std::string>& arguments) {
  std::vector<expand::SchedulerChoice> out;
  for (const std::string& argument : arguments) {
    const std::size_t at = argument.find('=');
    expand::SchedulerChoice choice{argument.substr(0, at),
                                   at == std::string::npos ? "" : argument.substr(at + 1)};
    const bool plain = !choice.name.empty() && std::ranges::all_of(choice.name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.';
    });
    if (!plain || (at != std::string::npos && choice.path.empty()))
      return fail("--scheduler " + argument + " is not understood", "it takes NAME or NAME=PATH");
    if (choice.name == expand::kernels_own && !choice.path.empty())
      return fail("--scheduler " + argument + ": the kernel's own scheduler has no program");
    if (std::ranges::find(out, choice.name, &expand::SchedulerChoice::name) != out.end())
      return fail("--scheduler " + choice.name + " is given twice");
    out.push_back(std::move(choice));
  }
  return out;
}

Result<std::vector<image::Entry>> pack_schedulers(std::vector<PlannedCase>& cases,
                                                  const SchedulerSearch& search) {
  Packer packer(search);
  for (PlannedCase& planned : cases)
    if (!planned.planned.skip) TRY(packer.pack(planned));
  return packer.take();
}

std::string repeated(const std::vector<std::string>& schedulers,
                     const std::vector<std::string>& directories) {
  std::string out;
  for (const std::string& each : schedulers) out += " --scheduler " + each;
  for (const std::string& each : directories) out += " --scheduler-dir " + each;
  return out;
}

}  // namespace ktstr::cli
