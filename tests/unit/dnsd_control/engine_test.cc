#include "dnsd/control/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "signed_site.h"

namespace control::test {
namespace {

const std::string kUrl = "http://127.0.0.1:1";
const decide::MemberId kOne{"site1", "main"};
const decide::MemberId kTwo{"site2", "main"};

base::IpAddress address(std::uint8_t last) { return base::IpAddress::v4({192, 0, 2, last}); }

decide::WideIp wide(std::string name) {
  decide::WideIp out;
  out.name = std::move(name);
  out.on_none = {base::seconds(300), decide::Then::kServfail, {}};
  out.members = {{kOne, {address(11)}}, {kTwo, {address(12)}}};
  return out;
}

// An engine over a health table that is told things, with a disk that may fail and a record of what happened in order.
struct Bench : ::testing::Test {
  HealthTable health;
  std::vector<std::string> happened;
  bool disk_works = true;
  std::vector<snapshot::DynamicAnswer> served;
  Engine engine{health,
                Ledger{},
                {[this](const Ledger&, const Ledger::Change&) -> base::Result<void> {
                   if (!disk_works) return base::fail("disk full");
                   happened.emplace_back("persist");
                   return {};
                 },
                 [this](std::size_t index, const snapshot::DynamicAnswer& answer) {
                   happened.push_back("publish " + std::to_string(index));
                   if (served.size() <= index) served.resize(index + 1);
                   served[index] = answer;
                 },
                 [this](const Standing& s, const auto&) { happened.push_back("decided " + s.config.name); }}};
  std::int64_t ms = 0;
  std::uint64_t seq = 0;

