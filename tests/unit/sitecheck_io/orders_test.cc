#include "sitecheck/io/orders.h"

#include <gtest/gtest.h>

namespace sitecheck {

TEST(Orders, ComeBackAsTheyWereWritten) {
  Orders o;
  o.mode = core::Mode::kManual;
  o.downtimes.set({"main", "db1", base::WallTime(base::seconds(1'800'000'000)), "ann", "a \"disk\"\n"});
  o.placed.push_back({"main", "reader", "192.0.2.21", "db2", ""});
  o.placed.push_back({"main", "writer", "", "", "db1"});
  o.placed[0].kind = "balanced";
  o.placed[0].host = "192.0.2.1";
  o.placed[0].port = 3307;
  o.placed[0].on_demote = {"/usr/lib/wideip/floating-ip", "eth0"};
  o.placed[0].hook_timeout = base::seconds(3);
  o.placed[0].owed = true;
  const auto back = decode_orders(encode(o));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->mode, core::Mode::kManual);
  ASSERT_EQ(back->downtimes.all().size(), 1U);
  EXPECT_EQ(back->downtimes.all()[0].until, o.downtimes.all()[0].until);
  EXPECT_EQ(back->downtimes.all()[0].reason, "a \"disk\"\n");
  ASSERT_EQ(back->placed.size(), 2U);
  EXPECT_EQ(back->placed[0].node, "db2");
  EXPECT_EQ(back->placed[1].pinned, "db1");
  EXPECT_EQ(back->placed[0].on_demote, o.placed[0].on_demote);
  EXPECT_EQ(back->placed[0].host, "192.0.2.1");
  EXPECT_EQ(back->placed[0].port, 3307);
  EXPECT_TRUE(back->placed[0].owed);
  EXPECT_FALSE(back->placed[1].owed);
  EXPECT_EQ(back->placed[0].hook_timeout, base::seconds(3));
}

TEST(Orders, OfAnOlderVersionHaveNoHooks) {
  const auto back = decode_orders(
      R"({"mode":"active","downtimes":[],"placed":[{"pool":"a","role":"r","address":"","node":"b","pinned":""}]})");
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->placed[0].on_demote.empty());
}

TEST(Orders, WhatIsNotWholeIsNotTaken) {
  const std::string good = encode(Orders{});
  ASSERT_TRUE(decode_orders(good));
  for (
      const auto* bad :
      {"", "[]", "{}", R"({"mode":"Active","downtimes":[],"placed":[]})", R"({"mode":"active","downtimes":[]})",
       R"({"mode":"active","downtimes":[7],"placed":[]})", R"({"mode":"active","downtimes":[],"placed":[{}]})",
       R"({"mode":"active","downtimes":[{"pool":"a","node":"b","until_ms":-1,"who":"","reason":""}],"placed":[]})",
       R"({"mode":"active","downtimes":[{"pool":"a","node":"b","until_ms":1e300,"who":"","reason":""}],"placed":[]})",
       R"({"mode":"active","downtimes":[],"placed":[{"pool":"a","role":"r","address":"","node":"b","pinned":"","hook":7}]})",
       R"({"mode":"active","downtimes":[],"placed":[{"pool":"a","role":"r","address":"","node":"b","pinned":"","hook":{"kind":"balanced","host":"h","port":70000,"timeout_ms":1,"on_demote":[]}}]})",
       R"({"mode":"active","downtimes":[],"placed":[{"pool":"a","role":"r","address":"","node":"b","pinned":"","hook":{"kind":"balanced","host":"h","port":1,"timeout_ms":1,"on_demote":[1]}}]})"}) {
    EXPECT_FALSE(decode_orders(bad)) << bad;
  }
}

}  // namespace sitecheck
