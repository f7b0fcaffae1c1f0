#include "dnsd/control/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dnsd/control/override_file.h"
#include "dnsd/control/override_request.h"
#include "temp_folder.h"

namespace control::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

Now now(std::int64_t boot_s = 1000, std::int64_t wall_s = 1'800'000'000) {
  return {base::Instant(base::seconds(boot_s)), base::WallTime(base::seconds(wall_s))};
}

Order drain(std::string what, std::optional<std::int64_t> for_s = 60) {
  Order out;
  out.what.what = std::move(what);
  out.user = "alice";
  out.reason = "new \"disks\"";
  out.given = now().wall;
  if (!for_s) return out;
  out.what.until = now().boot + base::seconds(*for_s);
  out.until = now().wall + base::seconds(*for_s);
  return out;
}
Order pin(std::string wideip, std::string what) {
  Order out = drain(std::move(what));
  out.what.kind = decide::OrderKind::kPin;
  out.what.wideip = std::move(wideip);
  out.what.break_glass = true;
  return out;
}

TEST(Overrides, ComeBackAsTheyWere) {
  const OrderList list{drain("site1"), drain("site2/main", std::nullopt), pin("www.example.com", "a")};
  const auto read = decode_orders(encode(list, "boot"), "boot", now());
  EXPECT_THAT(read.faults, ElementsAre());
  EXPECT_EQ(read.orders, list);
}

// Within a boot nobody can set the clock that counts; after one only the wall clock knows.
TEST(Overrides, TheWallClockCountsOnlyAfterAReboot) {
  const std::string text = encode({drain("site1", 600)}, "boot");
  const Now jumped = now(1100, 1'900'000'000);
  EXPECT_EQ(decode_orders(text, "boot", jumped).orders.at(0).what.until, now().boot + base::seconds(600));
  const Now rebooted = now(5, 1'800'000'100);
  EXPECT_EQ(decode_orders(text, "another", rebooted).orders.at(0).what.until, base::Instant(base::seconds(505)));
}

TEST(Overrides, OneThatCannotBeReadIsToldAndTheOthersStay) {
  Json text = Json::parse(encode({drain("site1"), drain("site2"), drain("site3")}, "boot"));
  text["orders"][1].erase("until_us");
  const auto read = decode_orders(text.dump(), "boot", now());
  ASSERT_EQ(read.orders.size(), 2U);
  EXPECT_EQ(read.orders[1].what.what, "site3");
  EXPECT_THAT(read.faults, ElementsAre("order 2: no end, nor that it has none"));
}

TEST(Overrides, AnyTextIsReadWithoutHarm) {
  for (const char* text : {"", "[]", "{}", "{\"orders\":7}", "{\"v\":1,\"orders\":[1,null,{}]}", "\xff\xfe"}) {
    const auto read = decode_orders(text, "boot", now());
    EXPECT_TRUE(read.orders.empty());
    EXPECT_FALSE(read.faults.empty()) << text;
  }
  EXPECT_THAT(decode_orders("{\"v\":2,\"orders\":[]}", "boot", now()).faults,
              ElementsAre("format 2; this version reads 1"));
}

TEST(Overrides, TheFirstToEndIsNamed) {
  EXPECT_FALSE(next_expiry({drain("a", std::nullopt)}));
  EXPECT_EQ(next_expiry({drain("a", 90), drain("b", 30), drain("c", std::nullopt)}), now().boot + base::seconds(30));
}

TEST(OverrideFile, KeepsOrdersOverARestart) {
  const TempFolder folder;
  const OrderList list{drain("site1", 6000)};
  EXPECT_TRUE(OverrideFile(folder.path() / "overrides").load(now()).empty());
  ASSERT_TRUE(OverrideFile(folder.path() / "overrides").store(list));
  EXPECT_EQ(OverrideFile(folder.path() / "overrides").load(now()), list);
}

TEST(OverrideFile, AGarbledFileIsKeptAsideAndWhatIsBeforeItIsInForce) {
  const TempFolder folder;
  OverrideFile file(folder.path() / "overrides");
  ASSERT_TRUE(file.store({drain("site1", 6000)}));
  ASSERT_TRUE(file.store({drain("site1", 6000), drain("site2", 6000)}));
  folder.write("overrides.1", "garbage");
  const auto loaded = OverrideFile(folder.path() / "overrides").load(now());
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].what.what, "site1");
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "overrides.1.bad"));
  folder.write("overrides.0", "garbage");
  EXPECT_TRUE(OverrideFile(folder.path() / "overrides").load(now()).empty());
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "overrides.0.bad"));
}

// What is asked.

