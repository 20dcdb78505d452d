// SPDX-License-Identifier: GPL-2.0-only
// The disk of a case's machine: empty at first, gone with the machine.
#pragma once

#include <optional>

#include "schema/record.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct Disk {
  Bytes size = 256_MiB;
  std::optional<Bytes> bytes_per_second;
  std::optional<std::uint64_t> operations_per_second;

  bool operator==(const Disk&) const = default;
  static constexpr auto schema =
      schema::record(
          "disk", "A virtio disk, empty at first, which work on storage uses.",
          schema::Field{"size", &Disk::size, "How large; whole MiB.", schema::required,
                        schema::range(1_MiB, 64_GiB), schema::example("256MiB")},
          schema::Field{"bytes_per_second", &Disk::bytes_per_second,
                        "How much it moves, reading and writing together; unlimited by default.",
                        schema::range(4_KiB, 64_GiB)},
          schema::Field{"operations_per_second", &Disk::operations_per_second,
                        "How many requests it serves; unlimited by default.",
                        schema::range(1, 1e6)})
          .written_as(schema::Shorthand::scalar);
};

}  // namespace ktstr::ir
