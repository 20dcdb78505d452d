// SPDX-License-Identifier: GPL-2.0-only
#include "cli/schedulers.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/fd.h"
#include "cli/programs.h"
#include "image/find.h"
#include "image/program.h"

namespace ktstr::cli {
namespace {

namespace fs = std::filesystem;

class Packer {
 public:
  explicit Packer(const SchedulerSearch& search)
      : search_(search), libraries_(image::LibraryPaths::of_host()) {}

  /// A case for which this host lacks what its scenario defines is skipped; what the command line
  /// demands, and a file of the scenario, must be there.
  Status pack(PlannedCase& planned) {
    ir::Case& it = planned.planned;
    for (std::size_t i = 0; i < it.schedulers.size(); ++i) {
      const ir::CaseScheduler& scheduler = it.schedulers[i];
      ir::GuestScheduler& guest = it.program.schedulers[i];
      const Mention mention = mention_of(planned, scheduler);
      if (Status added = add_programs(scheduler, guest, mention, planned.bundles); !added) {
        if (is_demanded(scheduler)) return added;
        it.skip = describe(added.error());
        return {};
      }
      if (!scheduler.config) continue;
      const Packed file = TRY(config(*scheduler.config, mention));
      guest.config = file.path;
      planned.bundles.insert(file.bundle);
    }
    return {};
  }

 private:
  /// Its program, or those that a part of the kernel is switched with.
  Status add_programs(const ir::CaseScheduler& scheduler, ir::GuestScheduler& guest,
                      const Mention& mention, Bundles& bundles) {
    const auto add = [&](const Result<std::string>& program) -> Result<std::string> {
      const std::string path = TRY(program);
      const Packed it = TRY(packed(path));
      bundles.insert(it.bundle);
      return it.path;
    };
    if (!scheduler.binary.empty()) guest.program = TRY(add(find_binary(scheduler, mention)));
    if (!guest.builtin) return {};
    for (std::vector<ir::Argv>* list : {&guest.builtin->enable, &guest.builtin->disable})
      for (ir::Argv& argv : *list)
        if (argv[0] != "sysctl" && argv[0] != "write")
          argv[0] = TRY(add(find_program(argv[0], mention, search_.directories)));
    return {};
  }

  /// The path that the command line gives; null when it gives none.
  [[nodiscard]] const std::string* chosen_path(const ir::CaseScheduler& scheduler) const {
    const auto choice =
        std::ranges::find(search_.choices, scheduler.name, &expand::SchedulerChoice::name);
    return choice == search_.choices.end() || choice->path.empty() ? nullptr : &choice->path;
  }

  /// Whether the command line rather than the scenario says what its program is.
  [[nodiscard]] bool is_demanded(const ir::CaseScheduler& scheduler) const {
    return !scheduler.definition || chosen_path(scheduler) != nullptr;
  }

  [[nodiscard]] static Mention mention_of(const PlannedCase& planned,
                                          const ir::CaseScheduler& scheduler) {
    Mention out{.who = "the scheduler `" + scheduler.name + "`",
                .hint = ", --scheduler " + scheduler.name + "=PATH says where it is"};
    if (scheduler.definition)
      out.place = planned.origin->map.find("schedulers[" + std::to_string(*scheduler.definition) +
                                           "].name");
    return out;
  }

  [[nodiscard]] Result<std::string> find_binary(const ir::CaseScheduler& scheduler,
                                                const Mention& mention) const {
    const std::string* chosen = chosen_path(scheduler);
    if (chosen == nullptr) return find_program(scheduler.binary, mention, search_.directories);
    if (image::is_program(*chosen)) return fs::absolute(*chosen).lexically_normal().string();
    return fail("--scheduler " + scheduler.name + "=" + *chosen +
                ": there is no program that can be executed");
  }

  /// Every file of the host is packed once, whatever uses it.
  Result<Packed> packed(const std::string& path) {
    if (const auto known = programs_.find(path); known != programs_.end()) return known->second;
    image::ProgramPack pack("schedulers/" + guest_name(path), libraries_);
    std::string inside = TRY(pack.add_program(path));
    return programs_[path] = {std::move(inside), bundle_of(pack.take())};
  }

  Result<Packed> config(const std::string& file, const Mention& mention) {
    const std::string path = (fs::path(mention.directory()) / file).lexically_normal().string();
    if (const auto known = configs_.find(path); known != configs_.end()) return known->second;
    Result<Buffer> content = read_file(path, 16_MiB);
    if (!content) return fail_within(to_text(mention.place), std::move(content).error());
    const std::string inside =
        "configs/" + guest_name(path) + "/" + fs::path(path).filename().string();
    std::vector<image::Entry> entries{{inside, image::File{*std::move(content)}, 0644}};
    return configs_[path] = {"/" + inside, bundle_of(std::move(entries))};
  }

  const SchedulerSearch& search_;
  image::LibraryPaths libraries_;
  std::map<std::string, Packed> programs_{};  ///< By the path of the host.
  std::map<std::string, Packed> configs_{};   ///< Likewise.
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

Status pack_schedulers(std::vector<PlannedCase>& cases, const SchedulerSearch& search) {
  Packer packer(search);
  for (PlannedCase& planned : cases)
    if (!planned.planned.skip) TRY(packer.pack(planned));
  return {};
}

}  // namespace ktstr::cli
