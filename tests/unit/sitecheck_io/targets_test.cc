#include "sitecheck/io/targets.h"

#include <gmock/gmock.h>

namespace sitecheck {
namespace {

using ::testing::HasSubstr;

// Two pools that call a node alike; one server is in both.
conf::Sitecheck two_pools() {
  conf::Sitecheck out;
  for (const auto* name : {"shop", "blog"}) {
    conf::Pool pool;
    pool.name = name;
    for (const int number : {1, 2}) {
      conf::Node node;
      node.name = "db" + std::to_string(number);
      node.host = number == 1 ? "192.0.2.1" : "2001:db8::2";
      node.port = number == 2 && pool.name == "blog" ? 3307 : 3306;
      pool.nodes.push_back(node);
    }
    out.pools.push_back(pool);
  }
  out.pools[1].nodes[1].name = "other";
  return out;
}

TEST(Targets, ANodeGoesByItsNameOrItsAddress) {
  const auto conf = two_pools();
  for (const auto* word : {"db2", "2001:db8::2:3306", "[2001:db8::2]:3306", "shop/db2"}) {
    const auto found = node_target(conf, word);
    ASSERT_TRUE(found) << word << ": " << found.error().message;
    EXPECT_EQ(found->pool, 0U);
    EXPECT_EQ(found->node, 1U);
  }
  EXPECT_EQ(node_target(conf, "other")->pool, 1U);
}

TEST(Targets, WhatSeveralPoolsHaveIsRefusedWithWhatToSay) {
  const auto conf = two_pools();
  for (const auto* word : {"db1", "192.0.2.1:3306"}) {
    const auto found = node_target(conf, word);
    ASSERT_FALSE(found) << word;
    EXPECT_THAT(found.error().message, HasSubstr("say which: shop/db1, blog/db1"));
  }
  EXPECT_EQ(node_target(conf, "blog/db1")->pool, 1U);
  EXPECT_EQ(node_target(conf, "blog/192.0.2.1:3306")->node, 0U);
}

TEST(Targets, WhatThereIsNotIsToldWithWhatThereIs) {
  auto conf = two_pools();
  EXPECT_THAT(node_target(conf, "db3").error().message, HasSubstr("no node \"db3\"; there are: db1, db2"));
  EXPECT_FALSE(node_target(conf, "blog/db2"));
  EXPECT_FALSE(node_target(conf, ""));
  EXPECT_THAT(pool_target(conf, "shopp").error().message, HasSubstr("there are: shop, blog"));
  EXPECT_EQ(pool_target(conf, "blog")->pool, 1U);
  EXPECT_FALSE(pool_target(conf, "blog")->node);
  for (int i = 0; i < 100; ++i) conf.pools[0].nodes.push_back(conf.pools[0].nodes[0]);
  EXPECT_THAT(node_target(conf, "none").error().message, HasSubstr("and 84 more"));
}

}  // namespace
}  // namespace sitecheck
