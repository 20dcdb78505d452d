// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/apt.h"

#include <algorithm>

#include "base/process.h"
#include "kernel/private_apt.h"

namespace ktstr::kernel {
namespace {

std::string hint_for(int status) {
  switch (status) {
    case 10:
      return "offline: fetch again later, or give a kernel of your own: --kernel PATH";
    case apt_knows_no_such_package:
      return "the mirror in this system's apt sources does not offer it; use --kernel PATH";
    case 12:
      return "this works on Debian only; use --kernel PATH";
    default:
      return "the words above are the package manager's";
  }
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end != 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

Result<AptAnswer> ask_apt(const std::vector<std::string>& words) {
  constexpr Nanos patience = 1800s;
  std::vector<std::string> argv = {"sh", "-c", std::string(private_apt_script), "private-apt"};
  argv.insert(argv.end(), words.begin(), words.end());
  const Output output = TRY(run_command({.argv = std::move(argv)}, patience, 1_MiB));
  if (output.exit.success()) return AptAnswer{lines_of(output.out), 0, {}};
  // From 10 on the script's last line explains itself; before, apt's own words are needed.
  const std::vector<std::string> said = lines_of(output.err);
  const std::size_t most = output.exit.code >= 10 ? 1 : 5;
  AptAnswer answer;
  answer.status = output.exit.code != 0 ? output.exit.code : 1;
  answer.complaint = "(" + words[0] + " " + words[1] + ", " + describe(output.exit) + "): ";
  for (std::size_t i = said.size() - std::min(most, said.size()); i < said.size(); ++i)
    answer.complaint += (answer.complaint.ends_with(": ") ? "" : " | ") + said[i];
  return answer;
}

Error apt_error(std::string_view aim, const AptAnswer& answer) {
  return {std::string(aim) + " " + answer.complaint, 0, hint_for(answer.status)};
}

Result<std::vector<std::string>> apt_lines(std::string_view aim,
                                           const std::vector<std::string>& words) {
  AptAnswer answer = TRY(ask_apt(words));
  if (answer.status != 0) return tl::unexpected(apt_error(aim, answer));
  return std::move(answer.lines);
}

}  // namespace ktstr::kernel
