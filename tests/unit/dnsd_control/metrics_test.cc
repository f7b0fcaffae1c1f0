#include "dnsd/control/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/json_schema.h"
#include "tests/support/metrics_check.h"
#include "tests/unit/dnsd_control/view_bench.h"

namespace control {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Metrics : public ViewBench {
 protected:
  std::string text() { return metrics_text(view()); }
};

TEST_F(Metrics, AreWhatAPrometheusParserWantsBeforeAndAfterTheFirstClaim) {
  start(2);
  EXPECT_EQ(support::metrics_faults(text()), "");
  claim("site1", 7, 1);
  EXPECT_EQ(support::metrics_faults(text()), "");
}

TEST_F(Metrics, TellOrdersByKindAndWhenTheFirstEnds) {
  start(1);
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_overrides{kind=\"drain\",break_glass=\"false\"} 0\n"),
                            HasSubstr("wideip_dnsd_overrides_writable 1\n"),
                            Not(HasSubstr("wideip_dnsd_override_expiry_seconds "))));
  Order order;
  order.what = {decide::OrderKind::kDrain, "site1", "", at(now_ms_ + 90'000), true};
  overrides_.list = {order};
  overrides_.counters.refused["at_least"] = 3;
  overrides_.writable = false;
  EXPECT_EQ(support::metrics_faults(text()), "");
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_overrides{kind=\"drain\",break_glass=\"true\"} 1\n"),
                            HasSubstr("wideip_dnsd_override_expiry_seconds 90\n"),
                            HasSubstr("wideip_dnsd_overrides_refused_total{rule=\"at_least\"} 3\n"),
                            HasSubstr("wideip_dnsd_overrides_writable 0\n")));
}

TEST_F(Metrics, CountQueriesByTransportAndResponsesByRcode) {
  start(0);
  queries_.counters[static_cast<std::size_t>(snapshot::Counter::kUdp4)] = 5;
  queries_.counters[static_cast<std::size_t>(snapshot::Counter::kTcp6)] = 2;
  queries_.counters[static_cast<std::size_t>(snapshot::Counter::kDropShort)] = 3;
  queries_.rcodes[wire::kNxDomain] = 4;
  queries_.rcodes[snapshot::kRcodes - 1] = 1;
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_queries_total{transport=\"udp4\"} 5\n"),
                            HasSubstr("wideip_dnsd_queries_total{transport=\"tcp6\"} 2\n"),
                            HasSubstr("wideip_dnsd_drops_total{reason=\"short\"} 3\n"),
                            HasSubstr("wideip_dnsd_responses_total{rcode=\"NXDOMAIN\"} 4\n"),
                            HasSubstr("wideip_dnsd_responses_total{rcode=\"NOERROR\"} 0\n"),
                            HasSubstr("wideip_dnsd_responses_total{rcode=\"other\"} 1\n")));
}

TEST_F(Metrics, ShowTheMonitorsAndTheirLooks) {
  start(1);
  conf::Monitor web;
  web.name = "web";
  web.port = 1;  // nobody listens there
  web.timeout = base::seconds(10);
  monitors_.configure({web}, {{"web", base::IpAddress::v4({127, 0, 0, 1})}});
  EXPECT_THAT(text(), HasSubstr("wideip_dnsd_monitors{state=\"unknown\"} 1\n"));
  ASSERT_TRUE(io_test::run_until(loop_, [&] { return monitors_.all_looked(); }));
  EXPECT_EQ(support::metrics_faults(text()), "");
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_monitors{state=\"down\"} 1\n"),
                            HasSubstr("wideip_dnsd_monitor_looks_total{outcome=\"refused\"} 1\n"),
                            HasSubstr("wideip_dnsd_monitor_up{monitor=\"web\",address=\"127.0.0.1\"} 0\n")));
  now_ms_ = base::to_ms(base::read_boot_clock().time_since_epoch()) + 1;
  json_schema::expect_valid("dnsd-status", status_json(view()));
  EXPECT_THAT(status_json(view()), HasSubstr("\"state\":\"down\""));
}

// A counter that no group takes would be lost in silence.
TEST_F(Metrics, ShowEveryCounterOfTheDataPlane) {
  start(0);
  for (std::size_t i = 0; i < snapshot::kCounters; ++i) queries_.counters[i] = 1000 + i;
  const auto shown = text();
  for (std::size_t i = 0; i < snapshot::kCounters; ++i) {
    EXPECT_THAT(shown, HasSubstr("\"} " + std::to_string(1000 + i) + "\n"))
        << snapshot::counter_name(static_cast<snapshot::Counter>(i)).name;
  }
}

