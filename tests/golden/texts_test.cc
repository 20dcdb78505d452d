// SPDX-License-Identifier: GPL-2.0-only
// The schemas and reference pages that are checked in are those of the vocabulary.
#include <catch2/catch_test_macros.hpp>

#include "cli/reference.h"
#include "support/golden.h"

TEST_CASE("the checked-in schemas and reference pages are current") {
  const std::vector<ktstr::cli::DerivedText> texts = ktstr::cli::derived_texts();
  CHECK(texts.size() == 10);
  for (const ktstr::cli::DerivedText& text : texts) check_golden(text.path, text.text);
}
