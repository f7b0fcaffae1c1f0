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

  static conf::Dnsd config() {
    conf::Dnsd out;
    out.relay = base::SocketAddress{*base::IpAddress::parse("127.0.0.1"), 1};
    out.sites = {{"site1", {}, {*out.relay}, {}}};
    conf::WideIp wideip;
    wideip.service_test.interval = base::milliseconds(50);
    wideip.service_test.timeout = base::milliseconds(50);
    wideip.members = {{"site1", "main", {*base::IpAddress::parse("127.0.0.1")}, {}}};
    out.wideips = {wideip, wideip};  // a second name for the same is not tested twice
    return out;
  }
  // A report of site1 comes in, now.
  void hear(const std::string& service_at) { tests.hear(kOne, service_at, base::read_boot_clock()); }
  static std::string at(std::uint16_t port) { return "192.0.2.1@" + std::to_string(port); }
  // Like run_until, while reports of site1 come all the time.
  bool run_while_heard(const std::string& service_at, const std::function<bool()>& done) {
    base::Timer reports(loop, [&] { hear(service_at); });
    reports.start(base::Duration::zero(), base::milliseconds(20));
    return run_until(loop, done);
  }
};

TEST_F(ServiceTestsTest, AnAddressIsDownAfterAsManyFailuresAsConfigured) {
  auto server = std::make_unique<MariadbServer>();
  const auto told = at(server->port());
  tests.configure(config());
  hear(told);
  ASSERT_EQ(tests.standings().size(), 1U);
  EXPECT_EQ(tests.view(kOne), ServiceView::kUnknown);
  ASSERT_TRUE(run_until(loop, [&] { return tests.view(kOne) == ServiceView::kUp; }));
  server.reset();
  ASSERT_TRUE(run_while_heard(told, [&] { return tests.view(kOne) == ServiceView::kDown; }));
  EXPECT_GE(tests.standings()[0].failures, 3);  // one more may have come by now
  EXPECT_NE(tests.standings()[0].error, "");
  EXPECT_EQ(changes, (std::vector<std::string>{"up", "down"}));
}

// What a name server that is cut off from a site finds there says nothing of the site.
TEST_F(ServiceTestsTest, FailuresCountOnlyWhileTheSitesReportsCome) {
  auto server = std::make_unique<MariadbServer>();
  const auto told = at(server->port());
  auto settings = config();
  settings.poll = base::milliseconds(4);  // a report is old after 10 ms
  tests.configure(settings);
  hear(told);
  ASSERT_TRUE(run_until(loop, [&] { return tests.view(kOne) == ServiceView::kUp; }));
  server.reset();
  const auto before = tests.counters().failed;
  ASSERT_TRUE(run_until(loop, [&] { return tests.counters().failed >= before + 6; }));
  EXPECT_EQ(tests.standings()[0].view, ServiceView::kUp);
  EXPECT_LT(tests.standings()[0].failures, 3);
  EXPECT_EQ(changes, std::vector<std::string>{"up"});
  EXPECT_EQ(tests.view(kOne), ServiceView::kUnknown);  // nor does an old finding hinder a handover
}

// A name server that no firewall lets through judges nothing.
TEST_F(ServiceTestsTest, AnAddressThatNeverAnsweredIsNotJudged) {
  tests.configure(config());
  ASSERT_TRUE(run_while_heard(at(1), [&] { return tests.counters().failed >= 5; }));
  EXPECT_EQ(tests.view(kOne), ServiceView::kUnknown);
  EXPECT_TRUE(changes.empty());
}

TEST_F(ServiceTestsTest, AReloadKeepsWhatIsKnownOfTestsThatStay) {
  MariadbServer server;
  tests.configure(config());
  hear(at(server.port()));
  ASSERT_TRUE(run_until(loop, [&] { return tests.view(kOne) == ServiceView::kUp; }));
  tests.configure(config());
  EXPECT_EQ(tests.view(kOne), ServiceView::kUp);
  auto slower = config();
  slower.wideips[0].service_test.fall = 9;
  tests.configure(slower);
  EXPECT_EQ(tests.view(kOne), ServiceView::kUnknown);
}

