#include "conf/timeline.h"

#include <gmock/gmock.h>

#include "files.h"

namespace conf {
namespace {

using testing::HasSubstr;

Timeline good(std::string_view text) {
  const auto loaded = load_timeline_text(text, "t.yaml");
  EXPECT_EQ(test::lines(loaded.faults), "");
  return loaded.value;
}
std::string faults(std::string_view text) { return test::lines(load_timeline_text(text, "t.yaml").faults); }

TEST(Timeline, ReadsClaimsSilenceAndMonitors) {
  const Timeline out = good(R"(timeline:
  - {at: 0s, site1/main: {state: ACTIVE, epoch: 3, lease: 10s, readers: 2}, site2/main: {state: STANDBY}}
  - {at: 12s, site1: silent}
  - at: 12500ms
    monitor web@192.0.2.1: down
    monitor both: up
    monitor web@a: unknown
)");
  ASSERT_EQ(out.steps.size(), 6U);
  EXPECT_EQ(out.steps[0].site, "site1");
  EXPECT_EQ(out.steps[0].pool, "main");
  EXPECT_EQ(out.steps[0].claim->state, ecv::PoolState::kActive);
  EXPECT_EQ(out.steps[0].claim->epoch, 3U);
  EXPECT_EQ(out.steps[0].claim->lease, base::seconds(10));
  EXPECT_EQ(out.steps[0].claim->readers, 2U);
  EXPECT_EQ(out.steps[1].claim->state, ecv::PoolState::kStandby);
  EXPECT_EQ(out.steps[2].at, base::seconds(12));
  EXPECT_EQ(out.steps[2].pool, "");
  EXPECT_FALSE(out.steps[2].claim);
  EXPECT_EQ(out.steps[3].monitor, "web");
  EXPECT_EQ(out.steps[3].where, "192.0.2.1");
  EXPECT_EQ(out.steps[3].health, TimelineHealth::kDown);
  EXPECT_EQ(out.steps[4].where, "");
  EXPECT_EQ(out.steps[4].health, TimelineHealth::kUp);
  EXPECT_EQ(out.until, base::milliseconds(72'500)) << "a minute more";
  EXPECT_EQ(good("timeline: []\nuntil: 5m\n").until, base::seconds(300));
}

TEST(Timeline, ReadsOrdersOfOperators) {
  const Timeline out = good(R"(timeline:
  - {at: 1s, drain site2: on, drain site1/main@db.example.com: break_glass}
  - {at: 2s, drain site2: off, pin www.example.com: a, monitor web: disabled}
  - {at: 3s, pin www.example.com: off}
)");
  ASSERT_EQ(out.steps.size(), 6U);
  const auto is = [&](std::size_t i, bool pin, const char* what, const char* wideip, bool ends, bool break_glass) {
    const auto& order = out.steps[i].order;
    ASSERT_TRUE(order);
    EXPECT_EQ(order->pin, pin) << i;
    EXPECT_EQ(order->what, what) << i;
    EXPECT_EQ(order->wideip, wideip) << i;
    EXPECT_EQ(order->ends, ends) << i;
    EXPECT_EQ(order->break_glass, break_glass) << i;
  };
  is(0, false, "site2", "", false, false);
  is(1, false, "site1/main", "db.example.com", false, true);
  is(2, false, "site2", "", true, false);
  is(3, true, "a", "www.example.com", false, false);
  EXPECT_EQ(out.steps[4].health, TimelineHealth::kDisabled);
  is(5, true, "", "www.example.com", true, false);
  EXPECT_THAT(faults("timeline: [{at: 5s, drain site1: yes}]\n"),
              HasSubstr("t.yaml:1:34: drain site1: expected on, off"));
  EXPECT_THAT(faults("timeline: [{at: 5s, pin a: [b]}]\n"), HasSubstr("pin a: expected a member, or off"));
}

TEST(Timeline, EveryFaultIsToldWithItsPlace) {
  EXPECT_THAT(faults("timeline:\n  - {at: 5s, site1: silent}\n  - {at: 4s, site1: silent}\n"),
              HasSubstr("t.yaml:3:10: at: it lies before the step above"));
  EXPECT_THAT(faults("timeline:\n  - {site1: silent}\n"), HasSubstr("t.yaml:2:5: a step without `at`"));
  EXPECT_THAT(faults("timeline: [{at: 5, site1: silent}]\n"), HasSubstr("t.yaml:1:17: at: "));
  EXPECT_THAT(faults("timeline: [{at: 5s, site1: quiet}]\n"), HasSubstr("expected `silent`, or {state:"));
  EXPECT_THAT(faults("timeline: [{at: 5s, site1: {state: GOOD}}]\n"), HasSubstr("state: expected a state of a pool"));
  EXPECT_THAT(faults("timeline: [{at: 5s, site1: {epoch: 1}}]\n"), HasSubstr("a claim without `state`"));
  EXPECT_THAT(faults("timeline: [{at: 5s, site1: {state: ACTIVE, epoch: -1}}]\n"), HasSubstr("epoch: allowed: 0 to"));
  EXPECT_THAT(faults("timeline: [{at: 5s, site1: {state: ACTIVE, epoc: 1}}]\n"), HasSubstr("did you mean \"epoch\"?"));
  EXPECT_THAT(faults("timeline: [{at: 5s, monitor web@a: ill}]\n"),
              HasSubstr("expected up, down, disabled or unknown"));
  EXPECT_THAT(faults("timeline: [{at: 5s, site1: silent}]\nuntil: 1s\n"),
              HasSubstr("until: it lies before the last step"));
  EXPECT_THAT(faults("timelin: []\n"), HasSubstr("no timeline; expected: timeline:"));
  EXPECT_THAT(faults("timeline: []\nend: 1s\n"), HasSubstr("unknown key \"end\"; allowed here: timeline, until"));
  EXPECT_THAT(faults("[1, 2]\n"), HasSubstr("no timeline"));
  EXPECT_THAT(faults("timeline: 7\n"), HasSubstr("expected a list of steps"));
  EXPECT_NE(faults("timeline: [\n"), "");
  EXPECT_NE(faults("timeline: [7, {at: 1s, x: [1]}]\n"), "");
}

TEST(Timeline, AFileThatIsNotThereIsAFault) {
  const auto loaded = load_timeline("/nonexistent.yaml");
  ASSERT_EQ(loaded.faults.size(), 1U);
  EXPECT_EQ(loaded.faults[0].mark.file, "/nonexistent.yaml");
}

}  // namespace
}  // namespace conf
