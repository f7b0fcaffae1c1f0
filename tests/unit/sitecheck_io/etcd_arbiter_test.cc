// The core's actions on a real etcd.
#include "sitecheck/io/etcd_arbiter.h"

#include <gtest/gtest.h>

#include "tests/support/etcd_server.h"
#include "tests/support/loop_test.h"

namespace sitecheck {
namespace {

using base::seconds;
using testing_support::EtcdServer;

class EtcdArbiterTest : public testing_support::LoopTest {
 protected:
  struct Party {
    std::vector<core::EtcdDone> done;
    std::vector<core::EtcdWatched> watched;
    std::unique_ptr<EtcdArbiter> arbiter;
  };
  void join(Party& party, const std::string& site, base::Duration ttl = seconds(2)) {
    conf::Sitecheck conf;
    conf.site.name = site;
    conf.arbiter.mode = conf::ArbiterMode::kEtcd;
    conf.arbiter.timing = *ecv::preset("fast");
    conf.arbiter.timing.etcd_ttl = ttl;
    conf.arbiter.etcd.emplace();
    conf.arbiter.etcd->endpoints = {etcd_.url()};
    conf.pools.resize(1);
    conf.pools[0].name = "main";
    party.arbiter = std::make_unique<EtcdArbiter>(loop_, conf, [&party](core::Event e) {
      if (auto* done = std::get_if<core::EtcdDone>(&e)) party.done.push_back(*done);
      if (auto* watched = std::get_if<core::EtcdWatched>(&e)) party.watched.push_back(*watched);
    });
  }
  core::EtcdDone next(Party& party) {
    run_until([&] { return !party.done.empty(); });
    if (party.done.empty()) return {};
    const auto out = party.done.front();
    party.done.erase(party.done.begin());
    return out;
  }
  void wait_for_owner(Party& party, const std::string& site) {
    run_until([&] {
      return !party.watched.empty() && party.watched.back().known && party.watched.back().owner.site == site;
    });
  }

  EtcdServer etcd_;
  Party one_;
  Party two_;
};

TEST_F(EtcdArbiterTest, OneSiteWinsTheOtherLearnsWhoAndSeesTheRelease) {
  join(one_, "site1");
  join(two_, "site2");
  wait_for_owner(two_, "");
  one_.arbiter->campaign({0, 11, seconds(1)});
  const auto won = next(one_);
  ASSERT_EQ(won.result, core::EtcdResult::kDone) << won.message;
  EXPECT_EQ(won.token, 11U);
  EXPECT_GT(won.create_revision, 0U);
  wait_for_owner(two_, "site1");
  EXPECT_EQ(two_.watched.back().owner.create_revision, won.create_revision);

  two_.arbiter->campaign({0, 12, seconds(1)});
  const auto lost = next(two_);
  EXPECT_EQ(lost.result, core::EtcdResult::kLost);
  EXPECT_EQ(lost.owner.site, "site1");

  one_.arbiter->keep_alive({0, 13, won.lease_id, seconds(1)});
  EXPECT_EQ(next(one_).result, core::EtcdResult::kDone);
  one_.arbiter->release({0, 14, won.lease_id});
  EXPECT_EQ(next(one_).result, core::EtcdResult::kDone);
  wait_for_owner(two_, "");
  one_.arbiter->keep_alive({0, 15, won.lease_id, seconds(1)});
  EXPECT_EQ(next(one_).result, core::EtcdResult::kLost);
}

TEST_F(EtcdArbiterTest, ALeaseShorterThanTheTimingAssumesIsNeverKept) {
  join(one_, "site1", seconds(2));
  join(two_, "site2", seconds(60));
  one_.arbiter->campaign({0, 1, seconds(1)});
  const auto won = next(one_);
  ASSERT_EQ(won.result, core::EtcdResult::kDone);
  two_.arbiter->keep_alive({0, 2, won.lease_id, seconds(1)});
  const auto kept = next(two_);
  EXPECT_EQ(kept.result, core::EtcdResult::kUnavailable);
  EXPECT_NE(kept.message.find("2 s only"), std::string::npos) << kept.message;
}

TEST_F(EtcdArbiterTest, AnEtcdThatIsDownIsUnavailableWithinTheLimitAndAReleaseIsTriedUntilTheLeaseIsOver) {
  join(one_, "site1");
  wait_for_owner(one_, "");
  one_.arbiter->campaign({0, 1, seconds(1)});
  const auto won = next(one_);
  etcd_.freeze();
  const auto begun = base::read_boot_clock();
  one_.arbiter->keep_alive({0, 2, won.lease_id, base::milliseconds(200)});
  EXPECT_EQ(next(one_).result, core::EtcdResult::kUnavailable);
  EXPECT_GE(base::read_boot_clock() - begun, base::milliseconds(200));
  one_.arbiter->release({0, 3, won.lease_id});
  run_for(base::milliseconds(500));
  EXPECT_TRUE(one_.done.empty()) << "not given up at the first failure";
  run_until([&] { return !one_.watched.back().known; });
  etcd_.thaw();
  EXPECT_EQ(next(one_).result, core::EtcdResult::kDone);
  etcd_.kill();
  one_.arbiter->release({0, 4, won.lease_id});
  EXPECT_EQ(next(one_).result, core::EtcdResult::kUnavailable) << "the lease is over, whether or not etcd says so";
}

}  // namespace
}  // namespace sitecheck
