// SPDX-License-Identifier: GPL-2.0-only
// Visits every value within a value, parents first, with its path. A visitor may change what it is
// shown: the walk goes on into what it finds afterwards. It must not change the parents.
#pragma once

#include <functional>
#include <string>

#include "schema/path.h"
#include "schema/type.h"

namespace ktstr::schema {

enum class Descend { yes, no };

/// Where a visited value stands. Valid during the call.
struct Site {
  const Path& path;
  const FieldType* field;  ///< The innermost field around the value, or null.
};

void walk(Ref root, const std::function<Descend(Ref, const Site&)>& visit);
void walk(ConstRef root, const std::function<Descend(ConstRef, const Site&)>& visit);

/// Every std::string, but neither keys of maps nor scalars with a grammar of their own.
void for_each_text(Ref root, const std::function<void(std::string&, const Site&)>& visit);

/// Every value that a file may write as an expression, resolved or not.
void for_each_deferred(Ref root,
                       const std::function<void(Ref, const DeferredShape&, const Site&)>& visit);

}  // namespace ktstr::schema
