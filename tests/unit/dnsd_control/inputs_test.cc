#include "dnsd/control/inputs.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace control::test {
namespace {

using Json = nlohmann::ordered_json;

base::Instant at(std::int64_t us) { return base::Instant(base::Duration(us)); }

decide::Claim claim() {
  decide::Claim out;
  out.asked = at(1'000'001);
  out.heard = at(1'000'777);
  out.state = ecv::PoolState::kActive;
  out.epoch = ecv::Epoch::make(7, 2);
  out.lease = base::milliseconds(1999);
  out.readers = 3;
  return out;
}

TEST(Inputs, AClaimComesBackAsItWas) {
  for (const bool revisions : {false, true}) {
    MemberInput input{{"site1", "main"}, claim(), true};
    input.claim->revisions = revisions;
    const auto read = read_member_input(to_json(input));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, input.id);
    EXPECT_EQ(read->claim, input.claim);
    EXPECT_TRUE(read->failing);
  }
  const auto silent = read_member_input(to_json(MemberInput{{"site1", "main"}, {}, false}));
  ASSERT_TRUE(silent);
  EXPECT_FALSE(silent->claim);
}

TEST(Inputs, WhatAMonitorFoundComesBackAsItWas) {
  for (const auto value : {decide::Health::Value::kUnknown, decide::Health::Value::kUp, decide::Health::Value::kDown}) {
    const ProbeInput input{{"web", *base::IpAddress::parse("2001:db8::1")}, {value, at(5), "404", true}};
    const auto read = read_probe_input(to_json(input));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->watch, input.watch);
    EXPECT_EQ(read->health, input.health);
  }
  const decide::Health asks{decide::Health::Value::kDown, at(5), "disabled", false, true};
  EXPECT_EQ(read_probe_input(to_json(ProbeInput{{"web", {}}, asks}))->health, asks);
  const auto placeless = read_probe_input(to_json(ProbeInput{{"both", {}}, {}}));
  ASSERT_TRUE(placeless);
  EXPECT_FALSE(placeless->watch.address);
}

TEST(Inputs, AllThatADecisionSawOfAMemberComesBackAsItWas) {
  decide::Observation seen{claim(), true, {{decide::Health::Value::kDown, at(5), "404", false}}};
  for (const auto order : {&decide::Observation::drained, &decide::Observation::pinned, &decide::Observation::forced}) {
    seen.drained = seen.pinned = seen.forced = false;
    seen.*order = true;
    const auto read = read_observation(to_json(seen));
    EXPECT_EQ(read.claim, seen.claim);
    EXPECT_EQ(read.failing, seen.failing);
    EXPECT_EQ(read.health, seen.health);
    EXPECT_EQ(read.drained, seen.drained);
    EXPECT_EQ(read.pinned, seen.pinned);
    EXPECT_EQ(read.forced, seen.forced);
  }
}

TEST(Inputs, AMemoryComesBackAsItWas) {
  decide::Memory memory;
  EXPECT_EQ(read_memory(to_json(memory)), memory);
  memory.durable.highest = ecv::Epoch::make(9, 1);
  memory.durable.answered = decide::Answered{{{"site1", "main"}, {"", "a"}}, ecv::Epoch::make(8, 1)};
  memory.held_since = at(1);
  memory.flipped_at = at(2);
  memory.troubled_at = at(3);
  memory.given = {{{"", "a"}, true, false}, {{"", "b"}, false, true}};
  EXPECT_EQ(read_memory(to_json(memory)), memory);
}

TEST(Inputs, AnyJsonIsRead) {
  for (const char* text :
       {"null", "[]", "{}", R"({"site":1,"pool":[],"epoch":-1,"state":"NONSENSE"})",
        R"({"monitor":"m","address":"nonsense"})", R"({"answered":{"members":[1,[1],["a","b","c"]]}})"}) {
    const Json json = Json::parse(text);
    EXPECT_FALSE(read_probe_input(json)) << text;
    const auto member = read_member_input(json);
    EXPECT_FALSE(member && member->claim) << text;
    EXPECT_EQ(read_memory(json).durable.highest.value, 0U) << text;
  }
}

TEST(Inputs, WhatIsToldIsObserved) {
  HealthTable health;
  health.configure(told_targets({{{"site1", "main"}, {"http://192.0.2.1", "http://192.0.2.2"}}}));
  const decide::MemberId id{"site1", "main"};
  EXPECT_TRUE(tell(health, {id, claim(), false}).changed);
  EXPECT_EQ(health.find(id)->observation().claim, claim());
  EXPECT_FALSE(tell(health, {id, claim(), false}).changed) << "the same once more";
  EXPECT_TRUE(tell(health, {id, claim(), true}).changed);
  EXPECT_TRUE(health.find(id)->observation().failing);
  EXPECT_EQ(health.find(id)->observation().claim, claim());
  EXPECT_TRUE(tell(health, {id, claim(), false}).changed);
  EXPECT_FALSE(health.find(id)->observation().failing);
  EXPECT_FALSE(tell(health, {{"site9", "main"}, claim(), false}).changed) << "nobody asks for it";
}

}  // namespace
}  // namespace control::test
