// The runner of the monitors, with real HTTP servers on the same loop.
#include "dnsd/control/monitors.h"

#include <gtest/gtest.h>

#include <map>

#include "base/io/http_server.h"
#include "dnsd/control/monitor_probe.h"
#include "tests/unit/base_io/loop_util.h"

namespace control {
namespace {

using decide::Watch;
using Value = decide::Health::Value;
using io_test::run_until;

const base::IpAddress kHere = base::IpAddress::v4({127, 0, 0, 1});
const base::IpAddress kThere = base::IpAddress::v4({127, 0, 0, 2});

class MonitorsTest : public testing::Test {
 protected:
  std::unique_ptr<io::HttpServer> serve(const base::IpAddress& ip, std::uint16_t port = 0) {
    return *io::HttpServer::listen(loop_, {ip, port}, {}, io::answer_at_once([this](const io::ServerRequest& r) {
                                     ++asked_;
                                     paths_.insert(r.path);
                                     return io::ServerResponse{status_, body_};
                                   }));
  }
  [[nodiscard]] conf::Monitor web(const std::string& name = "web") const {
    return web_at(server_->address().port, name);
  }
  [[nodiscard]] static conf::Monitor web_at(std::uint16_t port, const std::string& name = "web") {
    conf::Monitor out;
    out.name = name;
    out.kind = conf::MonitorKind::kHttp;
    out.port = port;
    out.interval = base::milliseconds(30);
    out.timeout = base::seconds(10);
    out.receive_disable = "MAINT";
    return out;
  }
  static conf::Monitor made_of(const std::string& name, conf::MonitorKind kind, std::vector<std::string> parts) {
    conf::Monitor out;
    out.name = name;
    out.kind = kind;
    out.of = std::move(parts);
    return out;
  }
  void wait(const std::function<bool()>& done) { ASSERT_TRUE(run_until(loop_, done, base::seconds(30))); }
  [[nodiscard]] Value value(const Watch& watch) const { return monitors_.health(watch).value; }

