#include "sitecheck/cli/render.h"

#include <gmock/gmock.h>

#include "sample_status.h"
#include "tests/support/json_schema.h"

namespace sitecheck::cli {
namespace {

using test::kStatus;
using testing::HasSubstr;

TEST(Samples, FitTheSchema) { json_schema::expect_valid("sitecheck-status", test::kStatus); }

// Spec.md section 3: columns T(1) Server Name(30) req(3) Time of Last Request(20) Status(7) State(17) and the message,
// two spaces between; a line for the pool; nodes in priority order; under each local node its checkpoints.
TEST(Table, IsTheClassicOne) {
  EXPECT_EQ(
      render_table(kStatus),
      R"(T  Server Name                     req  Time of Last Request  Status   State              Last Status Message
*  [ main ] status=OK
P  db1                             0    2026-11-22 02:21:47   OK       ACTIVE
  C  OK                            0    2026-11-22 02:21:46   isp
  C  FAIL                          3    2026-11-22 02:21:45   office
S  site2-db                        1    2026-11-22 02:21:47   OK_INFO  AWAITING_RECOVERY  1 failed poll: timed out
)");
}

TEST(Table, WidensForWhatIsLonger) {
  const std::string data = R"({"site":"a","checkpoints":{"items":[]},"pools":[{"name":"p","status":"FAIL","nodes":[
    {"name":"a-node-whose-name-is-longer-than-thirty","site":"a","role":"P","priority":1,"state":"STANDBY",
     "status":"OK_CRITICAL","req":1234,"time":"2026-11-22 02:21:47","message":"m"}]}]})";
  EXPECT_EQ(
      render_table(data),
      "T  Server Name                              req   Time of Last Request  Status       State              Last "
      "Status Message\n"
      "*  [ p ] status=FAIL\n"
      "P  a-node-whose-name-is-longer-than-thirty  1234  2026-11-22 02:21:47   OK_CRITICAL  STANDBY            m\n");
}

TEST(Table, StandsInPriorityOrder) {
  const std::string data = R"({"pools":[{"name":"p","status":"OK","nodes":[{"name":"second","priority":2,"role":"S"},
    {"name":"first","priority":1,"role":"P"}]}]})";
  const std::string table = render_table(data);
  EXPECT_LT(table.find("first"), table.find("second"));
}

TEST(Status, TellsWhatTheTableHasNoColumnFor) {
  const std::string text = render_status(kStatus);
  EXPECT_THAT(text, testing::StartsWith(render_table(kStatus)));
  EXPECT_THAT(
      text, HasSubstr("site site1 (id 1)  arbiter checkpoints, on_silence promote, preset lan  CA holds (2 paths)\n"));
  EXPECT_THAT(text, HasSubstr("checkpoints 2 of 3 external, quorum 2, cut: LAN\n"));
  EXPECT_THAT(text,
              HasSubstr("peer site2  heard 120 ms ago; paths 10.0.12.1@8055 120 ms ago, 198.51.100.11@8055 never\n"));
  EXPECT_THAT(
      text,
      HasSubstr("pool main  ACTIVE, epoch 7, lease 1.8 s; guard process armed, closes in 1.9 s, heard 20 ms ago\n"));
  EXPECT_THAT(text, HasSubstr("! main: wrong password of wideip_mon\n"));
}

TEST(Status, CallsAMissingGuardByItsName) {
  EXPECT_THAT(render_status(R"({"pools":[{"name":"p","guard":{"kind":"none"}}]})"),
              HasSubstr("guard none: nothing closes the writer if sitecheck hangs"));
  EXPECT_THAT(render_status(R"({"peers":[{"site":"b","config_match":false}]})"), HasSubstr("CONFIGURATION DIFFERS"));
}

