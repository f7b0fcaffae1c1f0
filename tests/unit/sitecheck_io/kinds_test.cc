// The configuration has its own table of the kinds of pools: the floors keep it from including the core's.
#include "sitecheck/core/kinds.h"

#include <gtest/gtest.h>

#include "conf/kind_table.h"

namespace sitecheck {
namespace {

TEST(Kinds, TheConfigurationKnowsThoseOfTheCore) {
  const auto core = core::builtin_kinds();
  const auto conf = conf::pool_kinds();
  ASSERT_EQ(conf.size(), core.size());
  for (std::size_t i = 0; i < core.size(); ++i) {
    EXPECT_EQ(conf[i].name, core[i].name);
    EXPECT_EQ(conf[i].help, core[i].help);
    EXPECT_EQ(conf[i].arbitrated, core[i].arbitrated) << core[i].name;
    EXPECT_EQ(conf[i].most_local_nodes, core[i].most_local_nodes) << core[i].name;
  }
}

}  // namespace
}  // namespace sitecheck
