// Watches against a real etcd.
#include "base/io/etcd_watch.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "base/io/etcd_client.h"
#include "tests/support/etcd_server.h"
#include "tests/unit/base_io/etcd_calls.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using io::EtcdClient;
using io::EtcdView;
using io_test::campaign;
using io_test::options_for;
using io_test::read;
using io_test::release;
using io_test::run_until;
using testing_support::EtcdServer;

// A client with a watch of "main"; `views` is what was told.
struct Watcher {
  Watcher(base::Loop& loop_in, io::EtcdOptions options)
      : loop(loop_in),
        client(loop, std::move(options)),
        watch(client.watch("main", [this](const EtcdView& v) { views.push_back(v); })) {}
  // Until the newest view is of that owner ("": nobody).
  bool sees(const std::string& owner) {
    return run_until(loop, [&] {
      return !views.empty() && !views.back().blind && (views.back().owner ? views.back().owner->value : "") == owner;
    });
  }
  bool blind() {
    return run_until(loop, [&] { return !views.empty() && views.back().blind; });
  }
  base::Loop& loop;
  EtcdClient client;
  std::vector<EtcdView> views;
  std::unique_ptr<io::EtcdWatch> watch;
};

// Readings so rare that only the stream can have told.
io::EtcdOptions by_stream(std::vector<std::string> endpoints) {
  auto out = options_for(std::move(endpoints));
  out.confirm_every = base::seconds(60);
  return out;
}

TEST(EtcdWatch, TellsTheOwnerAtOnceAndEveryChange) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient site(loop, options_for({etcd.url()}));
  const auto won = campaign(loop, site, "main", "site1", 60);
  Watcher watcher(loop, by_stream({etcd.url()}));
  ASSERT_TRUE(watcher.sees("site1"));
  EXPECT_EQ(watcher.views.back().owner->create_revision, won.create_revision);
  EXPECT_EQ(watcher.views.back().owner->lease_id, won.lease_id);
  (void)release(loop, site, won.lease_id);
  ASSERT_TRUE(watcher.sees(""));
  (void)campaign(loop, site, "main", "site2", 60);
  ASSERT_TRUE(watcher.sees("site2"));
  (void)campaign(loop, site, "other", "site3", 60);
  io_test::run_for(loop, base::milliseconds(100));
  EXPECT_EQ(watcher.views.size(), 3U) << "once each, and nothing of other keys";
}

TEST(EtcdWatch, ALeaseThatRunsOutIsSeen) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient site(loop, options_for({etcd.url()}));
  (void)campaign(loop, site, "main", "site1", 2);
  Watcher watcher(loop, by_stream({etcd.url()}));
  ASSERT_TRUE(watcher.sees("site1"));
  EXPECT_TRUE(watcher.sees(""));
}

TEST(EtcdWatch, GoesBlindWhenEtcdDiesAndSeesAgainWhenItIsBack) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient site(loop, options_for({etcd.url()}));
  (void)campaign(loop, site, "main", "site1", 60);
  Watcher watcher(loop, by_stream({etcd.url()}));
  ASSERT_TRUE(watcher.sees("site1"));
  etcd.kill();
  ASSERT_TRUE(watcher.blind());
  EXPECT_FALSE(watcher.views.back().message.empty());
  EXPECT_TRUE(watcher.views.back().owner) << "who was the last seen is kept";
  etcd.start();
  ASSERT_TRUE(watcher.sees("site1"));
  EXPECT_EQ(watcher.views.size(), 3U);
}

TEST(EtcdWatch, ASilentStreamIsNoEvidenceThatEtcdLives) {
  EtcdServer etcd;
  base::Loop loop;
  auto options = options_for({etcd.url()});
  options.confirm_every = base::milliseconds(200);
  options.limit = base::milliseconds(300);
  Watcher watcher(loop, options);
  ASSERT_TRUE(watcher.sees(""));
  etcd.freeze();
  EXPECT_TRUE(watcher.blind());
  etcd.thaw();
  EXPECT_TRUE(watcher.sees(""));
}

TEST(EtcdWatch, SurvivesACompactionBetweenTwoReadings) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient site(loop, options_for({etcd.url()}));
  Watcher watcher(loop, by_stream({etcd.url()}));
  ASSERT_TRUE(watcher.sees(""));
  etcd.kill();
  ASSERT_TRUE(watcher.blind());
  etcd.start();
  (void)campaign(loop, site, "main", "site1", 60);
  etcd.ctl("compact " + std::to_string(read(loop, site, "main").revision));
  EXPECT_TRUE(watcher.sees("site1"));
}

TEST(EtcdWatch, ARebuiltEtcdWhoseRevisionsBeginAgainIsFollowed) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient site(loop, options_for({etcd.url()}));
  for (int i = 0; i < 5; ++i) (void)campaign(loop, site, "noise" + std::to_string(i), "x", 60);
  const auto old = campaign(loop, site, "main", "site1", 60);
  Watcher watcher(loop, by_stream({etcd.url()}));
  ASSERT_TRUE(watcher.sees("site1"));
  etcd.rebuild();
  ASSERT_TRUE(watcher.sees(""));
  const auto won = campaign(loop, site, "main", "site2", 60);
  EXPECT_LT(won.create_revision, old.create_revision);
  EXPECT_TRUE(watcher.sees("site2"));
}

TEST(EtcdWatch, MovesToAnotherEndpointWhenItsOwnDies) {
  EtcdServer first;
  EtcdServer second;  // a cluster of its own: enough to see where the watch went
  base::Loop loop;
  EtcdClient site(loop, options_for({second.url()}));
  (void)campaign(loop, site, "main", "elsewhere", 60);
  Watcher watcher(loop, by_stream({first.url(), second.url()}));
  ASSERT_TRUE(watcher.sees(""));
  first.kill();
  EXPECT_TRUE(watcher.sees("elsewhere"));
}

TEST(EtcdWatch, FollowsWithAuthenticationAndAfterItsTokenIsVoid) {
  EtcdServer etcd;
  etcd.enable_auth();
  base::Loop loop;
  auto options = by_stream({etcd.url()});
  options.user = "site";
  options.password = "s3cret";
  Watcher watcher(loop, options);
  ASSERT_TRUE(watcher.sees(""));
  ASSERT_EQ(campaign(loop, watcher.client, "main", "site1", 60).outcome, io::EtcdOutcome::kDone);
  ASSERT_TRUE(watcher.sees("site1"));
  etcd.ctl("--user root:r auth disable");
  etcd.ctl("auth enable");
  const auto owner = read(loop, watcher.client, "main").owner;
  ASSERT_TRUE(owner);
  (void)release(loop, watcher.client, owner->lease_id);
  EXPECT_TRUE(watcher.sees(""));
}

TEST(EtcdWatch, ItsCallbackMayDestroyIt) {
  EtcdServer etcd;
  base::Loop loop;
  EtcdClient site(loop, options_for({etcd.url()}));
  (void)campaign(loop, site, "main", "site1", 60);
  for (int after : {1, 2}) {
    int told = 0;
    std::unique_ptr<io::EtcdWatch> watch;
    watch = site.watch("main", [&](const EtcdView&) {
      if (++told == after) watch.reset();
    });
    ASSERT_TRUE(run_until(loop, [&] { return told == 1; }));
    const auto owner = read(loop, site, "main").owner;
    (void)release(loop, site, owner->lease_id);
    (void)campaign(loop, site, "main", "site1", 60);
    io_test::run_for(loop, base::milliseconds(100));
    EXPECT_EQ(told, after);
  }
}

}  // namespace
