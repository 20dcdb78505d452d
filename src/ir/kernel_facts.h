// SPDX-License-Identifier: GPL-2.0-only
// KernelFacts: what is known about one kernel before it is booted, and how it is known. What could
// not be found out stays unknown, which is never the same as absent.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ktstr::ir {

struct KernelVersion {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;

  auto operator<=>(const KernelVersion&) const = default;
};

/// The leading numbers of a release: 7.3.4 of `7.3.4+deb13-cloud-amd64`, 6.12.0 of `6.12-rc1`.
std::optional<KernelVersion> parse_kernel_version(std::string_view release);
/// Whether a kernel is older or newer than a release, of which only the parts that are written
/// count: no 6.12.x is newer than `6.12`. A release that cannot be read is neither.
bool is_older(const KernelVersion& version, std::string_view release);
bool is_newer(const KernelVersion& version, std::string_view release);

/// `6.12..7.3`, with either end left out, or one release for all that begin with it.
struct KernelRange {
  std::string from;  ///< Empty: no bound.
  std::string to;

  bool operator==(const KernelRange&) const = default;
};
std::optional<KernelRange> parse_kernel_range(std::string_view text);

/// `7.3.4`.
std::string to_text(const KernelVersion& version);

enum class OptionState { unknown, no, module, yes };

/// Where `KernelFacts::options` come from. The first two list every option, so one they do not name
/// is off; the third knows only what the image itself gave away.
enum class OptionSource { config_file, ikconfig, evidence };

struct KernelFacts {
  std::string name;       ///< What case ids and messages call it.
  std::string release;    ///< `uname -r`; empty when unknown.
  KernelVersion version;  ///< Of `release`; zeros when unknown.
  std::string origin;     ///< Where it came from, in words; may be empty.
  std::string bz_image;   ///< Path; empty when there is none.
  std::string vmlinux;    ///< Path; empty when there is none.
  std::string modules;    ///< Directory that holds modules.dep; empty when there is none.
  OptionSource options_from = OptionSource::evidence;
  /// By name without `CONFIG_`: `y`, `m`, `n`, or a number or text as the config file spells it.
  std::map<std::string, std::string, std::less<>> options;
  bool has_btf = false;
  bool pvh = false;      ///< vmlinux can be entered directly in 32-bit mode.
  std::string build_id;  ///< Hexadecimal; empty when the kernel has none.

  bool operator==(const KernelFacts&) const = default;
  /// The state of an option, given with or without `CONFIG_`; one with a value counts as yes.
  [[nodiscard]] OptionState option(std::string_view name) const;
};

}  // namespace ktstr::ir