TEST_F(Metrics, TellRefusedReportsFromThoseThatNeverCame) {
  start(0);
  faults_.add(Fault::kNone);
  faults_.add(Fault::kMacMismatch);
  faults_.add(Fault::kMacMismatch);
  faults_.add(Fault::kTimeout);
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_reports_accepted_total 1\n"),
                            HasSubstr("wideip_dnsd_reports_refused_total{reason=\"mac_mismatch\"} 2\n"),
                            HasSubstr("wideip_dnsd_report_failures_total{reason=\"timeout\"} 1\n")));
}

TEST_F(Metrics, ShowTheAnswerItsEpochAndTheClaims) {
  start(1);
  claim("site1", 7, 1);
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_wideip_addresses{wideip=\"w0.example.com\"} 1\n"),
                            HasSubstr("wideip_dnsd_wideip_epoch_counter{wideip=\"w0.example.com\"} 7\n"),
                            HasSubstr("wideip_dnsd_wideips{outcome=\"answer\"} 1\n"),
                            HasSubstr("wideip_dnsd_claim_active{site=\"site1\",pool=\"main\"} 1\n"),
                            HasSubstr("wideip_dnsd_claim_age_seconds{site=\"site1\",pool=\"main\"} 0.5\n"),
                            HasSubstr("wideip_dnsd_claim_lease_seconds{site=\"site1\",pool=\"main\"} 1.49"),
                            Not(HasSubstr("wideip_dnsd_claim_age_seconds{site=\"site2\""))));
}

TEST_F(Metrics, ShowZonesReloadsAndUptime) {
  start(0);
  reloads_ = {3, 1};
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_zone_serial{zone=\"example.com\"} 42\n"),
                            HasSubstr("wideip_dnsd_zone_records{zone=\"example.com\"} 4\n"),
                            HasSubstr("wideip_dnsd_zone_fresh{zone=\"example.net\"} 0\n"),
                            HasSubstr("wideip_dnsd_zone_loaded{zone=\"example.net\"} 0\n"),
                            HasSubstr("wideip_dnsd_reloads_total{result=\"done\"} 3\n"),
                            HasSubstr("wideip_dnsd_reloads_total{result=\"refused\"} 1\n"),
                            HasSubstr("wideip_dnsd_uptime_seconds 1.51\n"), HasSubstr("wideip_dnsd_ready 1\n"),
                            HasSubstr("wideip_dnsd_build_info{version=\"" WIDEIP_VERSION "\"} 1\n")));
}

TEST_F(Metrics, TellWhetherTheDatabaseOfRegionsIsInUse) {
  start(0);
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_topology_ranges{family=\"ipv4\"} 1\n"),
                            HasSubstr("wideip_dnsd_topology_database_current 1\n"),
                            HasSubstr("wideip_dnsd_topology_failures_total 0\n")));
  topology_.fault = "cut short";
  topology_.failures = 2;
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip_dnsd_topology_database_current 0\n"),
                            HasSubstr("wideip_dnsd_topology_failures_total 2\n")));
}

TEST_F(Metrics, BoundTheSeriesOfWideIps) {
  start(kMetricsListed + 5);
  EXPECT_THAT(text(), AllOf(HasSubstr("wideip=\"w999.example.com\""), Not(HasSubstr("wideip=\"w1000.example.com\"")),
                            HasSubstr("wideip_dnsd_wideips_not_listed 5\n")));
}

TEST_F(Metrics, StatusOfVeryManyShowsAPartThoseInTroubleFirst) {
  start(1500);
  auto far = config_.wideips;
  far[1400].members = {{"site2", "other", {base::IpAddress::v4({192, 0, 2, 13})}, {}}};
  config_.wideips = far;
  health_.configure(targets(config_));
  engine_->configure(wideips_of(config_));
  engine_->decide_all({at(1000), {}});
  claim("site1", 3, 1);
  const auto status = nlohmann::json::parse(status_json(view()));
  EXPECT_EQ(status["wideips_total"], 1500);
  EXPECT_EQ(status["wideips_troubled"], 1);
  ASSERT_EQ(status["wideips"].size(), 1000U);
  EXPECT_EQ(status["wideips"][0]["name"], "w1400.example.com");
  EXPECT_EQ(status["wideips"][1]["name"], "w0.example.com");
  const auto rest = nlohmann::json::parse(status_json(view(), 1400));
  ASSERT_EQ(rest["wideips"].size(), 100U);
  EXPECT_EQ(rest["wideips"][0]["name"], "w1400.example.com");
  EXPECT_EQ(rest["wideips"][99]["name"], "w1499.example.com");
  EXPECT_TRUE(nlohmann::json::parse(status_json(view(), 1500))["wideips"].empty());
}

}  // namespace
}  // namespace control
