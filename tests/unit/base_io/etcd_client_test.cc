// The etcd client against a real etcd.
#include "base/io/etcd_client.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/etcd_server.h"
#include "tests/unit/base_io/etcd_calls.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/raw_server.h"

namespace {

using io::EtcdClient;
using io::EtcdOptions;
using io::EtcdOutcome;
using io_test::campaign;
using io_test::keep_alive;
using io_test::options_for;
using io_test::read;
using io_test::release;
using testing_support::EtcdServer;

TEST(EtcdClient, TheFirstToCampaignWinsTheSecondLearnsWhoDid) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  const auto before = base::read_boot_clock();
  const auto won = campaign(loop, client, "main", "site1", 5);
  ASSERT_EQ(won.outcome, EtcdOutcome::kDone) << won.message;
  EXPECT_GT(won.lease_id, 0);
  EXPECT_GT(won.create_revision, 0);
  EXPECT_EQ(won.ttl_s, 5);
  EXPECT_GE(won.sent_at, before);

  const auto lost = campaign(loop, client, "main", "site2", 5);
  ASSERT_EQ(lost.outcome, EtcdOutcome::kLost) << lost.message;
  EXPECT_EQ(lost.owner.value, "site1");
  EXPECT_EQ(lost.owner.create_revision, won.create_revision);
  EXPECT_EQ(lost.owner.lease_id, won.lease_id);
}

TEST(EtcdClient, TheRevisionGrowsWithEveryOwner) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  const auto first = campaign(loop, client, "main", "site1", 5);
  ASSERT_EQ(release(loop, client, first.lease_id).outcome, EtcdOutcome::kDone);
  EXPECT_FALSE(read(loop, client, "main").owner);
  const auto second = campaign(loop, client, "main", "site2", 5);
  ASSERT_EQ(second.outcome, EtcdOutcome::kDone);
  EXPECT_GT(second.create_revision, first.create_revision);
}

TEST(EtcdClient, ALostCampaignLeavesNoLeaseBehind) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  (void)campaign(loop, client, "main", "site1", 60);
  const auto lost = campaign(loop, client, "main", "site2", 60);
  ASSERT_EQ(lost.outcome, EtcdOutcome::kLost);
  EXPECT_TRUE(
      io_test::run_until(loop, [&] { return keep_alive(loop, client, lost.lease_id).outcome == EtcdOutcome::kLost; }));
}

TEST(EtcdClient, RenewsALeaseAndToldThatItIsGoneSaysLost) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  const auto won = campaign(loop, client, "main", "site1", 5);
  const auto kept = keep_alive(loop, client, won.lease_id);
  EXPECT_EQ(kept.outcome, EtcdOutcome::kDone);
  EXPECT_EQ(kept.ttl_s, 5);
  EXPECT_EQ(keep_alive(loop, client, won.lease_id + 1).outcome, EtcdOutcome::kLost);
  ASSERT_EQ(release(loop, client, won.lease_id).outcome, EtcdOutcome::kDone);
  EXPECT_EQ(keep_alive(loop, client, won.lease_id).outcome, EtcdOutcome::kLost);
}

TEST(EtcdClient, AKeyGoesWithItsLeaseWhenItsOwnerFallsSilent) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  ASSERT_EQ(campaign(loop, client, "main", "site1", 2).outcome, EtcdOutcome::kDone);
  EXPECT_TRUE(io_test::run_until(loop, [&] { return !read(loop, client, "main").owner; }));
}

TEST(EtcdClient, ToldTheTtlThatEtcdReallyGranted) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  const auto won = campaign(loop, client, "main", "site1", 0);
  ASSERT_EQ(won.outcome, EtcdOutcome::kDone) << won.message;
  EXPECT_GE(won.ttl_s, 1) << "etcd raises what is too short";
  EXPECT_EQ(keep_alive(loop, client, won.lease_id).ttl_s, won.ttl_s);
}

TEST(EtcdClient, ReleasingALeaseThatIsGoneIsDone) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  EXPECT_EQ(release(loop, client, 4711).outcome, EtcdOutcome::kDone);
}

TEST(EtcdClient, KeysOfSeveralPoolsAndPrefixesAreApart) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient one(loop, options_for({etcd.url()}));
  auto other_options = options_for({etcd.url()});
  other_options.prefix = "/elsewhere/";
  EtcdClient other(loop, other_options);
  EXPECT_EQ(campaign(loop, one, "main", "a\xFF\"b", 5).outcome, EtcdOutcome::kDone);
  EXPECT_EQ(campaign(loop, one, "shop", "c", 5).outcome, EtcdOutcome::kDone);
  EXPECT_EQ(campaign(loop, other, "main", "d", 5).outcome, EtcdOutcome::kDone);
  EXPECT_EQ(read(loop, one, "main").owner->value, "a\xFF\"b") << "any bytes";
}

TEST(EtcdClient, AnEndpointThatRefusesIsPassedOverAndTheGoodOneRemembered) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({"http://127.0.0.1:1", etcd.url()}));
  EXPECT_EQ(campaign(loop, client, "main", "site1", 5).outcome, EtcdOutcome::kDone);
  EXPECT_EQ(client.endpoint(), etcd.url());
  const auto calls = client.counters().calls;
  EXPECT_EQ(read(loop, client, "main").outcome, EtcdOutcome::kDone);
  EXPECT_EQ(client.counters().calls, calls + 1) << "the dead endpoint is not asked first again";
  EXPECT_EQ(client.counters().failovers, 1U);
}

