#include "sitecheck/io/state_store.h"

#include <gtest/gtest.h>

#include "tests/support/loop_test.h"
#include "tests/support/mariadb_server.h"

namespace sitecheck {
namespace {

class StateStoreTest : public testing_support::LoopTest {
 protected:
  testing_support::TemporaryFolder folder_;
};

TEST_F(StateStoreTest, TellsOnceTheContentIsOnTheDisk) {
  StateStore store(loop_, folder_.path() / "epoch");
  EXPECT_EQ(store.load().fault, io::SlotFault::kMissing);
  bool done = false;
  store.store("one", [&](bool ok, const std::string&) {
    EXPECT_TRUE(ok);
    EXPECT_EQ(io::StateFile(folder_.path() / "epoch").load().content, "one");
    done = true;
  });
  run_until([&] { return done; });
}

TEST_F(StateStoreTest, StoresInOrder) {
  std::string order;
  {
    StateStore store(loop_, folder_.path() / "epoch");
    for (const char* text : {"a", "b", "c"}) {
      store.store(text, [&order, text](bool ok, const std::string&) { order += ok ? text : "!"; });
    }
    run_until([&] { return order.size() == 3; });
  }
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(io::StateFile(folder_.path() / "epoch").load().content, "c");
}

TEST_F(StateStoreTest, WhatWasQueuedIsWrittenBeforeItEnds) {
  {
    StateStore(loop_, folder_.path() / "epoch").store("last", [](bool, const std::string&) {});
  }
  EXPECT_EQ(io::StateFile(folder_.path() / "epoch").load().content, "last");
}

TEST_F(StateStoreTest, AFailureIsToldWithItsCause) {
  StateStore store(loop_, folder_.path() / "none" / "such" / "epoch");
  std::optional<bool> stored;
  std::string why;
  store.store("x", [&](bool ok, const std::string& message) {
    stored = ok;
    why = message;
  });
  run_until([&] { return stored.has_value(); });
  EXPECT_FALSE(*stored);
  EXPECT_FALSE(why.empty());
}

}  // namespace
}  // namespace sitecheck
