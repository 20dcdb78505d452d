// SPDX-License-Identifier: GPL-2.0-only
// The oracle for JSON Schemas: somebody else's validator.
#pragma once

#include <memory>
#include <string>

namespace ktstr::testing {

/// Empty when the document satisfies the schema, else the validator's complaints; both are JSON.
class JsonSchemaCheck {
 public:
  explicit JsonSchemaCheck(const std::string& schema);
  ~JsonSchemaCheck();
  [[nodiscard]] std::string complaints(const std::string& document) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ktstr::testing
