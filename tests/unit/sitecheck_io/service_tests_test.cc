#include "sitecheck/io/service_tests.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace sitecheck {

namespace {

class ServiceTestsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    conf.arbiter.timing = *ecv::preset("fast");
    conf.pools.emplace_back();
    conf.pools[0].name = "main";
    conf.pools[0].monitor = {"wideip_mon", "secret"};
  }
  // Until so many tests have ended, or 5 s.
  void run_until(std::size_t tests) {
    wanted = tests;
    base::Timer limit(loop, [this] { loop.stop(); });
    limit.start(base::seconds(5));
    loop.run();
  }
  std::unique_ptr<ServiceTests> make() {
    return std::make_unique<ServiceTests>(loop, conf, [this](core::Event e) {
      seen.push_back(std::get<core::ServiceTested>(e));
      if (seen.size() >= wanted) loop.stop();
    });
  }

  base::Loop loop;
  conf::Sitecheck conf;
  std::vector<core::ServiceTested> seen;
  std::size_t wanted = 1;
};

// Nobody listens on port 1 of the loopback.
TEST_F(ServiceTestsTest, ASiteThatTellsItsAddressIsTestedThere) {
  auto tests = make();
  EXPECT_TRUE(tests->found(0).empty());
  tests->learn({0, "site2", "127.0.0.1@1"});
  ASSERT_EQ(tests->found(0).size(), 1U);
  run_until(2);
  ASSERT_GE(seen.size(), 2U);
  EXPECT_EQ(seen[0].site, "site2");
  EXPECT_FALSE(seen[0].ok);
  EXPECT_EQ(tests->found(0)[0].address.to_string(), "127.0.0.1@1");
}

TEST_F(ServiceTestsTest, AnotherAddressReplacesTheFirstAndNoneEndsTheTests) {
  auto tests = make();
  tests->learn({0, "site2", "127.0.0.1@1"});
  run_until(1);
  tests->learn({0, "site2", "127.0.0.2@1"});
  ASSERT_EQ(tests->found(0).size(), 1U);
  EXPECT_EQ(tests->found(0)[0].address.to_string(), "127.0.0.2@1");
  tests->learn({0, "site2", ""});
  EXPECT_TRUE(tests->found(0).empty());
}

TEST_F(ServiceTestsTest, TextThatIsNoAddressTestsNothing) {
  auto tests = make();
  tests->learn({0, "site2", "127.0.0.1@1"});
  for (const char* text : {"db.example.com@3306", "127.0.0.1", "127.0.0.1@0@0", "@", "127.0.0.1@70000"}) {
    tests->learn({0, "site2", text});
    EXPECT_TRUE(tests->found(0).empty()) << text;
  }
}

TEST_F(ServiceTestsTest, WhatTheConfigurationNamesStands) {
  conf.pools[0].service_at.push_back({"site2", *base::SocketAddress::parse("127.0.0.3@1"), {}});
  auto tests = make();
  tests->learn({0, "site2", "127.0.0.1@1"});
  ASSERT_EQ(tests->found(0).size(), 1U);
  EXPECT_EQ(tests->found(0)[0].address.to_string(), "127.0.0.3@1");
}

}  // namespace

}  // namespace sitecheck
