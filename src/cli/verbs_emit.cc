// SPDX-License-Identifier: GPL-2.0-only
// `ktstr emit`: every stage shows its work.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "cli/load.h"
#include "cli/prepare.h"
#include "cli/reference.h"
#include "cli/show_launch.h"
#include "cli/verbs.h"
#include "host/facts.h"
#include "plan/launch.h"
#include "schema/print.h"
#include "vmm/acpi/dump.h"
#include "wire/messages.h"

namespace ktstr::cli {
namespace {

constexpr int bad_input = 4;
constexpr int host_trouble = 3;

int emit_ir(const parse::Loaded& loaded, const std::vector<PlannedCase>&) {
  const char* separator = "";
  for (const parse::LoadedScenario& scenario : loaded.scenarios) {
    fmt::print("{}{}", separator, schema::print(schema::cref_to(scenario.scenario)));
    separator = "---\n";
  }
  return 0;
}

int emit_cases(const parse::Loaded&, const std::vector<PlannedCase>& cases) {
  const char* separator = "";
  for (const PlannedCase& planned : cases) {
    fmt::print("{}{}", separator, schema::print(schema::cref_to(planned.planned)));
    separator = "---\n";
  }
  return 0;
}

/// As they are once default, scheduler and scenario have had their say.
int emit_checks(const parse::Loaded&, const std::vector<PlannedCase>& cases) {
  for (const PlannedCase& planned : cases)
    fmt::print("{}: {}\n", planned.planned.id.scenario,
               schema::print_json(schema::cref_to(planned.planned.checks)));
  return 0;
}

int emit_launch(const parse::Loaded&, const std::vector<PlannedCase>& cases) {
  const Result<ir::KernelFacts> kernel = choose_kernel("");
  if (!kernel) return complain(kernel.error(), host_trouble);
  const Result<ir::HostFacts> host = host::read_facts();
  if (!host) return complain(host.error(), host_trouble);
  const char* separator = "";
  for (const PlannedCase& planned : cases) {
    fmt::print("{}{}", separator,
               show_launch(planned.planned, *host, *kernel, {.vsock_port = wire::port}));
    separator = "---\n";
  }
  return 0;
}

int emit_command_line(const parse::Loaded&, const std::vector<PlannedCase>& cases) {
  for (const PlannedCase& planned : cases)
    fmt::print("# {}\n{}\n", to_text(planned.planned.id), plan::command_line(planned.planned, {}));
  return 0;
}

/// As our own monitor makes them; QEMU has its own.
int emit_acpi(const parse::Loaded&, const std::vector<PlannedCase>& cases) {
  for (const PlannedCase& planned : cases) {
    vmm::MachineConfig machine;
    machine.topology = planned.planned.program.topology;
    machine.devices = plan::devices(planned.planned, {.vsock_port = wire::port});
    fmt::print("# {}\n{}", to_text(planned.planned.id), vmm::acpi::dump_tables(machine));
  }
  return 0;
}

struct Stage {
  std::string_view name;
  int (*run)(const parse::Loaded&, const std::vector<PlannedCase>&);
};

/// What is shown of a file.
constexpr Stage stages[] = {
    {"ir", &emit_ir},         {"cases", &emit_cases},          {"checks", &emit_checks},
    {"launch", &emit_launch}, {"cmdline", &emit_command_line}, {"acpi", &emit_acpi}};

/// A text derived from the vocabulary, by the stem of its path: `scenario.schema`, `work`.
const DerivedText* find_text(const std::vector<DerivedText>& texts, const std::string& what) {
  for (const DerivedText& text : texts) {
    const std::string name = text.path.substr(text.path.rfind('/') + 1);
    if (name.substr(0, name.rfind('.')) == what) return &text;
  }
  return nullptr;
}

/// Writes every derived text where it belongs in the source tree at `top`.
int write_texts(const std::vector<DerivedText>& texts, const std::string& top) {
  for (const DerivedText& text : texts)
    if (const Status written = write_file_atomically(top + "/" + text.path, as_bytes(text.text));
        !written)
      return complain(written.error(), host_trouble);
  return 0;
}

}  // namespace

std::vector<std::string_view> emitted_stages() {
  std::vector<std::string_view> out;
  for (const Stage& stage : stages) out.push_back(stage.name);
  return out;
}

int emit(const VerbArguments& arguments) {
  const std::string& what = arguments.words.at(0);
  const std::vector<DerivedText> texts = derived_texts();
  if (what == "texts")
    return write_texts(texts, arguments.words.size() > 1 ? arguments.words[1] : ".");
  // `schema` for short.
  if (const DerivedText* text = find_text(texts, what == "schema" ? "scenario.schema" : what)) {
    fmt::print("{}", text->text);
    return 0;
  }
  const auto* stage = std::ranges::find(stages, what, &Stage::name);
  if (stage == std::end(stages)) {
    std::vector<std::string_view> names = emitted_stages();
    names.push_back("schema");
    return complain({"there is nothing called " + what + " to emit", 0, suggestion(what, names)},
                    bad_input);
  }
  if (arguments.words.size() < 2)
    return complain({"emit " + what + " needs a scenario file", 0, ""}, bad_input);
  parse::Loaded loaded = load({arguments.words[1]});
  const Result<std::vector<PlannedCase>> cases = expand_all(loaded, {}, loaded.diagnostics);
  if (!cases) return complain(cases.error(), bad_input);
  print_all(loaded.diagnostics);
  if (!loaded.diagnostics.ok()) return bad_input;
  return stage->run(loaded, *cases);
}

}  // namespace ktstr::cli
