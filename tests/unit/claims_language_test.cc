// SPDX-License-Identifier: GPL-2.0-only
// The examples of the claims language are claims, make sense, and leave nothing out.
#include <set>

#include "claims/check.h"
#include "claims/evaluate.h"
#include "claims/language.h"
#include "claims_world.h"

using namespace ktstr;
using namespace ktstr::claims;

namespace {

/// The scenario that the examples are of.
const ClaimScope scope{{"a", "b"}, {"load", "quiet"}, {"pairs"}};

ir::Claim checked(const LanguagePart& part) {
  ir::Claim claim = World::parsed(std::string(part.example));
  Diagnostics found;
  check_claim(claim, scope, {}, found);
  for (const Diagnostic& each : found.all()) UNSCOPED_INFO(render(each, false));
  CHECK(found.ok());
  CHECK(to_text(claim) == part.example);
  CHECK_FALSE(part.doc.empty());
  return claim;
}

void functions_in(const ir::ClaimExpr& expr, std::set<ir::Function>& out) {
  if (const auto* call = std::get_if<schema::Box<ir::Call>>(&expr)) {
    out.insert((*call)->function);
    for (const ir::ClaimExpr& argument : (*call)->arguments) functions_in(argument, out);
  }
  if (const auto* arithmetic = std::get_if<schema::Box<ir::Arithmetic>>(&expr))
    for (const ir::ClaimExpr& operand : (*arithmetic)->operands) functions_in(operand, out);
}

std::set<ir::Function> functions_of(const ir::Claim& claim) {
  std::set<ir::Function> out;
  functions_in(claim.comparison.subject, out);
  for (const ir::ClaimExpr* operand : operands_of(claim.comparison.predicate))
    functions_in(*operand, out);
  return out;
}

}  // namespace

TEST_CASE("every function has an example that calls it") {
  const std::vector<LanguagePart> parts = functions();
  REQUIRE(parts.size() == schema::words<ir::Function>.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CAPTURE(parts[i].example);
    CHECK(functions_of(checked(parts[i])).contains(static_cast<ir::Function>(i)));
  }
}

TEST_CASE("every predicate, relation and quality has an example") {
  std::set<std::size_t> seen;
  std::set<ir::Relation> relations;
  std::set<ir::Quality> qualities;
  for (const LanguagePart& part : predicates()) {
    CAPTURE(part.example);
    const ir::Predicate predicate = checked(part).comparison.predicate;
    seen.insert(predicate.index());
    if (const auto* compare = std::get_if<ir::Compare>(&predicate))
      relations.insert(compare->relation);
    if (const auto* is = std::get_if<ir::Is>(&predicate)) qualities.insert(is->quality);
  }
  CHECK(seen.size() == std::variant_size_v<ir::Predicate>);
  CHECK(relations.size() == 6);
  CHECK(qualities.size() == 2);
}

TEST_CASE("every modifier has an example") {
  std::set<std::string> seen;
  for (const LanguagePart& part : modifiers()) {
    CAPTURE(part.example);
    const ir::Claim claim = checked(part);
    if (claim.sustained) seen.insert("sustained " + std::to_string(claim.sustained->index()));
    if (claim.ignoring_first) seen.insert("ignoring first");
    if (claim.least_samples) seen.insert("with at least");
    if (claim.when) seen.insert("when");
    if (claim.expect_fail) seen.insert("expect fail");
  }
  CHECK(seen.size() == 6);
}

TEST_CASE("the usual measures are claims") {
  for (const LanguagePart& part : idioms()) {
    CAPTURE(part.example);
    checked(part);
  }
}
