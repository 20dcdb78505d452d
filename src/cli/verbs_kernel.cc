// SPDX-License-Identifier: GPL-2.0-only
// `ktstr kernel`: what there is to boot.
#include <cstdio>

#include <fmt/format.h>

#include "cli/verbs.h"
#include "kernel/fetch.h"
#include "kernel/find.h"

namespace ktstr::cli {
namespace {

constexpr int host_trouble = 3;

const char* word_of(ir::OptionState state) {
  switch (state) {
    case ir::OptionState::yes:
    case ir::OptionState::module:
      return "yes";
    case ir::OptionState::no:
      return "no";
    case ir::OptionState::unknown:
      return "unknown";
  }
  return "";
}

}  // namespace

int fetch_kernel(const VerbArguments&) {
  const Result<std::string> kernels = kernel::default_kernels();
  if (!kernels) return complain(kernels.error(), host_trouble);
  const Result<ir::KernelFacts> facts = kernel::fetch_kernel(
      *kernels, {}, [](std::string_view what) { fmt::print(stderr, "==> kernel: {}\n", what); });
  if (!facts) return complain(facts.error(), host_trouble);
  fmt::print("{}\n", facts->name);
  return 0;
}

int list_kernels(const VerbArguments& arguments) {
  const Result<std::string> kernels = kernel::default_kernels();
  if (!kernels) return complain(kernels.error(), host_trouble);
  const Result<kernel::Listing> listing = kernel::list_kernels(*kernels);
  if (!listing) return complain(listing.error(), host_trouble);
  for (const Error& broken : listing->broken) complain(broken, 0);
  if (listing->kernels.empty() && !arguments.quiet)
    fmt::print(stderr, "ktstr: no kernel is cached; `ktstr kernel fetch` brings one\n");
  for (const ir::KernelFacts& facts : listing->kernels) {
    if (arguments.quiet)
      fmt::print("{}\n", facts.name);
    else
      fmt::print("{:<24} sched_ext {:<8} BTF {:<4} {}\n", facts.name,
                 word_of(facts.option("SCHED_CLASS_EXT")), facts.has_btf ? "yes" : "no",
                 facts.origin);
  }
  return 0;
}

}  // namespace ktstr::cli
