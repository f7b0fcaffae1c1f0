#include "sitecheck/core/record.h"

#include <gtest/gtest.h>

namespace core::testing {

TEST(Record, ComesBackAsItWas) {
  Record r;
  r.max_epoch = ecv::Epoch::make(12, 2);
  r.own_epoch = ecv::Epoch::make(11, 1);
  r.quarantined = r.peer_differs = true;
  const auto back = decode_record(encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, r);
}

// Of a record without it, and of a version that wrote none.
TEST(Record, ALostServiceIsKnownOnlyWhereItStands) {
  Record r;
  EXPECT_FALSE(decode_record(encode(r))->service_lost);
  const auto plain = encode(r);
  r.service_lost = true;
  EXPECT_EQ(*decode_record(encode(r)), r);
  EXPECT_FALSE(decode_record(plain + "service_lost 2\n"));
  EXPECT_FALSE(decode_record(plain + "service_lost 1"));
  EXPECT_FALSE(decode_record(encode(r) + encode(r)));
}

TEST(Record, KeepsThePreferredWriterWhereThereIsOne) {
  Record r;
  r.writer = "db-2";
  const auto back = decode_record(encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->writer, "db-2");
  EXPECT_EQ(encode(Record{}).find("writer"), std::string::npos);  // what older versions read
  EXPECT_FALSE(decode_record(encode(r) + "writer db-3\n"));
  r.service_lost = true;
  EXPECT_EQ(*decode_record(encode(r)), r);
}

TEST(Record, KeepsWhichNodesAreOffline) {
  Record r;
  r.writer = "db1";
  r.set_offline("db2", true);
  r.set_offline("db3", true);
  r.set_offline("db2", true);
  const auto back = decode_record(encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, r);
  EXPECT_TRUE(back->is_offline("db2", true));
  EXPECT_FALSE(back->is_offline("db1", true));
  r.set_offline("db2", false);
  EXPECT_FALSE(r.is_offline("db2", true));
  EXPECT_EQ(encode(Record{}).find("offline"), std::string::npos);  // what older versions read
  Record of_older;                                                 // all of this site's, by name none
  of_older.maint = true;
  EXPECT_TRUE(of_older.is_offline("db1", true));
  EXPECT_FALSE(of_older.is_offline("far", false));
}

TEST(Record, RefusesEveryOtherText) {
  const auto good = encode(Record{});
  for (std::size_t cut = 0; cut + 1 < good.size(); ++cut) EXPECT_FALSE(decode_record(good.substr(0, cut))) << cut;
  EXPECT_FALSE(decode_record(good + "x"));
  EXPECT_FALSE(decode_record("wideip-pool 2\n" + good.substr(good.find('\n') + 1)));
  auto flag = good;
  flag.replace(flag.find("maint 0"), 7, "maint 2");
  EXPECT_FALSE(decode_record(flag));
  auto negative = good;
  negative.replace(negative.find("max_epoch 0"), 11, "max_epoch -1");
  EXPECT_FALSE(decode_record(negative));
}

TEST(Record, RefusesAnOwnEpochAboveTheHighest) {
  Record r;
  r.own_epoch = ecv::Epoch::make(3, 1);
  EXPECT_FALSE(decode_record(encode(r)));
}

}  // namespace core::testing