base::Result<OrderRequest> asked(decide::OrderKind kind, Json args, const std::string& reason = "why") {
  return read_order_request(kind, args, "alice", reason, now());
}
std::string fault(decide::OrderKind kind, Json args, const std::string& reason = "why") {
  const auto got = asked(kind, std::move(args), reason);
  return got ? "" : got.error().message;
}
constexpr auto kDrain = decide::OrderKind::kDrain;
constexpr auto kPin = decide::OrderKind::kPin;

TEST(OverrideRequest, ADrainLastsAnHourUnlessItSaysOtherwise) {
  EXPECT_EQ(asked(kDrain, {{"what", "site1"}})->order.what.until, now().boot + std::chrono::hours(1));
  EXPECT_EQ(asked(kDrain, {{"what", "site1"}, {"for", "90s"}})->order.what.until, now().boot + base::seconds(90));
  const auto forever = asked(kDrain, {{"what", "site1"}, {"for", "forever"}, {"wideip", "WWW.example.com."}});
  EXPECT_FALSE(forever->order.what.until);
  EXPECT_EQ(forever->order.what.wideip, "www.example.com");
  EXPECT_EQ(forever->order.user, "alice");
}

TEST(OverrideRequest, UntilIsATimeToCome) {
  const auto at =
      asked(kPin, {{"what", "a"}, {"wideip", "w"}, {"until", base::format_utc(now().wall + base::seconds(5))}});
  ASSERT_TRUE(at) << at.error().message;
  EXPECT_EQ(at->order.what.until, now().boot + base::seconds(5));
  EXPECT_THAT(fault(kDrain, {{"what", "a"}, {"until", "2020-01-01T00:00:00Z"}}), HasSubstr("is over"));
  EXPECT_THAT(fault(kDrain, {{"what", "a"}, {"until", "tomorrow"}}), HasSubstr("2026-11-23T03:00:00Z"));
  EXPECT_THAT(fault(kDrain, {{"what", "a"}, {"until", "2030-01-01T00:00:00Z"}, {"for", "1h"}}),
              HasSubstr("one of them"));
}

TEST(OverrideRequest, TellsWhatIsMissingOrTooMuch) {
  EXPECT_EQ(fault(kDrain, {{"what", "site1"}}, ""), "drain: --reason is needed");
  EXPECT_THAT(fault(kDrain, {{"what", "site1"}}, "two\nlines"), HasSubstr("one line"));
  EXPECT_THAT(fault(kDrain, Json::object()), HasSubstr("nobody given"));
  EXPECT_THAT(fault(kPin, {{"what", "a"}}), HasSubstr("no wide-IP given"));
  EXPECT_THAT(fault(kPin, {{"what", "a"}, {"wideip", "w"}}), HasSubstr("a pin needs an end"));
  EXPECT_THAT(fault(kPin, {{"what", "a"}, {"wideip", "w"}, {"for", "forever"}}), HasSubstr("cannot be forever"));
  EXPECT_THAT(fault(kPin, {{"what", "a"}, {"wideip", "w"}, {"for", "soon"}}), HasSubstr("found \"soon\""));
  EXPECT_THAT(fault(kDrain, {{"what", "a"}, {"for", "31d"}}), HasSubstr("allowed: 1s to 30d"));
  EXPECT_THAT(fault(kDrain, {{"what", "a"}, {"for", "10ms"}}), HasSubstr("allowed: 1s to 30d"));
  const Json forced{{"what", "a"}, {"wideip", "w"}, {"for", "25h"}, {"break_glass", true}};
  EXPECT_THAT(fault(kPin, forced), HasSubstr("allowed: 1s to 1d, with --break-glass"));
  EXPECT_THAT(fault(kDrain, Json::array()), HasSubstr("nobody given"));
}

TEST(OverrideRequest, ReadsTimesOfRfc3339AndNothingElse) {
  const auto seconds = [](const std::string& text) {
    const auto at = parse_time(text);
    return at ? std::chrono::duration_cast<base::seconds>(at->time_since_epoch()).count() : -1;
  };
  EXPECT_EQ(seconds("2026-11-23T03:00:00Z"), 1'795'402'800);
  EXPECT_EQ(seconds("2026-11-23T03:00:00.999Z"), 1'795'402'800);
  EXPECT_EQ(seconds("2026-11-23T04:30:00+01:30"), 1'795'402'800);
  EXPECT_EQ(seconds("2026-11-22T22:00:00-05:00"), 1'795'402'800);
  for (const char* bad : {"", "2026-11-23", "2026-11-23T03:00:00", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z",
                          "2026-11-23T03:00:00.Z", "2026-11-23T03:00:00ZZ", "2026-11-23T03:00:00+1:00",
                          " 026-11-23T03:00:00Z", "2026-11-23T-1:00:00Z", "2026-11-23X03:00:00Z"}) {
    EXPECT_EQ(seconds(bad), -1) << bad;
  }
}

}  // namespace
}  // namespace control::test
