// SPDX-License-Identifier: GPL-2.0-only
#include "cli/verbs.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "cli/load.h"
#include "parse/new_scenario.h"
#include "parse/rules.h"

namespace ktstr::cli {
namespace {

constexpr int bad_input = 4;

struct Verb {
  std::string_view name;
  int (*run)(const VerbArguments&);
};

constexpr Verb verbs[] = {
    {"check", &check_files},
    {"explain", &explain},
    {"new", &new_scenario},
    {"list", &list_words},
    {"emit", &emit},
    {"kernel fetch", &fetch_kernel},
    {"kernel build", &build_kernel},
    {"kernel list", &list_kernels},
    {"doctor", &examine_host},
    {"locks", &list_locks},
};

}  // namespace

int run_verb(const VerbArguments& arguments) {
  const auto* verb = std::ranges::find(verbs, arguments.verb, &Verb::name);
  CHECK(verb != std::end(verbs));
  return verb->run(arguments);
}

int complain(const Error& error, int status) {
  std::fprintf(stderr, "ktstr: %s\n", describe(error).c_str());
  return status;
}

int check_files(const VerbArguments& arguments) {
  parse::Loaded loaded = load(arguments.words);
  const Result<std::vector<PlannedCase>> cases = expand_all(loaded, {}, loaded.diagnostics);
  if (!cases) return complain(cases.error(), bad_input);
  print_all(loaded.diagnostics);
  if (!loaded.diagnostics.ok()) {
    std::fprintf(stderr, "%zu mistake%s; `ktstr explain CODE` tells more\n",
                 loaded.diagnostics.errors(), loaded.diagnostics.errors() == 1 ? "" : "s");
    return bad_input;
  }
  std::printf("%zu scenario%s, no mistakes\n", loaded.scenarios.size(),
              loaded.scenarios.size() == 1 ? "" : "s");
  return 0;
}

int new_scenario(const VerbArguments& arguments) {
  const std::string& name = arguments.words.at(0);
  if (const std::optional<Error> flaw = parse::flaw_of_name(name))
    return complain(*flaw, bad_input);
  std::fputs(parse::new_scenario_text(name).c_str(), stdout);
  return 0;
}

}  // namespace ktstr::cli
