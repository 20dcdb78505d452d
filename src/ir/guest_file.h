// SPDX-License-Identifier: GPL-2.0-only
// Files that a scenario puts into the guest.
#pragma once

#include <optional>
#include <string>

#include "schema/describe.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct FileSpec {
  std::string to;
  std::optional<std::string> from;
  std::optional<std::string> text;
  std::string mode = "644";

  bool operator==(const FileSpec&) const = default;
  static constexpr auto schema = schema::record(
      "file", "A file for the guest.",
      schema::Field{"to", &FileSpec::to, "Its path in the guest; directories are made.",
                    schema::required, schema::example("/etc/scx/config.toml")},
      schema::Field{"from", &FileSpec::from,
                    "The host's file, of at most 64 MiB; relative to this file."},
      schema::Field{"text", &FileSpec::text, "What it holds, in place of `from`."},
      schema::Field{"mode", &FileSpec::mode, "Its permissions in octal.",
                    schema::example("\"755\"")});
};

/// A file that came with the machine, to be put where the scenario wants it.
struct GuestFile {
  std::string to;
  std::string packed;  ///< Its path in the initramfs.
  std::uint32_t mode = 0644;

  bool operator==(const GuestFile&) const = default;
  static constexpr auto schema =
      schema::record("guest_file", "A file that came with the machine.",
                     schema::Field{"to", &GuestFile::to, "Where it belongs."},
                     schema::Field{"packed", &GuestFile::packed, "Where it is."},
                     schema::Field{"mode", &GuestFile::mode, "Its permissions."});
};

}  // namespace ktstr::ir
