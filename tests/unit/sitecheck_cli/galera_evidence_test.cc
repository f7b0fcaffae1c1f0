#include "sitecheck/cli/galera_evidence.h"

#include <gtest/gtest.h>

namespace sitecheck::cli {
namespace {

constexpr const char* kUuid = "924258be-e65b-11f1-a1d7-f744e0a6f33f";
constexpr const char* kOther = "11111111-e65b-11f1-a1d7-f744e0a6f33f";
constexpr const char* kNone = "00000000-0000-0000-0000-000000000000";

std::string grastate(const std::string& seqno, const std::string& safe = "0") {
  return std::string("# GALERA saved state\nversion: 2.1\nuuid:    ") + kUuid + "\nseqno:   " + seqno +
         "\nsafe_to_bootstrap: " + safe + "\n";
}

GaleraEvidence at(const std::string& node, std::int64_t seqno, bool safe = false, const char* uuid = kUuid) {
  GaleraEvidence e;
  e.node = node;
  e.source = "grastate.dat";
  e.position = {uuid, seqno};
  e.safe_to_bootstrap = safe;
  return e;
}

}  // namespace

TEST(GaleraEvidence, ReadsGrastate) {
  const auto clean = parse_grastate(grastate("12", "1"));
  ASSERT_TRUE(clean);
  EXPECT_EQ(clean->position, (GaleraPosition{kUuid, 12}));
  EXPECT_TRUE(clean->safe_to_bootstrap);
  const auto crashed = parse_grastate(grastate("-1"));
  ASSERT_TRUE(crashed);
  EXPECT_EQ(crashed->position.seqno, -1);
  EXPECT_FALSE(crashed->safe_to_bootstrap);
}

TEST(GaleraEvidence, RefusesWhatIsNoGrastate) {
  EXPECT_FALSE(parse_grastate(""));
  EXPECT_FALSE(parse_grastate("uuid: x\nseqno: 1\n"));
  EXPECT_FALSE(parse_grastate(std::string("uuid: ") + kUuid + "\n"));
  EXPECT_FALSE(parse_grastate("seqno: 4\n"));
  EXPECT_FALSE(parse_grastate(grastate("12x")));
  EXPECT_FALSE(parse_grastate(grastate("-2")));
  EXPECT_FALSE(parse_grastate(std::string(100000, '\0')));
}

TEST(GaleraEvidence, FindsTheRecoveredPosition) {
  const std::string line = "2026-11-22 10:01:22 0 [Note] WSREP: Recovered position: ";
  EXPECT_EQ(find_recovered("one\n" + line + kUuid + ":13\nmore\n"), (GaleraPosition{kUuid, 13}));
  EXPECT_EQ(find_recovered(line + kUuid + ":13,0-1-7\n"), (GaleraPosition{kUuid, 13}));
  EXPECT_EQ(find_recovered(line + kUuid + ":13\n" + line + kUuid + ":14"), (GaleraPosition{kUuid, 14}));
  EXPECT_FALSE(find_recovered("nothing of the kind\n"));
  EXPECT_FALSE(find_recovered(line + "garbage\n"));
}

TEST(GaleraEvidence, ReadsAPosition) {
  EXPECT_EQ(parse_position(std::string(kUuid) + ":7"), (GaleraPosition{kUuid, 7}));
  EXPECT_FALSE(parse_position(kUuid));
  EXPECT_FALSE(parse_position(std::string(kUuid) + ":"));
  EXPECT_FALSE(parse_position(std::string(kUuid) + ":7 or 8"));
  EXPECT_FALSE(parse_position("924258be-e65b-11f1-a1d7-f744e0a6f33:7"));
}

// Measured: a crashed node at 10 is ahead of one that was stopped at 9, which alone is marked safe.
TEST(GaleraCandidate, ACrashedNodeThatIsAheadBeatsACleanOne) {
  auto crashed = at("db3", 10);
  crashed.source = "--wsrep-recover";
  const auto choice = choose({at("db1", 8), at("db2", 9, true), crashed});
  ASSERT_EQ(choice.candidate, 2U);
  EXPECT_EQ(choice.reason, "db3 got to seqno 10, by --wsrep-recover; every other node is behind");
}

TEST(GaleraCandidate, OfEqualOnesTheOneThatLeftLast) {
  const auto choice = choose({at("db1", 9), at("db2", 9, true), at("db3", 7)});
  ASSERT_EQ(choice.candidate, 1U);
  EXPECT_NE(choice.reason.find("it left the cluster last"), std::string::npos);
  EXPECT_EQ(choose({at("db1", 9), at("db2", 9)}).candidate, 0U);
}

TEST(GaleraCandidate, CannotBeToldWhileAPositionIsMissing) {
  const auto crashed = choose({at("db1", 9, true), at("db2", -1)});
  EXPECT_FALSE(crashed.candidate);
  EXPECT_EQ(crashed.reason, "how far these nodes got is not known: db2");
  GaleraEvidence unknown;
  unknown.node = "db3";
  EXPECT_FALSE(choose({at("db1", 9), unknown}).candidate);
  unknown.lost = true;
  EXPECT_EQ(choose({at("db1", 9), unknown}).candidate, 0U);
}

TEST(GaleraCandidate, ANodeThatNeverWasAMemberDoesNotCount) {
  EXPECT_EQ(choose({at("db1", -1, false, kNone), at("db2", 3)}).candidate, 1U);
  EXPECT_FALSE(choose({at("db1", -1, false, kNone)}).candidate);
}

TEST(GaleraCandidate, DifferentHistoriesAreForAPerson) {
  const auto choice = choose({at("db1", 9), at("db2", 90, true, kOther)});
  EXPECT_FALSE(choice.candidate);
  EXPECT_NE(choice.reason.find("different histories"), std::string::npos);
}

TEST(GaleraCandidate, AClusterThatIsUpNeedsNone) {
  auto up = at("db2", 12);
  up.runs = up.primary = true;
  const auto choice = choose({at("db1", 90), up});
  EXPECT_FALSE(choice.candidate);
  EXPECT_EQ(choice.reason, "the cluster is up: db2 is in its Primary component");
}

}  // namespace sitecheck::cli
