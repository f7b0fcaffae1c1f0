#include "zones/snapshot/snapshot.h"

#include <gtest/gtest.h>

#include "tests/support/zone_text.h"

namespace {

TEST(Snapshot, ANameIsNotReadyUntilItsAnswerIsSet) {
  const auto snapshot = dns_test::make_snapshot({{"example.", ""}}, {"a.example.", "b.example."});
  const auto& before = snapshot->records(0);
  EXPECT_EQ(before.outcome(), snapshot::DynamicOutcome::kServfail);
  EXPECT_EQ(before.ede(), wire::kEdeNotReady);
  snapshot->set_answer({0}, {snapshot::DynamicOutcome::kNodata, {}, 3, std::nullopt});
  EXPECT_EQ(snapshot->records(0).ttl_s(), 3U);
  EXPECT_EQ(snapshot->records(1).ede(), wire::kEdeNotReady) << "the other one is untouched";
  snapshot->set_answer({2}, {});  // no such name: ignored
}

}  // namespace