// Protocol.md section 1, mode B: whose votes hold the writer.
TEST(Status, TellsTheVotersAndWhatElseAPoolHas) {
  const std::string text = render_status(test::kWitnessStatus);
  EXPECT_THAT(
      text,
      HasSubstr("site site1 (id 1)  arbiter witness, on_silence promote, preset lan\nvoters 3, a writer needs 2\n"));
  EXPECT_THAT(text, HasSubstr("voter site2  grant, 120 ms ago\nvoter ns1  no answer\n"));
  EXPECT_THAT(text, HasSubstr("  switchover: to site2, catching-up for 90 ms\n"));
  EXPECT_THAT(text, HasSubstr("  service: 192.0.2.11@3306; seen by site2 up, ns1 DOWN\n"));
  EXPECT_THAT(text, HasSubstr("  semi-sync: on: acknowledged commits are protected, replicas 1\n"));
  EXPECT_THAT(text, HasSubstr("  errant transactions, not at the writer: 0-1-44\n"));
  EXPECT_THAT(text, HasSubstr("! main: accept_unfenced: it takes the place of a silent peer that has no guard; "
                              "split-brain is possible\n"));
  EXPECT_THAT(text, HasSubstr("! refused from site2: unknown key, 12 times since 2026-11-22 02:20:00\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("version")));
}

TEST(Status, CallsADegradedSemiSyncByItsName) {
  EXPECT_THAT(render_status(R"({"pools":[{"name":"p","semi_sync":{"state":"degraded","replicas":0}}]})"),
              HasSubstr("semi-sync: DEGRADED: acknowledged commits are not protected"));
  EXPECT_THAT(render_status(R"({"pools":[{"name":"p","semi_sync":{"state":"off","replicas":0}}]})"),
              testing::Not(HasSubstr("semi-sync")));
}

TEST(Status, TellsWhereEtcdIsAsked) {
  EXPECT_THAT(render_status(R"({"arbiter":{"mode":"etcd","etcd":{"endpoint":"http://10.0.9.1:2379","lease_ms":2100,
    "owner":"site2"}}})"),
              HasSubstr("etcd http://10.0.9.1:2379  owner site2, lease 2.1 s\n"));
}

TEST(Status, TellsModeRolesAndDowntimes) {
  const std::string text =
      render_status(R"({"site":"a","mode":"manual","arbiter":{"mode":"witness"},"pools":[{"name":"p",
    "roles":[{"name":"reader","kind":"balanced","running":"on_promote db2","addresses":[
      {"address":"192.0.2.21","node":"db2","at":"db1","pinned":""},
      {"address":"192.0.2.22","node":"","at":"","pinned":"db3"}]},
     {"name":"writer","kind":"exclusive","running":"","addresses":[{"address":"","node":"db1","at":"db1","pinned":""}]}],
    "nodes":[{"name":"db3","downtime":{"until":"2026-11-22 03:00:00","who":"ann","reason":"new disk"}}]}]})");
  EXPECT_THAT(text, HasSubstr("  mode manual  arbiter witness"));
  EXPECT_THAT(text,
              HasSubstr("  role: reader (balanced): 192.0.2.21 at db1, goes to db2, 192.0.2.22 nowhere (put to db3 by "
                        "hand); on_promote db2 runs\n"));
  EXPECT_THAT(text, HasSubstr("  role: writer (exclusive): at db1\n"));
  EXPECT_THAT(text, HasSubstr("  downtime: db3 until 2026-11-22 03:00:00 by ann: new disk\n"));
}

TEST(Show, SaysWhatEachPoolMayDoAndWhy) {
  const std::string text = render_show(kStatus);
  EXPECT_THAT(text, HasSubstr("pool main (failover, OK): ACTIVE, epoch 7, lease 1.8 s, since 2026-11-22 02:20:00\n"));
  EXPECT_THAT(text, HasSubstr("eligible: yes; it has the writer\n"));
  EXPECT_THAT(text, HasSubstr("highest epoch seen: 7\n"));
  EXPECT_THAT(text, HasSubstr("peer: STANDBY, epoch 6, eligible, position 0-1-42\n"));
  EXPECT_THAT(text, HasSubstr("db1       10.0.11.2@3306"));
}

TEST(Checks, ListsThemWithTheQuorum) {
  EXPECT_EQ(render_checks(kStatus), R"(CHECKPOINT  SCOPE     OK    REQ  TIME                 MESSAGE
isp         external  OK    0    2026-11-22 02:21:46
office      internal  FAIL  3    2026-11-22 02:21:45  connection refused
checkpoints 2 of 3 external, quorum 2, cut: LAN
)");
}

TEST(Render, AnyJsonIsRenderedWithoutHarm) {
  for (const char* data :
       {"", "null", "7", "[]", "{}", "{\"pools\":7}", "{\"pools\":[7,null,{\"nodes\":{}}]}",
        "{\"pools\":[{\"nodes\":[{\"priority\":\"x\",\"lag_ms\":9223372036854775807}]}],\"peers\":[{}]}",
        "{\"arbiter\":{\"voters\":[7,{\"id\":\"\\u001b\"}],\"etcd\":{}},\"refused\":[7,{\"count\":1}]}",
        "{\"pools\":[{\"errant\":\"\\u001b\",\"service\":{\"views\":[7]},\"switchover\":{},\"semi_sync\":7}]}",
        "{\"checkpoints\":{\"items\":[1,{\"ok\":1}]},\"pools\":[{\"name\":\"\\u001b[2J\"}]}"}) {
    for (const auto& text : {render_status(data), render_show(data), render_checks(data)}) {
      EXPECT_EQ(text.find('\x1b'), std::string::npos) << data;
    }
  }
}

}  // namespace
}  // namespace sitecheck::cli
