// All that control shows of itself, without its daemon: two sites, a good and a broken zone, as many wide-IPs as
// wanted.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "dnsd/control/settings.h"
#include "dnsd/control/view.h"
#include "tests/unit/base_io/loop_util.h"

namespace control {

inline constexpr const char* kZone =
    "$TTL 300\n@ SOA ns1 hostmaster 42 3600 900 1209600 60\n@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.2\n";

inline base::Instant at(std::int64_t ms) { return base::Instant(base::milliseconds(ms)); }

// Two sites, a good and a broken zone, and as many wide-IPs as wanted.
class ViewBench : public testing::Test {
 protected:
  void start(std::size_t wideips) {
    std::ofstream(folder_ / "good.zone") << kZone;
    std::ofstream(folder_ / "bad.zone") << "nonsense\n";
    config_.zones = {{"example.com", folder_ / "good.zone", {}}, {"example.net", folder_ / "bad.zone", {}}};
    config_.sites = {{"site1", {"http://127.0.0.1:1"}, {}, {}}, {"site2", {"http://127.0.0.1:2"}, {}, {}}};
    for (std::size_t i = 0; i < wideips; ++i) {
      conf::WideIp wideip;
      wideip.name = "w" + std::to_string(i) + ".example.com";
      wideip.members = {{"site1", "main", {base::IpAddress::v4({192, 0, 2, 11})}, {}},
                        {"site2", "main", {base::IpAddress::v4({192, 0, 2, 12})}, {}}};
      config_.wideips.push_back(wideip);
    }
    auto prepared = zones_.prepare(config_);
    ASSERT_TRUE(prepared.ok());
    zones_.publish(std::move(prepared.value), [](std::size_t) { return std::nullopt; });
    health_.configure(targets(config_));
    EngineHooks hooks;
    hooks.persist = [](const Ledger&, const Ledger::Change&) { return base::Result<void>(); };
    hooks.publish = [](std::size_t, const snapshot::DynamicAnswer&) {};
    hooks.decided = [](const Standing&, const auto&) {};
    engine_ = std::make_unique<Engine>(health_, Ledger(), hooks);
    engine_->configure(wideips_of(config_));
    engine_->decide_all({at(1000), {}});
  }

  void claim(const std::string& site, std::uint64_t counter, std::uint8_t id) {
    ecv::Report report;
    report.site = site;
    report.pool = "main";
    report.seq = ++seq_;
    report.state = ecv::PoolState::kActive;
    report.epoch = ecv::Epoch::make(counter, id);
    report.lease_ms = 2000;
    const auto url = site == "site1" ? "http://127.0.0.1:1" : "http://127.0.0.1:2";
    EXPECT_EQ(health_.report({site, "main"}, url, report, at(now_ms_ - 510), at(now_ms_ - 500)).verdict, Fault::kNone);
    engine_->decide_all({at(now_ms_ - 500), {}});
  }

  View view() {
    return {config_,   listen_,  zones_,    health_,  *engine_, faults_,           relays_, voter_,    services_,
            monitors_, reloads_, topology_, queries_, at(0),    {at(now_ms_), {}}, true,    overrides_};
  }

  base::Loop loop_;
  Voter voter_{"ns1", {}};
  ServiceTests services_{loop_, {}};
  Monitors monitors_{loop_, {}};
  io_test::TempFolder folder_;
  conf::Dnsd config_;
  std::vector<base::SocketAddress> listen_;
  snapshot::Publisher publisher_;
  ZoneTable zones_{publisher_};
  HealthTable health_;
  std::unique_ptr<Engine> engine_;
  FaultCounters faults_;
  RelayCounters relays_;
  ReloadCounters reloads_;
  TopologyStanding topology_;
  snapshot::Summed queries_;
  OverrideStanding overrides_;
  std::int64_t now_ms_ = 1510;
  std::uint64_t seq_ = 0;
};

}  // namespace control