  Bench() {
    health.configure({{kOne, {kUrl}}, {kTwo, {kUrl}}});
    engine.configure({wide("a")});
    engine.decide_all(now());
    happened.clear();
  }
  [[nodiscard]] Now now() const {
    return {base::Instant{base::milliseconds(1'000'000 + ms)}, base::WallTime{base::seconds(1'700'000'000)}};
  }
  void hear(const decide::MemberId& id, ecv::PoolState state, std::uint64_t counter = 0) {
    const std::uint8_t site = id == kOne ? 1 : 2;
    ecv::Report report = report_of(id.site, state, ecv::Epoch::make(counter, site), 2000);
    report.seq = ++seq;
    const Effect effect = health.report(id, kUrl, report, now().boot, now().boot);
    engine.member_heard(id, effect.changed, now());
  }
  void active(const decide::MemberId& id, std::uint64_t counter) { hear(id, ecv::PoolState::kActive, counter); }
  void pass(std::int64_t by_ms) {
    ms += by_ms;
    engine.tick(now());
  }
};

TEST_F(Bench, WritesTheLedgerBeforeItPublishes) {
  active(kOne, 3);
  EXPECT_EQ(happened, (std::vector<std::string>{"persist", "publish 0", "decided a"}));
  EXPECT_EQ(served[0].addresses, std::vector{address(11)});
  EXPECT_EQ(served[0].ttl_s, 5U);
  EXPECT_FALSE(served[0].ede.has_value());
}

TEST_F(Bench, ARenewalDoesNothingAtAll) {
  active(kOne, 3);
  happened.clear();
  const auto decisions = engine.counters().decisions;
  for (int i = 0; i < 10; ++i) {
    ms += 50;
    active(kOne, 3);
  }
  EXPECT_TRUE(happened.empty());
  EXPECT_EQ(engine.counters().decisions, decisions);
}

TEST_F(Bench, DoesNotRepublishEachSecondWhileAnAnswerIsHeld) {
  active(kOne, 3);
  pass(3000);
  happened.clear();
  for (int i = 0; i < 60; ++i) pass(1000);
  EXPECT_TRUE(happened.empty());
}

TEST_F(Bench, WhatCannotBeWrittenIsNotPublishedUntilItCan) {
  active(kOne, 3);
  happened.clear();
  disk_works = false;
  hear(kOne, ecv::PoolState::kStandby);
  active(kTwo, 4);
  EXPECT_EQ(served[0].addresses, std::vector{address(11)});
  EXPECT_TRUE(engine.ledger_broken());
  EXPECT_EQ(engine.ledger().highest(kOne).counter(), 3U);
  disk_works = true;
  pass(1000);
  EXPECT_EQ(served[0].addresses, std::vector{address(12)});
  EXPECT_FALSE(engine.ledger_broken());
  EXPECT_EQ(engine.counters().persist_failures, 1U);
}

TEST_F(Bench, OneWriteOfTheLedgerForAllThatOneReportTouches) {
  engine.configure({wide("a"), wide("b"), wide("c")});
  engine.decide_all(now());
  happened.clear();
  active(kOne, 3);
  EXPECT_EQ(std::count(happened.begin(), happened.end(), "persist"), 1);
  EXPECT_EQ(happened.front(), "persist");
  EXPECT_EQ(served.size(), 3U);
}

TEST_F(Bench, NamesThatCannotDifferAreDecidedOnceAndEachAnsweredWithItsOwnAddresses) {
  auto b = wide("b");
  b.members[0].addresses = {address(21)};
  b.members[1].addresses = {address(22), address(23)};
  auto other = wide("other");
  other.ttl_s = 60;
  engine.configure({wide("a"), b, other, wide("c")});
  engine.decide_all(now());
  ASSERT_EQ(engine.standings().size(), 3U);  // "a" was decided before, "b" and "c" are new
  const auto decisions = engine.counters().decisions;
  active(kTwo, 3);
  EXPECT_EQ(engine.counters().decisions, decisions + 3);
  ASSERT_EQ(served.size(), 4U);
  EXPECT_EQ(served[0].addresses, std::vector{address(12)});
  EXPECT_EQ(served[1].addresses, (std::vector{address(22), address(23)}));
  EXPECT_EQ(served[2].ttl_s, 60U);
  EXPECT_EQ(served[3].addresses, std::vector{address(12)});
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(engine.published(i)->addresses, served[i].addresses) << i;
    EXPECT_EQ(engine.answered(engine.names()[i]), served[i].addresses) << i;
    EXPECT_NE(engine.ledger().answer(engine.names()[i].name), nullptr) << i;
  }
}

TEST_F(Bench, ANewNameDoesNotInheritTheAnswerOfThoseWithItsMembers) {
  active(kOne, 3);
  pass(2500);
  engine.configure({wide("a"), wide("new")});
  engine.decide_all(now());
  EXPECT_EQ(served[0].addresses, std::vector{address(11)});
  EXPECT_EQ(served[1].outcome, snapshot::DynamicOutcome::kServfail);
  active(kOne, 3);
  EXPECT_EQ(served[1].addresses, std::vector{address(11)});
}

TEST_F(Bench, AnotherAddressIsAnsweredAfterAReload) {
  engine.configure({wide("a"), wide("b")});
  active(kOne, 3);
  auto moved = wide("b");
  moved.members[0].addresses = {address(99)};
  happened.clear();
  engine.configure({wide("a"), moved});
  engine.decide_all(now());
  EXPECT_EQ(happened, (std::vector<std::string>{"publish 1", "decided b"}));
  EXPECT_EQ(served[1].addresses, std::vector{address(99)});
  EXPECT_EQ(engine.published(0)->addresses, std::vector{address(11)});
}

TEST_F(Bench, MembersWithOneAddressStillFlipTheNamesThatHaveTwo) {
  auto one = wide("one");
  one.members[1].addresses = one.members[0].addresses;
  engine.configure({one, wide("two")});
  engine.decide_all(now());
  active(kOne, 3);
  hear(kOne, ecv::PoolState::kStandby);
  active(kTwo, 4);
  EXPECT_EQ(served[0].addresses, std::vector{address(11)});
  EXPECT_EQ(served[1].addresses, std::vector{address(12)});
}

TEST_F(Bench, DeadlinesComeByThemselves) {
  active(kOne, 3);
  ASSERT_EQ(engine.next(), now().boot + base::milliseconds(625));
  pass(625);
  EXPECT_EQ(served[0].ttl_s, 1U);
  EXPECT_FALSE(served[0].ede.has_value());
  ASSERT_EQ(engine.next(), now().boot + base::milliseconds(1375));
  pass(1375);
  EXPECT_EQ(served[0].ede, 3);
  EXPECT_EQ(served[0].addresses, std::vector{address(11)});
  pass(300'000);
  EXPECT_EQ(served[0].outcome, snapshot::DynamicOutcome::kServfail);
  EXPECT_EQ(served[0].ede, 22);
}

TEST_F(Bench, ARestoredLedgerIsAnsweredBeforeAnybodyWasHeard) {
  active(kTwo, 9);
  const HealthTable nobody;
  Engine restarted{
      nobody,
      Ledger{},
      {[](const Ledger&, const Ledger::Change&) { return base::Result<void>{}; },
       [this](std::size_t, const snapshot::DynamicAnswer& a) { served[0] = a; }, [](const Standing&, const auto&) {}}};
  restarted.restore(*Ledger::decode(engine.ledger().encode()));
  restarted.configure({wide("a")});
  restarted.decide_all(now());
  EXPECT_EQ(served[0].addresses, std::vector{address(12)});
  EXPECT_EQ(served[0].ede, 3);
}

TEST_F(Bench, ReconfiguringKeepsTheMemoryOfUnchangedNames) {
  active(kOne, 3);
  pass(2500);
  ASSERT_EQ(served[0].ede, 3);
  const auto next = engine.next();
  engine.configure({wide("new"), wide("a")});
  engine.decide_all(now());
  EXPECT_EQ(engine.find("a")->decision.reason, decide::Reason::kHeld);
  EXPECT_EQ(engine.next(), next);  // the hold goes on, it does not start anew
  EXPECT_EQ(engine.find("new")->decision.reason, decide::Reason::kNothingHeld);
  EXPECT_EQ(engine.find("gone"), nullptr);
}

TEST_F(Bench, ForgettingIsWrittenBeforeItCounts) {
  active(kOne, 900);
  disk_works = false;
  EXPECT_FALSE(engine.forget("main", now()).has_value());
  EXPECT_EQ(engine.ledger().highest(kOne).counter(), 900U);
  disk_works = true;
  EXPECT_FALSE(*engine.forget("other", now()));
  hear(kOne, ecv::PoolState::kStandby);
  active(kTwo, 1);
  EXPECT_EQ(served[0].addresses, std::vector{address(11)});
  EXPECT_TRUE(*engine.forget("main", now()));
  EXPECT_EQ(served[0].addresses, std::vector{address(12)});
}

// Members of two wide-IPs that have the same address and monitor are one; the same name elsewhere is another.
TEST_F(Bench, WhatAMonitorFindsIsObservedByEveryMemberWithThatAddress) {
  decide::WideIp web = wide("web");
  web.members = {{{"", "a"}, {address(21), address(22)}, "http"}};
  decide::WideIp other = wide("other");
  other.members = {{{"", "a"}, {address(23)}, "http"}};
  web.method = other.method = decide::MethodKind::kRatio;
  engine.configure({web, other});
  engine.probed({"http", address(22)}, {decide::Health::Value::kDown, now().boot, "refused", false}, now());
  const auto seen = engine.observe(web);
  ASSERT_EQ(seen[0].health.size(), 2U);
  EXPECT_EQ(seen[0].health[0].value, decide::Health::Value::kUnknown);
  EXPECT_EQ(seen[0].health[1].text, "refused");
  EXPECT_EQ(engine.observe(other)[0].health[0].value, decide::Health::Value::kUnknown);
  EXPECT_NE(engine.names()[0].standing, engine.names()[1].standing);
  engine.keep_probed({});
  EXPECT_TRUE(engine.probes().empty());
}

// A member that is an alias has no address: its monitor looks at a place of its own.
TEST_F(Bench, AnAliasFollowsItsMonitorAndIsTold) {
  decide::WideIp web = wide("web");
  web.method = decide::MethodKind::kGlobalAvailability;
  web.on_none = {{}, decide::Then::kServfail, {}};
  web.members = {{{"", "cdn"}, {}, "cdn"}, {{"", "last"}, {}, ""}};
  web.members[0].cname = "a.example.net";
  web.members[1].cname = "b.example.net";
  web.pools = {{"", web.method, {0, 1}}};
  engine.configure({web});
  engine.decide_all(now());
  EXPECT_EQ(engine.answer_texts(engine.names()[0]), std::vector<std::string>{"b.example.net."});
  engine.probed({"cdn", std::nullopt}, {decide::Health::Value::kUp, now().boot, "", false}, now());
  EXPECT_EQ(engine.answer_texts(engine.names()[0]), std::vector<std::string>{"a.example.net."});
  EXPECT_EQ(served[0].outcome, snapshot::DynamicOutcome::kAlias);
  EXPECT_EQ(served[0].alias.size(), 15U);
  EXPECT_TRUE(served[0].every_type);
}

// One wide-IP requires another: it follows in the same turn of the loop, however long the chain is.
TEST_F(Bench, AWideIpFollowsTheOneThatItRequires) {
  const auto web = [](std::string name, std::uint8_t host, std::vector<decide::Requirement> required) {
    decide::WideIp out = wide(std::move(name));
    out.method = decide::MethodKind::kRatio;
    out.on_none = {{}, decide::Then::kServfail, {}};
    out.members = {{{"", "a"}, {address(host)}, "http"}};
    out.pools = {{"", out.method, {0}}};
    out.required = std::move(required);
    return out;
  };
  engine.configure(
      {web("top", 21, {{"middle", true}}), web("middle", 22, {{"base", true}}), web("base", 23, {{"db", false}})});
  engine.decide_all(now());
  const auto find = [&](const decide::Watch& watch, decide::Health::Value value) {
    engine.probed(watch, {value, now().boot, "", false}, now());
  };
  for (const auto host : std::initializer_list<std::uint8_t>{21, 22, 23})
    find({"http", address(host)}, decide::Health::Value::kUp);
  EXPECT_EQ(served[0].outcome, snapshot::DynamicOutcome::kServfail);
  find({"db", std::nullopt}, decide::Health::Value::kUp);
  EXPECT_EQ(served[0].addresses, std::vector{address(21)});
  find({"db", std::nullopt}, decide::Health::Value::kDown);
  EXPECT_EQ(served[0].outcome, snapshot::DynamicOutcome::kServfail);
  EXPECT_TRUE(engine.find("top")->decision.unrequired);
}

decide::Orders ordered(std::vector<decide::Override> list, Now now) { return {list, now.boot}; }

TEST_F(Bench, AnOrderDecidesAtOnceWhatItConcerns) {
  active(kOne, 3);
  happened.clear();
  engine.order(ordered({{decide::OrderKind::kDrain, "site1"}}, now()), now());
  EXPECT_EQ(happened, (std::vector<std::string>{"publish 0", "decided a"}));
  EXPECT_EQ(served[0].outcome, snapshot::DynamicOutcome::kServfail);
  happened.clear();
  engine.order(ordered({{decide::OrderKind::kDrain, "site1"}, {decide::OrderKind::kDrain, "site7"}}, now()), now());
  EXPECT_TRUE(happened.empty()) << "who is not touched is not decided";
  engine.order({}, now());
  EXPECT_EQ(served[0].addresses, std::vector{address(11)});
}

// Names that are decided together part when one of them has an order of its own, each with its addresses and memory.
TEST_F(Bench, AnOrderForOneNameLeavesThoseThatAreDecidedAlikeAlone) {
  for (const std::size_t chosen : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    std::vector<decide::WideIp> three{wide("a"), wide("b"), wide("c")};
    for (std::size_t i = 0; i < three.size(); ++i) {
      three[i].members[0].addresses = {address(static_cast<std::uint8_t>(21 + i))};
    }
    engine.set_orders({});
    engine.configure(three);
    engine.decide_all(now());
    active(kOne, 3);
    const auto order = ordered({{decide::OrderKind::kDrain, "site1", three[chosen].name}}, now());
    engine.order(order, now());
    for (std::size_t i = 0; i < three.size(); ++i) {
      if (i == chosen) {
        EXPECT_EQ(served[i].outcome, snapshot::DynamicOutcome::kServfail) << chosen;
      } else {
        EXPECT_EQ(served[i].addresses, three[i].members[0].addresses) << chosen << i;
      }
      EXPECT_EQ(engine.published(i), served[i]) << chosen << i;
    }
    engine.configure(three);  // as a reload does: they stay apart
    engine.decide_all(now());
    EXPECT_EQ(served[chosen].outcome, snapshot::DynamicOutcome::kServfail);
    engine.order({}, now());
    EXPECT_EQ(served[chosen].addresses, three[chosen].members[0].addresses);
    EXPECT_EQ(engine.find(three[chosen].name)->memory.durable.highest.counter(), 3U);
    pass(2100);  // the lease runs out for each of them
    EXPECT_EQ(engine.find(three[chosen].name)->decision.reason, decide::Reason::kHeld);
    EXPECT_EQ(engine.find(three[(chosen + 1) % 3].name)->decision.reason, decide::Reason::kHeld);
  }
}

TEST_F(Bench, OrdersAreKeptByAReconfiguration) {
  active(kOne, 3);
  engine.order(ordered({{decide::OrderKind::kPin, "site1", "a"}}, now()), now());
  engine.configure({wide("a"), wide("b")});
  engine.decide_all(now());
  active(kTwo, 4);
  EXPECT_EQ(served[0].outcome, snapshot::DynamicOutcome::kServfail);
  EXPECT_EQ(served[1].addresses, std::vector{address(12)});
}

}  // namespace
}  // namespace control::test
