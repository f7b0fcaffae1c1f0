#include "sitecheck/core/checkpoints.h"

#include <gtest/gtest.h>

namespace core::testing {

namespace {

SiteConfig config(std::vector<Scope> scopes) {
  SiteConfig c;
  c.timing = *ecv::preset("lan");
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    c.checkpoints.push_back({"k" + std::to_string(i), scopes[i], "k" + std::to_string(i)});
  }
  return c;
}

constexpr auto kExternal = Scope::kExternal;
constexpr auto kEdge = Scope::kEdge;
constexpr auto kInternal = Scope::kInternal;

struct Rounds {
  explicit Rounds(std::vector<Scope> scopes) : checkpoints(config(std::move(scopes)), now) {}
  std::optional<Checkpoints::Verdict> round(const std::vector<bool>& ok) {
    now += base::seconds(1);
    std::vector<Action> actions;
    checkpoints.act(true, now, actions);
    RoundDone done;
    done.round = std::get<StartRound>(actions.at(0)).round;
    for (const bool b : ok) done.items.push_back({b, b ? "" : "refused"});
    return checkpoints.done(done, now);
  }
  base::Instant now{base::seconds(5)};
  Checkpoints checkpoints;
};

}  // namespace

TEST(Checkpoints, OnlyExternalOnesCountForTheQuorum) {
  Rounds r({kExternal, kExternal, kExternal, kInternal});
  EXPECT_TRUE(r.round({true, true, false, false})->quorum);
  EXPECT_FALSE(r.round({true, false, false, true})->quorum);  // a reachable internal host must not hide isolation
  EXPECT_EQ(r.checkpoints.view().quorum, 2);
}

TEST(Checkpoints, WithoutExternalOnesNothingIsProved) {
  Rounds r({kInternal});
  EXPECT_FALSE(r.round({true})->quorum);
  EXPECT_TRUE(r.checkpoints.none());
}

TEST(Checkpoints, TheCutIsNamedByTheOnesThatAnswer) {
  Rounds r({kExternal, kEdge, kInternal});
  EXPECT_TRUE(r.round({true, true, true})->quorum);
  EXPECT_EQ(r.checkpoints.view().cut, "");
  r.round({false, false, false});
  EXPECT_EQ(r.checkpoints.view().cut, "LAN");
  r.round({false, false, true});
  EXPECT_EQ(r.checkpoints.view().cut, "WAN");
  r.round({false, true, true});
  EXPECT_EQ(r.checkpoints.view().cut, "GLOBAL");
}

TEST(Checkpoints, ARoundThatNeverEndsHasFailed) {
  Rounds r({kExternal});
  std::vector<Action> actions;
  r.checkpoints.act(true, r.now, actions);
  EXPECT_FALSE(r.checkpoints.overdue(r.now + base::milliseconds(700)));
  const auto verdict = r.checkpoints.overdue(r.now + base::milliseconds(800));
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->quorum);
}

TEST(Checkpoints, AResultOfAnotherRoundIsIgnored) {
  Rounds r({kExternal});
  std::vector<Action> actions;
  r.checkpoints.act(true, r.now, actions);
  RoundDone stranger;
  stranger.round = 99;
  stranger.items.push_back({true, ""});
  EXPECT_FALSE(r.checkpoints.done(stranger, r.now));
}

TEST(Checkpoints, MissingResultsCountAsFailed) {
  Rounds r({kExternal, kExternal, kExternal});
  EXPECT_FALSE(r.round({true})->quorum);
}

}  // namespace core::testing