// The site tells which port; the address is the one that clients are sent to, whatever the site calls its own.
TEST_F(ServiceTestsTest, TheMembersAddressIsTestedAtThePortThatTheSiteTells) {
  tests.configure(config());
  EXPECT_TRUE(tests.standings().empty());  // nothing told yet
  hear("192.0.2.1@33060");
  ASSERT_EQ(tests.standings().size(), 1U);
  EXPECT_EQ(tests.standings()[0].address.to_string(), "127.0.0.1@33060");
  hear("192.0.2.1@33061");
  ASSERT_EQ(tests.standings().size(), 1U);
  EXPECT_EQ(tests.standings()[0].address.port, 33061);
  auto other = config();
  for (auto& wideip : other.wideips) wideip.service_test.port = 3307;
  tests.configure(other);
  ASSERT_EQ(tests.standings().size(), 1U);
  EXPECT_EQ(tests.standings()[0].address.port, 3307);
}

TEST_F(ServiceTestsTest, ASiteThatTellsOfNoServiceHasNoneTested) {
  auto settings = config();
  settings.wideips[1].service_test.port = 3307;  // the option names another port, it makes no service
  tests.configure(settings);
  hear("");
  EXPECT_TRUE(tests.standings().empty());
  hear("127.0.0.1@1");
  EXPECT_EQ(tests.standings().size(), 2U);
  for (const char* text : {"", "db.example.com@3306", "127.0.0.1", "127.0.0.1@0", "127.0.0.1@70000", "@"}) {
    hear(text);
    EXPECT_TRUE(tests.standings().empty()) << text;
  }
  tests.hear({"site9", "main"}, "127.0.0.1@1", base::read_boot_clock());
  EXPECT_TRUE(tests.standings().empty());
}

// Tests by an account that does not exist leave lines in the server's error log: people are told what to create.
TEST_F(ServiceTestsTest, AServerThatRefusesTheAccountIsUpWithANote) {
  MariadbServer server;
  tests.configure(config());
  hear(at(server.port()));
  ASSERT_TRUE(run_until(loop, [&] { return tests.view(kOne) == ServiceView::kUp; }));
  const auto note = tests.standings()[0].note;
  EXPECT_NE(note.find("wideip_probe is refused"), std::string::npos) << note;
  EXPECT_NE(note.find("sitecheck grants"), std::string::npos) << note;
  server.sql("CREATE USER wideip_probe@'%'");
  ASSERT_TRUE(run_until(loop, [&] { return tests.standings()[0].note.empty(); }));
}

TEST_F(ServiceTestsTest, NothingIsTestedThatNobodyIsToldOf) {
  auto without_relay = config();
  without_relay.relay.reset();
  auto without_peer = config();
  without_peer.sites[0].peer.clear();
  auto off = config();
  for (auto& wideip : off.wideips) wideip.service_test.enabled = false;
  for (const auto& settings : {without_relay, without_peer, off}) {
    tests.configure(settings);
    hear(at(1));
    EXPECT_TRUE(tests.standings().empty());
  }
}

// Its timeout is the whole interval: the next test waits for it.
TEST_F(ServiceTestsTest, AServerThatHangsIsDown) {
  MariadbServer server;
  const auto told = at(server.port());
  tests.configure(config());
  ASSERT_TRUE(run_while_heard(told, [&] { return tests.view(kOne) == ServiceView::kUp; }));
  server.signal(SIGSTOP);
  ASSERT_TRUE(run_while_heard(told, [&] { return tests.view(kOne) == ServiceView::kDown; }));
  server.signal(SIGCONT);
  ASSERT_TRUE(run_while_heard(told, [&] { return tests.view(kOne) == ServiceView::kUp; }));
}

}  // namespace
}  // namespace control::test
