// What a relay log holds that was not applied, from rows as MariaDB 10.11 shows them.
#include "sitecheck/io/relay_scan.h"

#include <gtest/gtest.h>

namespace sitecheck {
namespace {

void transaction(RelayScan& scan, std::uint64_t pos, const std::string& gtid) {
  scan.event(pos, "Gtid", "BEGIN GTID " + gtid + " cid=4");
  scan.event(pos + 10, "Table_map", "table_id: 31 (shop.orders)");
  scan.event(pos + 20, "Write_rows_v1", "table_id: 31 flags: STMT_END_F");
  scan.event(pos + 30, "Xid", "COMMIT /* xid=9 */");
}

TEST(RelayScan, BeginsAtTheFirstWholeTransactionThatIsNotApplied) {
  RelayScan scan("1-1-5,2-9-9", "relay.000003");
  transaction(scan, 100, "1-1-5");
  transaction(scan, 200, "2-9-9");
  transaction(scan, 300, "1-1-6");
  transaction(scan, 400, "1-1-7");
  ASSERT_TRUE(scan.first());
  EXPECT_EQ(scan.first()->file, "relay.000003");
  EXPECT_EQ(scan.first()->pos, 300U);
  EXPECT_EQ(scan.last(), "1-1-7,2-9-9");
}

TEST(RelayScan, AllAppliedOrCutOffMidwayIsNothingToApply) {
  RelayScan scan("1-1-5", "relay.000003");
  transaction(scan, 100, "1-1-5");
  scan.event(200, "Gtid", "BEGIN GTID 1-1-6");
  scan.event(210, "Write_rows_v1", "");
  EXPECT_FALSE(scan.first());
  EXPECT_EQ(scan.last(), "1-1-5");
}

TEST(RelayScan, AStatementByItselfEndsItsTransactionAndEventsReadTwiceDoNoHarm) {
  RelayScan scan("", "relay.000003");
  scan.event(100, "Gtid", "GTID 1-1-1");
  scan.event(120, "Query", "CREATE TABLE t (a INT)");
  scan.event(120, "Query", "CREATE TABLE t (a INT)");
  EXPECT_EQ(scan.first()->pos, 100U);
  EXPECT_EQ(scan.last(), "1-1-1");
}

TEST(RelayScan, GoesOnInTheNextFile) {
  RelayScan scan("", "host-relay-bin.000999");
  EXPECT_TRUE(scan.next_file());
  EXPECT_EQ(scan.file(), "host-relay-bin.001000");
  RelayScan odd("", "relay");
  EXPECT_FALSE(odd.next_file());
}

}  // namespace
}  // namespace sitecheck
