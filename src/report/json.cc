// SPDX-License-Identifier: GPL-2.0-only
// The result in the schema's own JSON form; schemas/result.schema.json describes it.
#include "report/formats.h"
#include "schema/print.h"

namespace ktstr::report {

std::string to_json(const ir::RunResult& result) {
  return schema::print_json(schema::cref_to(result), {.indent = 2}) + "\n";
}

}  // namespace ktstr::report
