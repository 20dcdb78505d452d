// SPDX-License-Identifier: GPL-2.0-only
#include "claims/verifier_log.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace ktstr::claims {
namespace {

constexpr std::size_t least_period = 5;
constexpr std::size_t least_rounds = 3;
constexpr int most_passes = 5;
constexpr std::size_t most_anchors = 16;
constexpr std::string_view begin_mark = "-- BEGIN PROG LOAD LOG --";
constexpr std::string_view end_mark = "-- END PROG LOAD LOG --";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  const std::size_t end = text.find_last_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

/// `12: (bf) r1 = r10    ; R1_w=fp0` becomes `(bf) r1 = r10`; `; if (x) @ a.c:3` stays.
std::string_view normal(std::string_view line) {
  line = trimmed(line);
  if (line.starts_with(';')) return line;
  const std::size_t digits = line.find_first_not_of("0123456789");
  if (digits != 0 && digits != std::string_view::npos && line[digits] == ':')
    line = trimmed(line.substr(digits + 1));
  // Nothing but the state of registers: `R0=scalar() R10=fp0`.
  if (line.size() > 1 && line[0] == 'R' && line[1] >= '0' && line[1] <= '9') return "R";
  if (const std::size_t state = line.find("; R"); state != std::string_view::npos)
    line = trimmed(line.substr(0, state));
  return line;
}

struct Cycle {
  std::size_t begin = 0;
  std::size_t period = 0;
  std::size_t rounds = 0;
};

/// The longest stretch in which every line equals the one a period later.
Cycle longest_stretch(const std::vector<std::string_view>& lines, std::size_t period) {
  Cycle best;
  std::size_t run = 0;
  for (std::size_t i = 0; i + period <= lines.size(); ++i) {
    const bool same = i + period < lines.size() && lines[i] == lines[i + period];
    run = same ? run + 1 : 0;
    const std::size_t rounds = run / period + 1;
    if (same && rounds >= least_rounds && rounds > best.rounds)
      best = {i + 1 - run, period, rounds};
  }
  return best;
}

/// The most common distance of a line to its next occurrence that can be a period.
std::size_t likely_period(const std::vector<std::size_t>& places) {
  std::map<std::size_t, std::size_t> counts;
  std::size_t best = 0;
  for (std::size_t i = 1; i < places.size(); ++i) {
    const std::size_t distance = places[i] - places[i - 1];
    if (distance >= least_period && ++counts[distance] > (best == 0 ? 0 : counts[best]))
      best = distance;
  }
  return best;
}

/// What repeats for the longest, by the lines that occur most often.
Cycle find_cycle(const std::vector<std::string>& lines) {
  std::vector<std::string_view> normals;
  std::map<std::string_view, std::vector<std::size_t>> places;
  for (const std::string& line : lines) {
    places[normal(line)].push_back(normals.size());
    normals.push_back(normal(line));
  }
  std::vector<const std::vector<std::size_t>*> anchors;
  for (const auto& [line, at] : places)
    if (at.size() >= least_rounds && !line.starts_with("---")) anchors.push_back(&at);
  std::ranges::stable_sort(anchors, [](const auto* a, const auto* b) {
    return a->size() != b->size() ? a->size() > b->size() : a->front() < b->front();
  });
  if (anchors.size() > most_anchors) anchors.resize(most_anchors);
  Cycle best;
  for (const std::vector<std::size_t>* anchor : anchors) {
    const std::size_t period = likely_period(*anchor);
    if (period == 0) continue;
    const Cycle cycle = longest_stretch(normals, period);
    if (cycle.rounds * cycle.period > best.rounds * best.period) best = cycle;
  }
  return best;
}

/// `prog 'x'` of libbpf's lines.
std::string program_of(std::string_view line) {
  constexpr std::string_view key = "prog '";
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + key.size());
  return std::string(line.substr(0, line.find('\'')));
}

/// The last line before the verifier's statistics that is neither an instruction nor a comment.
/// Newer verifiers go on with a report, `Verification failed: TITLE` and paragraphs; of these the
/// title is the reason, too.
std::string verifier_reason(std::span<const std::string> log) {
  const auto report = std::ranges::find_if(
      log, [](const std::string& line) { return line.starts_with(verifier_report); });
  if (report != log.end()) {
    const std::string title = report->substr(verifier_report.size());
    const std::string line = verifier_reason({log.begin(), report});
    return line.empty() ? title : line + " – " + title;
  }
  for (std::size_t i = log.size(); i-- > 0;) {
    const std::string_view line = trimmed(log[i]);
    const std::size_t digits = line.find_first_not_of("0123456789");
    const bool instruction = digits != 0 && digits != std::string_view::npos && line[digits] == ':';
    const bool state = line.size() > 1 && line[0] == 'R' && line.find("=") < 5;
    if (line.empty() || instruction || state || line.starts_with(';') ||
        line.starts_with("processed ") || line.starts_with("verification time") ||
        line.starts_with("stack depth") || line.starts_with("from "))
      continue;
    return std::string(line);
  }
  return {};
}

}  // namespace

std::vector<std::string> collapse_cycles(std::vector<std::string> lines) {
  for (int pass = 0; pass < most_passes; ++pass) {
    const Cycle cycle = find_cycle(lines);
    if (cycle.rounds < least_rounds) break;
    const auto at = [&](std::size_t index) {
      return lines.begin() + static_cast<std::ptrdiff_t>(index);
    };
    const std::size_t end = cycle.begin + cycle.period * cycle.rounds;
    std::vector<std::string> out(lines.begin(), at(cycle.begin));
    out.push_back("--- " + std::to_string(cycle.rounds) + "x of the following " +
                  std::to_string(cycle.period) + " lines ---");
    out.insert(out.end(), at(cycle.begin), at(cycle.begin + cycle.period));
    out.push_back("--- " + std::to_string(cycle.rounds - 2) + " identical iterations omitted ---");
    out.insert(out.end(), at(end - cycle.period), at(end));
    out.emplace_back("--- end repeat ---");
    out.insert(out.end(), at(end), lines.end());
    lines = std::move(out);
  }
  return lines;
}

std::optional<LoadRefusal> find_load_refusal(std::span<const std::string> output) {
  const auto has = [](std::string_view text) {
    return [text](const std::string& line) { return line.find(text) != std::string::npos; };
  };
  const auto begin = std::ranges::find_if(output, has(begin_mark));
  if (begin != output.end()) {
    const auto end = std::find_if(begin, output.end(), has(end_mark));
    LoadRefusal out{.program = program_of(*begin), .reason = {}, .log = {begin + 1, end}};
    out.reason = verifier_reason(out.log);
    out.log = collapse_cycles(std::move(out.log));
    if (out.reason.empty()) out.reason = "the verifier gave no reason";
    return out;
  }
  // Refused before the verifier saw it, by what libbpf found missing.
  const auto failed = std::ranges::find_if(output, [&](const std::string& line) {
    return has("failed to load object")(line) || has("BPF program load failed")(line) ||
           has("failed to load: -")(line) || has("failed to init kernel")(line);
  });
  if (failed == output.end()) return std::nullopt;
  const auto first = std::ranges::find_if(output, has("libbpf: "));
  const std::string& line = first != output.end() && first < failed ? *first : *failed;
  return LoadRefusal{.program = program_of(line), .reason = std::string(trimmed(line)), .log = {}};
}

}  // namespace ktstr::claims
