#include "ecv/peer_link.h"

#include <gtest/gtest.h>

namespace ecv {

namespace {

// Else the counter of what was refused would grow with each datagram of a pair with two paths.
TEST(PeerLink, ACopyOfEachPathIsNoReplay) {
  PeerLink link(base::seconds(2), 1, 7, 2);
  const base::Instant now{base::seconds(100)};
  Datagram out;
  link.stamp(out, true, now);
  Datagram d;
  d.boot_id = 5;
  d.seq = 1;
  d.echo = out.nonce;
  EXPECT_EQ(link.receive(d, 0, now), PeerLink::Freshness::kAccepted);
  EXPECT_EQ(link.receive(d, 1, now), PeerLink::Freshness::kCopy);
  EXPECT_EQ(link.receive(d, 1, now), PeerLink::Freshness::kStale);
  d.seq = 2;
  EXPECT_EQ(link.receive(d, 1, now), PeerLink::Freshness::kAccepted);
  EXPECT_EQ(link.receive(d, 0, now), PeerLink::Freshness::kCopy);
  d.seq = 1;
  EXPECT_EQ(link.receive(d, 0, now), PeerLink::Freshness::kStale);
}

}  // namespace

}  // namespace ecv
