// Calls of the etcd client, waited for; each checks that there is exactly one outcome, and none from within the call.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/io/etcd_client.h"
#include "tests/unit/base_io/loop_util.h"

namespace io_test {

inline io::EtcdOptions options_for(std::vector<std::string> endpoints) {
  io::EtcdOptions out;
  out.endpoints = std::move(endpoints);
  out.prefix = "/wideip/";
  return out;
}

template <typename Outcome, typename Start>
Outcome outcome_of(base::Loop& loop, Start start) {
  std::optional<Outcome> got;
  int outcomes = 0;
  start([&](const Outcome& o) {
    got = o;
    ++outcomes;
  });
  EXPECT_EQ(outcomes, 0) << "told from within the call";
  EXPECT_TRUE(run_until(loop, [&] { return got.has_value(); }));
  EXPECT_LE(outcomes, 1);
  return got.value_or(Outcome{});
}

inline io::EtcdCampaign campaign(base::Loop& loop, io::EtcdClient& client, const std::string& key,
                                 const std::string& value, std::int64_t ttl_s) {
  return outcome_of<io::EtcdCampaign>(loop, [&](auto done) { client.campaign(key, value, ttl_s, done); });
}
inline io::EtcdKeepAlive keep_alive(base::Loop& loop, io::EtcdClient& client, std::int64_t lease_id) {
  return outcome_of<io::EtcdKeepAlive>(loop, [&](auto done) { client.keep_alive(lease_id, done); });
}
inline io::EtcdReply release(base::Loop& loop, io::EtcdClient& client, std::int64_t lease_id) {
  return outcome_of<io::EtcdReply>(loop, [&](auto done) { client.release(lease_id, done); });
}
inline io::EtcdRead read(base::Loop& loop, io::EtcdClient& client, const std::string& key) {
  return outcome_of<io::EtcdRead>(loop, [&](auto done) { client.read(key, done); });
}

}  // namespace io_test
