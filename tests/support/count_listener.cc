// SPDX-License-Identifier: GPL-2.0-only
// Ends every test executable's output with a line that ./dev and CI can add up:
// `cases: P passed, F failed, S skipped`, after one line per skipped case with its reason.
#include <catch2/catch_test_case_info.hpp>
#include <catch2/interfaces/catch_interfaces_reporter.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <iostream>

namespace {

class CountListener final : public Catch::EventListenerBase {
 public:
  using EventListenerBase::EventListenerBase;

  void assertionEnded(const Catch::AssertionStats& stats) override {
    if (stats.assertionResult.getResultType() == Catch::ResultWas::ExplicitSkip)
      skip_reason_ = std::string(stats.assertionResult.getMessage());
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    if (stats.totals.testCases.skipped > 0)
      std::cout << "skipped: " << stats.testInfo->name << ": " << skip_reason_ << '\n';
  }

  void testRunEnded(const Catch::TestRunStats& stats) override {
    const Catch::Counts& cases = stats.totals.testCases;
    std::cout << "cases: " << cases.passed << " passed, " << cases.failed << " failed, "
              << cases.skipped << " skipped" << std::endl;
  }

 private:
  std::string skip_reason_;
};

}  // namespace

CATCH_REGISTER_LISTENER(CountListener)
