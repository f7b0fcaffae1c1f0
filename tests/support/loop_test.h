// A test fixture with a loop that runs until something holds.
#pragma once

#include <gtest/gtest.h>

#include "base/uv.h"

namespace testing_support {

class LoopTest : public ::testing::Test {
 protected:
  // Runs the loop until `done` holds; fails the test after `limit`.
  template <typename Done>
  void run_until(Done done, base::Duration limit = base::seconds(10)) {
    bool expired = false;
    base::Timer stop(loop_, [&] { expired = true; });
    stop.start(limit);
    while (!done() && !expired) loop_.run_once(true);
    ASSERT_TRUE(done()) << "not within " << base::format_duration(limit);
  }
  void run_for(base::Duration time) {
    bool expired = false;
    base::Timer stop(loop_, [&] { expired = true; });
    stop.start(time);
    while (!expired) loop_.run_once(true);
  }

  base::Loop loop_;
};

}  // namespace testing_support