TEST(EtcdClient, ASilentEndpointDoesNotDelayBeyondTheLimit) {
  EtcdServer etcd;
  base::Loop loop;
  io_test::RawServer silent(loop, "", io_test::Then::kStay);
  EtcdClient client(loop, options_for({silent.url(""), etcd.url()}));
  const auto begun = base::read_boot_clock();
  const auto got = read(loop, client, "main");
  EXPECT_EQ(got.outcome, EtcdOutcome::kDone) << got.message;
  EXPECT_LT(base::read_boot_clock() - begun, base::milliseconds(1500));
  EXPECT_GE(got.sent_at, begun + base::milliseconds(400)) << "counts from the request that was answered";
}

TEST(EtcdClient, AFrozenEtcdIsUnavailableAtTheLimit) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient client(loop, options_for({etcd.url()}));
  const auto won = campaign(loop, client, "main", "site1", 60);
  etcd.freeze();
  const auto begun = base::read_boot_clock();
  const auto kept = keep_alive(loop, client, won.lease_id);
  etcd.thaw();
  EXPECT_EQ(kept.outcome, EtcdOutcome::kUnavailable);
  EXPECT_NE(kept.message.find(etcd.url()), std::string::npos) << kept.message;
  EXPECT_GE(base::read_boot_clock() - begun, base::milliseconds(900));
  EXPECT_EQ(keep_alive(loop, client, won.lease_id).outcome, EtcdOutcome::kDone);
}

TEST(EtcdClient, SpeaksTlsToTheServerOfItsCaOnly) {
  EtcdServer etcd(EtcdServer::Tls::kServer);
  base::Loop loop;
  auto options = options_for({etcd.url()});
  options.tls.ca_file = etcd.file("ca.pem");
  EtcdClient client(loop, options);
  EXPECT_EQ(campaign(loop, client, "main", "site1", 5).outcome, EtcdOutcome::kDone);

  for (const std::string& ca : {etcd.file("other.pem"), etcd.file("nowhere.pem"), std::string()}) {
    options.tls.ca_file = ca;
    EtcdClient stranger(loop, options);
    const auto got = read(loop, stranger, "main");
    EXPECT_EQ(got.outcome, EtcdOutcome::kUnavailable) << ca;
    EXPECT_NE(got.message.find("tls"), std::string::npos) << got.message;
  }
}

TEST(EtcdClient, ShowsItsCertificateWhereOneIsDemanded) {
  EtcdServer etcd(EtcdServer::Tls::kMutual);
  base::Loop loop;
  auto options = options_for({etcd.url()});
  options.tls.ca_file = etcd.file("ca.pem");
  EtcdClient nameless(loop, options);
  EXPECT_EQ(read(loop, nameless, "main").outcome, EtcdOutcome::kUnavailable);
  options.tls.cert_file = etcd.file("client.pem");
  options.tls.key_file = etcd.file("client.key");
  EtcdClient client(loop, options);
  const auto won = campaign(loop, client, "main", "site1", 5);
  EXPECT_EQ(won.outcome, EtcdOutcome::kDone) << won.message;
  EXPECT_EQ(keep_alive(loop, client, won.lease_id).outcome, EtcdOutcome::kDone);
}

TEST(EtcdClient, AuthenticatesAndFetchesANewTokenWhenTheOldOneIsVoid) {
  EtcdServer etcd;
  etcd.enable_auth();
  base::Loop loop;
  auto options = options_for({etcd.url()});
  options.user = "site";
  options.password = "s3cret";
  EtcdClient client(loop, options);
  const auto won = campaign(loop, client, "main", "site1", 60);
  ASSERT_EQ(won.outcome, EtcdOutcome::kDone) << won.message;
  EXPECT_EQ(client.counters().authentications, 1U);
  etcd.ctl("--user root:r auth disable");  // voids every token
  etcd.ctl("auth enable");
  const auto got = read(loop, client, "main");
  EXPECT_EQ(got.outcome, EtcdOutcome::kDone) << got.message;
  EXPECT_EQ(client.counters().authentications, 2U);
  EXPECT_EQ(release(loop, client, won.lease_id).outcome, EtcdOutcome::kDone);
}

TEST(EtcdClient, AWrongPasswordOrAKeyOutOfReachIsUnavailableAndSaysWhy) {
  EtcdServer etcd;
  etcd.enable_auth();
  base::Loop loop;
  auto options = options_for({etcd.url()});
  EtcdClient nobody(loop, options);
  EXPECT_NE(read(loop, nobody, "main").message.find("user name is empty"), std::string::npos);
  options.user = "site";
  options.password = "wrong";
  EtcdClient wrong(loop, options);
  EXPECT_NE(read(loop, wrong, "main").message.find("authentication failed"), std::string::npos);
  options.password = "s3cret";
  options.prefix = "/elsewhere/";
  EtcdClient out_of_reach(loop, options);
  EXPECT_NE(read(loop, out_of_reach, "main").message.find("permission denied"), std::string::npos);
}

TEST(EtcdClient, APasswordForAnEtcdWithoutAuthenticationIsNoObstacle) {
  EtcdServer etcd;
  base::Loop loop;
  auto options = options_for({etcd.url()});
  options.user = "site";
  options.password = "s3cret";
  EtcdClient client(loop, options);
  EXPECT_EQ(read(loop, client, "main").outcome, EtcdOutcome::kDone);
  etcd.enable_auth();
  EXPECT_EQ(read(loop, client, "main").outcome, EtcdOutcome::kDone) << "nor if it is switched on later";
}

}  // namespace
