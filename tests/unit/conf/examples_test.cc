#include <gmock/gmock.h>

#include <cstdlib>

#include "files.h"

namespace conf {
namespace {

// The real files, but for the environment.
Outside outside() {
  Outside out = real_outside();
  out.variable = [](const std::string& name) -> std::optional<std::string> {
    return name.find("KEY") != std::string::npos ? test::kSecret : "secret";
  };
  return out;
}

TEST(Examples, EachLoads) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(WIDEIP_SOURCE_DIR) + "/conf/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++seen;
    const bool dnsd = entry.path().filename().string().starts_with("dnsd");
    const auto faults =
        dnsd ? load_dnsd(entry.path(), outside()).faults : load_sitecheck(entry.path(), outside()).faults;
    EXPECT_EQ(test::lines(faults), "");
  }
  EXPECT_EQ(seen, 6);
}

// Protocol.md rule 9: both sites use the same external checkpoints, arbiter and timing; each is the other's mirror.
TEST(Examples, TheTwoSitesBelongTogether) {
  const std::string folder = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/";
  const auto one = load_sitecheck(folder + "sitecheck-site1.yaml", outside()).value;
  const auto two = load_sitecheck(folder + "sitecheck-site2.yaml", outside()).value;
  EXPECT_EQ(one.arbiter.timing, two.arbiter.timing);
  ASSERT_EQ(one.checkpoints.size(), two.checkpoints.size());
  for (std::size_t i = 0; i < one.checkpoints.size(); ++i) {
    EXPECT_EQ(one.checkpoints[i].id, two.checkpoints[i].id);
    EXPECT_EQ(one.checkpoints[i].tcp, two.checkpoints[i].tcp);
    EXPECT_EQ(one.checkpoints[i].url, two.checkpoints[i].url);
  }
  EXPECT_EQ(one.peers.at(0).site, two.site.name);
  EXPECT_EQ(two.peers.at(0).id, one.site.id);
  EXPECT_EQ(one.pools.at(0).nodes.at(1).host, two.pools.at(0).nodes.at(0).host);
  const auto dnsd = load_dnsd(folder + "dnsd.yaml", outside()).value;
  EXPECT_EQ(dnsd.sites.at(0).peer, two.peers.at(0).addr);
  EXPECT_EQ(dnsd.keys.at(0).key.secret, one.keys.at(1).key.secret);
}

}  // namespace
}  // namespace conf
