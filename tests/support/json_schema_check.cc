// SPDX-License-Identifier: GPL-2.0-only
#include "support/json_schema_check.h"

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace ktstr::testing {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

struct JsonSchemaCheck::State {
  nlohmann::json text;
  valijson::Schema schema;
};

namespace {

/// The validator reads integers into 64 signed bits; larger ones become the largest of those.
void fit_integers(nlohmann::json& value) {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > largest) value = largest;
  if (value.is_structured())
    for (nlohmann::json& child : value) fit_integers(child);
}

}  // namespace

JsonSchemaCheck::JsonSchemaCheck(const std::string& schema) : state_(std::make_unique<State>()) {
  state_->text = nlohmann::json::parse(schema);
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(Adapter(state_->text), state_->schema);
}

JsonSchemaCheck::~JsonSchemaCheck() = default;

std::string JsonSchemaCheck::complaints(const std::string& document) const {
  nlohmann::json value = nlohmann::json::parse(document);
  fit_integers(value);
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(state_->schema, Adapter(value), &results)) return {};
  std::string out;
  for (const auto& error : results) {
    for (const std::string& part : error.context) out += part;
    out += ": " + error.description + "\n";
  }
  return out.empty() ? "refused without a reason" : out;
}

}  // namespace ktstr::testing
