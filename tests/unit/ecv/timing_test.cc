#include "ecv/timing.h"

#include <gmock/gmock.h>

namespace ecv {
namespace {

using base::milliseconds;
using base::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Timing lan() { return *preset("lan"); }

// Protocol.md section 4, the table.
TEST(Timing, EachPresetIsSafeInEveryMode) {
  for (const char* name : {"lan", "fast", "wan"}) {
    const Timing t = *preset(name);
    EXPECT_THAT(faults_for_checkpoints(t), IsEmpty()) << name;
    EXPECT_THAT(faults_for_witness(t), IsEmpty()) << name;
    EXPECT_THAT(faults_for_etcd(for_etcd(t)), IsEmpty()) << name;
  }
  EXPECT_FALSE(preset("LAN"));
}

TEST(Timing, AnythingBelowABoundIsRefused) {
  Timing t = lan();
  t.promote_wait = least_promote_wait(t) - base::Duration(1);
  EXPECT_THAT(faults_for_checkpoints(t), ElementsAre(HasSubstr("a standby could promote")));
  t = lan();
  t.lease = least_lease(t) - base::Duration(1);
  EXPECT_THAT(faults_for_checkpoints(t), ElementsAre(HasSubstr("losing the standby would fence the writer")));
  t = lan();
  t.grant_wait = least_grant_wait(t) - base::Duration(1);
  EXPECT_THAT(faults_for_witness(t), ElementsAre(HasSubstr("a voter could grant")));
  t = lan();
  t.lease = most_etcd_hold(t) + base::Duration(1);
  EXPECT_THAT(faults_for_etcd(t), ElementsAre(HasSubstr("etcd could give the writer away")));
}

TEST(Timing, TheBoundsAreThoseOfTheProtocol) {
  EXPECT_EQ(least_lease(lan()), milliseconds(2000));
  EXPECT_EQ(least_held(lan()), milliseconds(1000));
  EXPECT_EQ(base::to_ms(least_promote_wait(lan())), 3202);  // (2000/.99 + 500 + 50 + 600) / .99
  EXPECT_EQ(base::to_ms(least_grant_wait(lan())), 2697);    // (2000/.99 + 50 + 600) / .99
  EXPECT_EQ(base::to_ms(most_etcd_hold(lan())), 2296);      // (3000 x .99 - 50 - 600) x .99
}

// Protocol.md section 4: TTL 3 s gives L_hold 2250.
TEST(Timing, EtcdHoldsForARoundTimeBelowItsBound) {
  EXPECT_EQ(for_etcd(lan()).lease, milliseconds(2250));
  EXPECT_EQ(for_etcd(*preset("fast")).lease, milliseconds(1600));
  EXPECT_EQ(for_etcd(*preset("wan")).lease, milliseconds(8650));
}

TEST(Timing, AnEtcdTtlIsWholeSecondsFromTwo) {
  Timing t = for_etcd(lan());
  t.etcd_ttl = milliseconds(3500);
  EXPECT_THAT(faults_for_etcd(t), ElementsAre(HasSubstr("etcd_ttl 3500 ms is not a whole number of seconds")));
  t.etcd_ttl = seconds(1);
  EXPECT_THAT(faults_for_etcd(t), testing::Contains(HasSubstr("2 or more")));
}

}  // namespace
}  // namespace ecv