  base::Loop loop_;
  int status_ = 200;
  std::string body_ = "fine";
  int asked_ = 0;
  std::set<std::string> paths_;
  std::unique_ptr<io::HttpServer> server_ = serve(kHere);
  std::map<Watch, std::vector<Value>> told_;
  std::vector<std::string> changes_;
  int first_rounds_ = 0;
  int latches_ = 0;
  Monitors monitors_{loop_,
                     {[this](const Watch& watch, const decide::Health& health) {
                        auto& values = told_[watch];
                        if (values.empty() || values.back() != health.value) values.push_back(health.value);
                      },
                      [this](const MonitorStanding& s, MonitorValue before) {
                        changes_.push_back(watch_text(s.watch) + " " + std::string(name(before)) + " " +
                                           std::string(name(s.state.value)));
                      },
                      [this] { ++latches_; }, [this] { ++first_rounds_; }}};
};

TEST_F(MonitorsTest, NothingIsKnownBeforeTheFirstLookAndTheFirstRoundEndsOnce) {
  const Watch here{"web", kHere};
  const Watch there{"web", kThere};
  monitors_.configure({web()}, {here, there});
  EXPECT_EQ(value(here), Value::kUnknown);
  EXPECT_FALSE(monitors_.all_looked());
  EXPECT_TRUE(told_.empty()) << "nothing is told from within configure()";
  wait([&] { return first_rounds_ > 0; });
  EXPECT_EQ(value(here), Value::kUp);
  EXPECT_EQ(value(there), Value::kDown) << "nobody listens there";
  EXPECT_NE(monitors_.health(there).text.find("refused"), std::string::npos);
  wait([&] { return asked_ > 4; });
  EXPECT_EQ(first_rounds_, 1);
}

TEST_F(MonitorsTest, ThresholdsAreThoseOfTheMonitorAndTransitionsAreTold) {
  const Watch here{"web", kHere};
  monitors_.configure({web()}, {here});
  wait([&] { return value(here) == Value::kUp; });
  status_ = 503;
  wait([&] { return value(here) == Value::kDown; });
  EXPECT_NE(monitors_.health(here).text.find("status 503"), std::string::npos);
  EXPECT_EQ(monitors_.standings().at(0).state.bad, 3);
  status_ = 200;
  wait([&] { return value(here) == Value::kUp; });
  EXPECT_EQ(changes_,
            (std::vector<std::string>{"web@127.0.0.1 unknown up", "web@127.0.0.1 up down", "web@127.0.0.1 down up"}));
  EXPECT_EQ(told_[here], (std::vector<Value>{Value::kUp, Value::kDown, Value::kUp}));
}

TEST_F(MonitorsTest, AFailureThatDoesNotCountYetIsToldAsFailing) {
  const Watch here{"web", kHere};
  auto slow = web();
  slow.fall = 1000;
  monitors_.configure({slow}, {here});
  wait([&] { return value(here) == Value::kUp; });
  status_ = 500;
  wait([&] { return monitors_.health(here).failing; });
  EXPECT_EQ(value(here), Value::kUp);
}

TEST_F(MonitorsTest, ADisabledMemberIsNotAnsweredAndIsShownAsDisabled) {
  const Watch here{"web", kHere};
  monitors_.configure({web()}, {here});
  body_ = "MAINT until noon";
  wait([&] { return monitors_.all_looked(); });
  EXPECT_EQ(value(here), Value::kDown);
  EXPECT_EQ(monitors_.standings().at(0).state.value, MonitorValue::kDisabled);
  EXPECT_EQ(monitors_.health(here).text.rfind("disabled", 0), 0U) << monitors_.health(here).text;
}

TEST_F(MonitorsTest, MembersThatShareAnAddressShareTheLook) {
  auto fixed = web();
  fixed.address = kHere;
  const Watch one{"web", kHere};
  const Watch two{"web", kThere};
  const Watch required{"web", std::nullopt};
  monitors_.configure({fixed}, {one, two, required});
  EXPECT_EQ(monitors_.size(), 1U);
  wait([&] { return value(one) == Value::kUp && value(two) == Value::kUp && value(required) == Value::kUp; });
  EXPECT_EQ(told_.size(), 3U) << "each is told";
}

TEST_F(MonitorsTest, AReloadLeavesWhatIsUnchangedAlone) {
  const Watch here{"web", kHere};
  const Watch other{"other", kHere};
  monitors_.configure({web(), web("other")}, {here, other});
  wait([&] { return value(here) == Value::kUp && value(other) == Value::kUp; });
  auto changed = web("other");
  changed.path = "/other";
  monitors_.configure({web(), changed}, {here, other});
  EXPECT_EQ(value(here), Value::kUp);
  EXPECT_EQ(value(other), Value::kUp) << "until looks by its new settings say otherwise";
  EXPECT_TRUE(monitors_.all_looked());
  wait([&] { return paths_.contains("/other"); });
  monitors_.configure({web()}, {here});
  EXPECT_EQ(monitors_.size(), 1U);
  EXPECT_EQ(value(other), Value::kUnknown);
  const int before = asked_;
  wait([&] { return asked_ > before + 2; });
}

TEST_F(MonitorsTest, CompositesFollowTheirParts) {
  using K = conf::MonitorKind;
  auto there = web("there");
  there.address = kThere;
  const std::vector<conf::Monitor> all{web(), there, made_of("both", K::kAll, {"web", "there"}),
                                       made_of("one", K::kAny, {"web", "there"}),
                                       made_of("without", K::kNot, {"there"})};
  monitors_.configure(all, {{"both", kHere}, {"one", kHere}, {"without", std::nullopt}});
  EXPECT_EQ(monitors_.size(), 2U);
  wait([&] { return monitors_.all_looked(); });
  EXPECT_EQ(value({"both", kHere}), Value::kDown);
  EXPECT_NE(monitors_.health({"both", kHere}).text.find("there"), std::string::npos);
  EXPECT_EQ(value({"one", kHere}), Value::kUp);
  EXPECT_EQ(value({"without", std::nullopt}), Value::kUp);
  const auto second = serve(kThere, server_->address().port);
  wait([&] { return value({"both", kHere}) == Value::kUp; });
  EXPECT_EQ(value({"without", std::nullopt}), Value::kDown);
  EXPECT_EQ((told_[{"both", kHere}].back()), Value::kUp);
}

TEST_F(MonitorsTest, ManualResumeWaitsOverARestart) {
  const Watch here{"web", kHere};
  auto careful = web();
  careful.manual_resume = true;
  monitors_.configure({careful}, {here});
  wait([&] { return value(here) == Value::kUp; });
  status_ = 500;
  wait([&] { return value(here) == Value::kDown; });
  EXPECT_EQ(monitors_.latched(), std::set<std::string>{"web@127.0.0.1"});
  EXPECT_EQ(latches_, 1);
  status_ = 200;

  Monitors next(loop_, {});
  next.remember(monitors_.latched());
  next.configure({careful}, {here});
  wait([&] { return next.standings().at(0).state.good > 3; });
  EXPECT_EQ(next.health(here).value, Value::kDown);
  EXPECT_NE(next.standings().at(0).waits.find("manual resume"), std::string::npos);
  EXPECT_EQ(next.resume("elsewhere"), 0U);
  EXPECT_EQ(next.resume("127.0.0.1"), 1U);
  EXPECT_EQ(next.health(here).value, Value::kUp);
  EXPECT_TRUE(next.latched().empty());
}

TEST_F(MonitorsTest, WhoIsCutOffJudgesNobody) {
  const Watch here{"web", kHere};
  auto router = web("router");
  router.address = kThere;
  const auto member = web();
  auto member_server = std::move(server_);
  auto router_server = serve(kThere, member.port);
  monitors_.configure({member, router}, {here}, {"router"});
  wait([&] { return value(here) == Value::kUp && !monitors_.isolated(); });
  router_server.reset();
  wait([&] { return monitors_.isolated(); });
  member_server.reset();
  const auto looks = monitors_.counters()[static_cast<std::size_t>(probes::Outcome::kRefused)];
  wait([&] { return monitors_.counters()[static_cast<std::size_t>(probes::Outcome::kRefused)] > looks + 20; });
  EXPECT_EQ(value(here), Value::kUp);
  router_server = serve(kThere, member.port);
  wait([&] { return value(here) == Value::kDown; });
}

TEST_F(MonitorsTest, ManyAreSpreadAndAllAreLookedAt) {
  std::set<Watch> wanted;
  for (std::uint8_t i = 1; i <= 200; ++i) wanted.insert({"web", base::IpAddress::v4({127, 0, 1, i})});
  auto any = serve(base::IpAddress::v4({0, 0, 0, 0}));
  auto m = web();
  m.port = any->address().port;
  m.interval = base::seconds(1);
  monitors_.configure({m}, wanted);
  wait([&] { return first_rounds_ == 1; });
  EXPECT_EQ(monitors_.tally()[static_cast<std::size_t>(MonitorValue::kUp)], 200U);
  EXPECT_GE(asked_, 200) << "more if an interval passed since";
}

TEST(HttpCheck, NamesWhatTlsAsksForAndKeepsTheHost) {
  conf::Monitor m;
  m.kind = conf::MonitorKind::kHttps;
  m.port = 443;
  m.path = "/health";
  EXPECT_EQ(http_check(m, kHere).url, "https://127.0.0.1/health");
  m.host = "www.example.com";
  m.port = 8443;
  EXPECT_EQ(http_check(m, kHere).url, "https://www.example.com:8443/health");
  EXPECT_EQ(http_check(m, kHere).connect_to->to_string(), "127.0.0.1@8443");
  m.tls.server_name = "origin.example.com";
  m.user = "Aladdin";
  m.password = "open sesame";
  const auto check = http_check(m, *base::IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(check.url, "https://origin.example.com:8443/health");
  EXPECT_EQ(check.headers.at(0), (std::pair<std::string, std::string>{"Host", "www.example.com:8443"}));
  EXPECT_EQ(check.headers.at(1).second, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") << "RFC 7617 section 2";
}

}  // namespace
}  // namespace control
