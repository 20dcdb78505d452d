// SPDX-License-Identifier: GPL-2.0-only
// The verbs of `ktstr`. To add one, add its function, its row in verbs.cc and its command line in
// arguments.cc.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"

namespace ktstr::cli {

/// Runs the verb; gives its exit status: 0, 3 for trouble with the host, 4 for bad input.
int run_verb(const VerbArguments& arguments);

int check_files(const VerbArguments& arguments);
int explain(const VerbArguments& arguments);
int new_scenario(const VerbArguments& arguments);
int list_words(const VerbArguments& arguments);
int emit(const VerbArguments& arguments);
int fetch_kernel(const VerbArguments& arguments);
int build_kernel(const VerbArguments& arguments);
int list_kernels(const VerbArguments& arguments);
int examine_host(const VerbArguments& arguments);
int list_locks(const VerbArguments& arguments);

/// What `list` and `emit` take as their first word, `work, ops, …`, for help and complaints.
std::vector<std::string_view> listed_kinds();
std::vector<std::string_view> emitted_stages();

/// Prints `ktstr: what` to stderr.
int complain(const Error& error, int status);

}  // namespace ktstr::cli
