// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/configure.h"

#include "base/check.h"
#include "base/fd.h"
#include "kernel/kconfig.h"
#include "kernel/requirements.h"

namespace ktstr::kernel {
namespace {

constexpr Bytes config_limit = 4_MiB;

std::string explain(const std::string& tree, const Wish& wish, const Options& options) {
  std::string line = "CONFIG_" + wish.option + (wish.value == "n" ? " off" : "=" + wish.value) +
                     " of " + wish.source;
  if (!wish.reason.empty()) line += " (" + wish.reason + ")";
  return line + ": " +
         (wish.value == "n" ? "another option selects it"
                            : likely_cause(tree, wish.option, options));
}

Status judge(const Make& make, std::span<const Wish> wishes, const Options& options,
             const std::function<void(std::span<const std::string>)>& dropped) {
  std::vector<std::string> lines;
  std::string names;
  for (const Wish& wish : unfulfilled(wishes, options)) {
    if (wish.optional()) continue;
    lines.push_back(explain(make.source, wish, options));
    names += (names.empty() ? " CONFIG_" : ", CONFIG_") + wish.option;
  }
  if (!lines.empty()) {
    if (dropped) dropped(lines);
    return fail("configure the kernel: it dropped" + names,
                "enable what these need with --config FILE, or leave them out there");
  }
  ir::KernelFacts facts;
  facts.name = "to be built";
  facts.options_from = ir::OptionSource::config_file;
  facts.options = options;
  const Result<std::vector<std::string>> unknown = check_needs(facts, base_needs());
  if (!unknown) return tl::unexpected(unknown.error());
  return {};
}

}  // namespace

Result<std::vector<Wish>> gather_wishes(const std::string& extra) {
  std::vector<Wish> wishes;
  for (const Fragment& fragment : own_fragments())
    wishes = merge(std::move(wishes), TRY(parse_fragment(fragment.text, fragment.name)));
  for (const Wish& wish : wishes) CHECK(!wish.reason.empty());
  if (extra.empty()) return wishes;
  const std::string text = TRY(read_text(extra, config_limit));
  wishes = merge(std::move(wishes), TRY(parse_fragment(text, extra)));
  for (const Wish& wish : wishes)
    if (wish.value == "m")
      return fail(extra + ": CONFIG_" + wish.option + "=m, but a kernel is built without modules",
                  "write CONFIG_" + wish.option + "=y");
  return wishes;
}

Status configure(const Make& make, std::span<const Wish> wishes,
                 const std::function<void(std::span<const std::string>)>& dropped) {
  const std::string path = make.objects + "/.config";
  const std::string wanted = make.objects + "/ktstr.config";
  TRY(make.run({"tinyconfig"}));
  const std::string tiny = TRY(read_text(path, config_limit));
  TRY(write_file_atomically(wanted, as_bytes(applied(tiny, wishes))));
  // What only our options make visible stays off, too: with olddefconfig alone it would take its
  // default, and hundreds of those are y: keyboards, thermal drivers, vendors of network cards.
  TRY(make.run({"KCONFIG_ALLCONFIG=" + wanted, "allnoconfig"}));
  TRY(make.run({"olddefconfig"}));
  return judge(make, wishes, parse_config(TRY(read_text(path, config_limit))), dropped);
}

}  // namespace ktstr::kernel
