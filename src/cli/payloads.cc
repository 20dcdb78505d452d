// SPDX-License-Identifier: GPL-2.0-only
#include "cli/payloads.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>

#include "cli/programs.h"
#include "image/program.h"

namespace ktstr::cli {
namespace {

namespace fs = std::filesystem;

/// Packages of Debian whose name is not that of the program.
struct Package {
  std::string_view program;
  std::string_view package;
};
constexpr Package packages[] = {{"cyclictest", "rt-tests"}, {"hackbench", "rt-tests"},
                                {"perf", "linux-perf"},     {"rteval", "rteval"},
                                {"stress-ng", "stress-ng"}, {"fio", "fio"},
                                {"sysbench", "sysbench"},   {"iperf3", "iperf3"}};

std::string hint_for(const std::string& program) {
  const auto* known = std::ranges::find(packages, program, &Package::program);
  return known == std::end(packages)
             ? ""
             : "; Debian's package `" + std::string(known->package) + "` has it";
}

class Packer {
 public:
  explicit Packer(const std::vector<std::string>& directories)
      : directories_(directories), libraries_(image::LibraryPaths::of_host()) {}

  /// A case for which this host lacks something is skipped; what its scenario lacks is an error.
  Status pack(PlannedCase& planned) {
    ir::Case& it = planned.planned;
    const auto skip = [&](const Error& lacking) {
      it.skip = describe(lacking);
      return Status();
    };
    for (std::size_t i = 0; i < it.payloads.size(); ++i) {
      ir::Payload& payload = it.payloads[i];
      const Mention mention = mention_of(planned, payload);
      if (const Status found = find(payload, mention); !found) return skip(found.error());
      const std::string origin = origin_of(payload, mention);
      Packed& packed = packed_[origin];
      if (!packed.bundle) {
        image::ProgramPack pack("payloads/" + guest_name(origin), libraries_);
        Result<std::string> program = add_from_host(pack, payload, mention);
        if (!program) return skip(program.error());
        if (Status added = add_from_scenario(pack, payload, mention); !added)
          return fail_within(to_text(mention.place) + ": " + mention.who, std::move(added).error());
        packed = {*std::move(program), bundle_of(pack.take())};
      }
      it.program.payloads[i].argv[0] = packed.path;
      planned.bundles.insert(packed.bundle);
    }
    return {};
  }

 private:
  static Mention mention_of(const PlannedCase& planned, const ir::Payload& payload) {
    const std::vector<ir::Payload>& all = planned.origin->scenario.payloads;
    const auto index = std::ranges::find(all, payload.name, &ir::Payload::name) - all.begin();
    return {.who = "the payload `" + payload.name + "`",
            .place = planned.origin->map.find("payloads[" + std::to_string(index) + "].run")};
  }

  /// The program, where its files are looked for and their names: what is packed depends on that.
  static std::string origin_of(const ir::Payload& payload, const Mention& mention) {
    std::string out = payload.run[0] + '\n' + mention.directory();
    for (const std::string& file : payload.files) out += '\n' + file;
    return out;
  }

  [[nodiscard]] Result<std::string> program(const std::string& name, Mention mention) const {
    mention.hint = hint_for(name);
    return find_program(name, mention, directories_);
  }

  /// Puts the paths of commands in the place of their names.
  Status find(ir::Payload& payload, const Mention& mention) const {
    payload.run[0] = TRY(program(payload.run[0], mention));
    if (auto* extractor = std::get_if<ir::CommandOutput>(&payload.output))
      extractor->argv[0] = TRY(program(extractor->argv[0], mention));
    return {};
  }

  /// Whether a file belongs to the scenario rather than to the host; a path always does.
  static bool is_beside(const std::string& file, const Mention& mention) {
    std::error_code error;
    return file.find('/') != std::string::npos ||
           fs::exists(fs::path(mention.directory()) / file, error);
  }

  /// The program, and of its files those that are programs and libraries of the host.
  Result<std::string> add_from_host(image::ProgramPack& pack, const ir::Payload& payload,
                                    const Mention& mention) const {
    std::string out = TRY(pack.add_program(payload.run[0]));
    for (const std::string& file : payload.files) {
      if (is_beside(file, mention)) continue;
      if (file.find(".so") != std::string::npos) {
        TRY(pack.add_library(file));
        continue;
      }
      const std::string tool = TRY(program(file, mention));
      TRY(pack.add_file(tool, file));
    }
    return out;
  }

  /// What is written relative to the scenario's file keeps its directories.
  static Status add_from_scenario(image::ProgramPack& pack, const ir::Payload& payload,
                                  const Mention& mention) {
    for (const std::string& file : payload.files) {
      if (!is_beside(file, mention)) continue;
      const fs::path path = (fs::path(mention.directory()) / file).lexically_normal();
      const fs::path name = fs::path(file).lexically_normal();
      const bool keeps = name.is_relative() && *name.begin() != "..";
      TRY(pack.add_file(path.string(), (keeps ? name : path.filename()).string()));
    }
    return {};
  }

  const std::vector<std::string>& directories_;
  image::LibraryPaths libraries_;
  std::map<std::string, Packed> packed_{};  ///< By their origins.
};

}  // namespace

Status pack_payloads(std::vector<PlannedCase>& cases, const std::vector<std::string>& directories) {
  Packer packer(directories);
  for (PlannedCase& planned : cases)
    if (!planned.planned.skip) TRY(packer.pack(planned));
  return {};
}

}  // namespace ktstr::cli
