// SPDX-License-Identifier: GPL-2.0-only
#include "guest/knobs.h"

#include <algorithm>
#include <ranges>

#include "base/overload.h"

namespace ktstr::guest {

Result<std::string> sysctl_path(const std::string& name) {
  std::string path = name;
  std::ranges::replace(path, '.', '/');
  if (path.empty() || path.find("//") != std::string::npos || path[0] == '/')
    return fail("`" + name + "` is no name of a sysctl");
  return "/proc/sys/" + path;
}

std::string text_of(const ir::SysctlValue& value) {
  return std::visit(Overload{[](std::int64_t number) { return std::to_string(number); },
                             [](const std::string& text) { return text; }},
                    value);
}

Status Knobs::set(const std::string& path, const std::string& text) {
  std::string before = TRY(files_.read(path));
  while (before.ends_with('\n')) before.pop_back();
  if (Status written = files_.write(path, text); !written)
    return fail_within("write `" + text + "`", std::move(written).error());
  const bool known =
      std::ranges::any_of(before_, [&](const auto& each) { return each.first == path; });
  if (!known) before_.emplace_back(path, std::move(before));
  return {};
}

Status Knobs::restore() {
  Status first;
  for (const auto& [path, text] : before_ | std::views::reverse)
    if (Status written = files_.write(path, text); !written && first)
      first = fail_within("write `" + text + "` back", std::move(written).error());
  before_.clear();
  return first;
}

}  // namespace ktstr::guest
