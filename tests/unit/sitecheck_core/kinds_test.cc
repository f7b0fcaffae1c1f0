#include "sitecheck/core/kinds.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "sitecheck/core/site.h"

namespace core::testing {

namespace {

using base::Instant;
using base::milliseconds;

// A kind of this file's own: its pool is ACTIVE while the last poll of its first node did not fail.
class LastPoll : public Brain {
 public:
  using Brain::Brain;

  void hear(const Event& event) override {
    if (const auto* poll = std::get_if<NodePolled>(&event)) well_ = poll->result == PollResult::kOk;
  }
  void act() override {
    if (well_ != told_) {
      journal(base::Level::kInfo, "pool.state", well_ ? "well" : "not well");
      emit(Changed{index_});
    }
    told_ = well_;
  }
  [[nodiscard]] base::Instant next_deadline() const override { return now_ + timing().interval; }
  [[nodiscard]] PoolView view(base::Instant /*now*/) const override {
    PoolView v;
    v.name = config_->name;
    v.kind = config_->kind;
    v.state = well_ ? State::kActive : State::kStandby;
    return v;
  }
  [[nodiscard]] ecv::Report report(base::Instant /*now*/) const override {
    ecv::Report r;
    r.pool = config_->name;
    r.state = well_ ? ecv::PoolState::kActive : ecv::PoolState::kStandby;
    return r;
  }

 private:
  bool well_ = false;
  bool told_ = false;
};

Kind last_poll_kind() {
  return {"last_poll", "ACTIVE while the last poll did not fail.", false, 1,
          [](const Place& place) -> std::unique_ptr<Brain> { return std::make_unique<LastPoll>(place); }};
}

SiteConfig one_pool(const std::string& kind) {
  SiteConfig config;
  config.site = "site1";
  config.id = 1;
  config.timing = *ecv::preset("lan");
  PoolConfig pool;
  pool.name = "main";
  pool.kind = kind;
  pool.guard = "none";
  pool.nodes = {{"db1", true, 1}};
  config.pools.push_back(pool);
  return config;
}

bool has_changed(const std::vector<Action>& actions) {
  return std::any_of(actions.begin(), actions.end(),
                     [](const Action& a) { return std::holds_alternative<Changed>(a); });
}

}  // namespace

TEST(Kinds, AreFoundByName) {
  const auto kinds = builtin_kinds();
  ASSERT_EQ(kinds.size(), 3U);
  EXPECT_EQ(kinds.front().name, "failover");
  for (const auto* name : {"failover", "multi_writer", "single"}) {
    ASSERT_NE(find_kind(kinds, name), nullptr) << name;
    EXPECT_EQ(find_kind(kinds, name)->name, name);
  }
  EXPECT_EQ(find_kind(kinds, "failove"), nullptr);
  EXPECT_EQ(find_kind(kinds, ""), nullptr);
}

TEST(Kinds, AnotherOneIsAddedByARow) {
  std::vector<Kind> kinds(builtin_kinds().begin(), builtin_kinds().end());
  kinds.push_back(last_poll_kind());
  Instant now{base::seconds(100)};
  Site site(one_pool("last_poll"), {77, 99, false}, {}, now, kinds);
  std::vector<Action> actions;
  site.step({}, now, actions);
  EXPECT_EQ(site.pool(0, now).state, State::kStandby);
  EXPECT_EQ(site.pool(0, now).kind, "last_poll");
  EXPECT_EQ(site.next_deadline(), now + milliseconds(250));

  NodePolled poll;
  const std::vector<Event> good = {poll};
  actions.clear();
  site.step(good, now += milliseconds(250), actions);
  EXPECT_EQ(site.pool(0, now).state, State::kActive);
  EXPECT_EQ(site.report(0, now).state, ecv::PoolState::kActive);
  EXPECT_TRUE(has_changed(actions));

  poll.result = PollResult::kRefused;
  const std::vector<Event> bad = {poll};
  actions.clear();
  site.step(bad, now += milliseconds(250), actions);
  EXPECT_EQ(site.pool(0, now).state, State::kStandby);
  EXPECT_TRUE(has_changed(actions));
}

TEST(Kinds, PoolsOfSeveralKindsLiveInOneSite) {
  auto config = one_pool("single");
  config.pools.push_back(one_pool("failover").pools.front());
  config.pools.back().name = "other";
  Instant now{base::seconds(100)};
  Site site(config, {77, 99, false}, {}, now);
  NodePolled poll;
  poll.read_only = false;
  const std::vector<Event> events = {poll};
  std::vector<Action> actions;
  site.step(events, now, actions);
  EXPECT_EQ(site.pool(0, now).state, State::kActive);
  EXPECT_FALSE(site.pool(0, now).arbitrated);
  EXPECT_EQ(site.pool(1, now).state, State::kInit);  // its nodes are to be confirmed closed first
  EXPECT_TRUE(site.pool(1, now).arbitrated);
  for (const auto& action : actions) {
    const auto* closing = std::get_if<AssertReadOnly>(&action);
    EXPECT_TRUE(closing == nullptr || closing->pool == 1) << "a watched node was to be closed";
  }
}

TEST(Kinds, AnOrderForTheWholeSiteWakesEveryPool) {
  auto config = one_pool("single");
  for (const auto* kind : {"failover", "multi_writer"}) {
    config.pools.push_back(one_pool(kind).pools.front());
    config.pools.back().name = kind;
  }
  const Instant now{base::seconds(100)};
  Site site(config, {77, 99, false}, {}, now);
  std::vector<Action> actions;
  site.step({}, now, actions);
  actions.clear();
  const std::vector<Event> order = {ModeSet{5, Mode::kManual, "ann", "work"}};
  site.step(order, now, actions);  // no time has passed: none would be awake for that
  std::vector<std::string> told;
  for (const auto& action : actions) {
    if (const auto* line = std::get_if<Journal>(&action); line != nullptr && line->id == "pool.command") {
      told.push_back(line->fields.front().second);
    }
  }
  EXPECT_EQ(told, (std::vector<std::string>{"main", "failover", "multi_writer"}));
  EXPECT_EQ(site.mode(), Mode::kManual);
}

TEST(Kinds, APassiveSiteMayHaveNodesThatAreOnlyWatchedAndWrite) {
  auto config = one_pool("single");
  Instant now{base::seconds(100)};
  Site site(config, {77, 99, false}, {}, now);
  NodePolled poll;
  poll.read_only = false;
  std::vector<Action> actions;
  const std::vector<Event> events = {poll, ModeSet{5, Mode::kPassive, "ann", "work"}};
  site.step(events, now, actions);
  EXPECT_EQ(site.pool(0, now).state, State::kActive);
  EXPECT_EQ(site.mode(), Mode::kPassive);
}

}  // namespace core::testing
