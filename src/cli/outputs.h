// SPDX-License-Identifier: GPL-2.0-only
// The files of a run's result (--json FILE, --junit FILE). They are the user's, and whatever they
// are stays what it is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ir/verdict.h"

namespace ktstr::cli {

using Outputs = std::map<std::string, std::string>;  ///< Format → file.

/// Fails, with the option's name, where it is plain before the run that a file cannot be written.
Status check_outputs(const Outputs& outputs);

/// Writes each in its format; gives what went wrong, by which the others are not kept from being
/// written.
std::vector<Error> write_outputs(const Outputs& outputs, const ir::RunResult& result);

/// Replaces a regular file as a whole; writes into what a link, a pipe or a device leads to.
Status write_output(const std::string& path, ByteView bytes);

}  // namespace ktstr::cli
