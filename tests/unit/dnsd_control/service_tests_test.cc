#include "dnsd/control/service_tests.h"

#include <gtest/gtest.h>

#include "signed_site.h"
#include "tests/support/mariadb_server.h"

namespace control::test {
namespace {

using ecv::ServiceView;
using testing_support::MariadbServer;

const decide::MemberId kOne{"site1", "main"};

struct ServiceTestsTest : ::testing::Test {
  base::Loop loop;
  std::vector<std::string> changes;
  ServiceTests tests{loop, [this](const ServiceStanding& s) { changes.emplace_back(name(s.view)); }};

  static conf::Dnsd config(std::uint16_t port) {
    conf::Dnsd out;
    out.relay = base::SocketAddress{*base::IpAddress::parse("127.0.0.1"), 1};
    out.sites = {{"site1", {}, {*out.relay}, {}}};
    conf::WideIp wideip;
    wideip.service_test.port = port;
    wideip.service_test.interval = base::milliseconds(50);
    wideip.service_test.timeout = base::milliseconds(50);
    wideip.members = {{"site1", "main", {*base::IpAddress::parse("127.0.0.1")}, {}}};
    out.wideips = {wideip, wideip};  // a second name for the same is not tested twice
    return out;
  }
};

TEST_F(ServiceTestsTest, AnAddressIsDownAfterAsManyFailuresAsConfigured) {
  auto server = std::make_unique<MariadbServer>();
  tests.configure(config(server->port()));
  ASSERT_EQ(tests.standings().size(), 1U);
  EXPECT_EQ(tests.view(kOne), ServiceView::kUnknown);
  ASSERT_TRUE(run_until(loop, [&] { return tests.view(kOne) == ServiceView::kUp; }));
  server.reset();
  ASSERT_TRUE(run_until(loop, [&] { return tests.view(kOne) == ServiceView::kDown; }));
  EXPECT_EQ(tests.standings()[0].failures, 3);
  EXPECT_NE(tests.standings()[0].error, "");
  EXPECT_EQ(changes, (std::vector<std::string>{"up", "down"}));
}

// A name server that no firewall lets through judges nothing.
TEST_F(ServiceTestsTest, AnAddressThatNeverAnsweredIsNotJudged) {
  tests.configure(config(1));
  ASSERT_TRUE(run_until(loop, [&] { return tests.counters().failed >= 5; }));
  EXPECT_EQ(tests.view(kOne), ServiceView::kUnknown);
  EXPECT_TRUE(changes.empty());
}

TEST_F(ServiceTestsTest, AReloadKeepsWhatIsKnownOfTestsThatStay) {
  MariadbServer server;
  tests.configure(config(server.port()));
  ASSERT_TRUE(run_until(loop, [&] { return tests.view(kOne) == ServiceView::kUp; }));
  tests.configure(config(server.port()));
  EXPECT_EQ(tests.view(kOne), ServiceView::kUp);
  auto slower = config(server.port());
  slower.wideips[0].service_test.fall = 9;
  tests.configure(slower);
  EXPECT_EQ(tests.view(kOne), ServiceView::kUnknown);
}

TEST_F(ServiceTestsTest, NothingIsTestedThatNobodyIsToldOf) {
  auto without_relay = config(1);
  without_relay.relay.reset();
  tests.configure(without_relay);
  EXPECT_TRUE(tests.standings().empty());
  auto without_peer = config(1);
  without_peer.sites[0].peer.clear();
  tests.configure(without_peer);
  EXPECT_TRUE(tests.standings().empty());
  auto off = config(1);
  for (auto& wideip : off.wideips) wideip.service_test.enabled = false;
  tests.configure(off);
  EXPECT_TRUE(tests.standings().empty());
}

}  // namespace
}  // namespace control::test
