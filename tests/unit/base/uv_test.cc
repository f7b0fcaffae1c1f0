#include "base/uv.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "base/fd.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using namespace std::chrono_literals;
using io_test::run_for;
using io_test::run_until;

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  base::Fd ours;
  base::Fd theirs;
};

TEST(Timer, FiresOnceOrAgain) {
  base::Loop loop;
  int once = 0;
  int often = 0;
  base::Timer a(loop, [&] { ++once; });
  base::Timer b(loop, [&] {
    if (++often == 3) b.stop();
  });
  a.start(1ms);
  b.start(1ms, 2ms);
  EXPECT_TRUE(run_until(loop, [&] { return often == 3; }));
  run_for(loop, 20ms);
  EXPECT_EQ(once, 1);
  EXPECT_EQ(often, 3);
}

TEST(Timer, ADestroyedOneStaysSilent) {
  base::Loop loop;
  int fired = 0;
  {
    base::Timer timer(loop, [&] { ++fired; });
    timer.start(1ms);
  }
  run_for(loop, 20ms);
  EXPECT_EQ(fired, 0);
}

TEST(Timer, MayDestroyItselfInItsCallback) {
  base::Loop loop;
  std::unique_ptr<base::Timer> timer;
  const auto kept = std::make_shared<std::string>("captured");
  std::string seen;
  timer = std::make_unique<base::Timer>(loop, [&timer, &seen, kept] {
    timer.reset();
    seen = *kept;  // what the callback captured outlives the object while it runs
  });
  timer->start(1ms);
  EXPECT_TRUE(run_until(loop, [&] { return !seen.empty(); }));
}

TEST(Timer, ThoseOfOneInstantFireInTheOrderOfTheirStarts) {
  base::Loop loop;
  std::string order;
  base::Timer a(loop, [&] { order += "a"; });
  base::Timer b(loop, [&] { order += "b"; });
  base::Timer c(loop, [&] { order += "c"; });
  base::Timer d(loop, [&] { order += "d"; });
  d.start(30ms);
  for (auto* timer : {&c, &a, &b}) timer->start(0ms);
  EXPECT_TRUE(run_until(loop, [&] { return order.size() == 4; }));
  EXPECT_EQ(order, "cabd");
}

// Many are due at once, and each does something else to the others.
TEST(Timer, ACallbackMayStopStartAndDestroyOthers) {
  base::Loop loop;
  std::string order;
  auto gone = std::make_unique<base::Timer>(loop, [&] { order += "gone"; });
  base::Timer stopped(loop, [&] { order += "stopped"; });
  base::Timer later(loop, [&] { order += "later "; });
  base::Timer first(loop, [&] {
    order += "first ";
    stopped.stop();
    gone.reset();
    later.start(20ms);
  });
  base::Timer last(loop, [&] { order += "last "; });
  first.start(0ms);
  stopped.start(0ms);
  gone->start(0ms);
  later.start(0ms);
  last.start(0ms);
  EXPECT_TRUE(run_until(loop, [&] { return order.find("later") != std::string::npos; }));
  EXPECT_EQ(order, "first last later ");
}

TEST(Timer, StartedAnewItForgetsWhenItWasDue) {
  base::Loop loop;
  int fired = 0;
  base::Timer timer(loop, [&] { ++fired; });
  timer.start(1ms);
  timer.start(1h);
  run_for(loop, 20ms);
  EXPECT_EQ(fired, 0);
  timer.start(1ms);
  EXPECT_TRUE(run_until(loop, [&] { return fired == 1; }));
}

TEST(Timer, OneThatAlwaysStartsItselfForNowLeavesTheSocketsTheirTurn) {
  base::Loop loop;
  Pair pair;
  bool told = false;
  std::uint64_t fired = 0;
  base::Poll poll(loop, pair.ours.get(), [&](int, int) { told = true; });
  poll.start(base::Poll::kReadable);
  ASSERT_EQ(::send(pair.theirs.get(), "x", 1, MSG_NOSIGNAL), 1);
  base::Timer* restarted = nullptr;
  // It gives up after so many, so that a loop that is never left fails here and does not hang.
  base::Timer timer(loop, [&] {
    if (++fired < 10'000'000 && !told) restarted->start(base::Duration::zero());
  });
  restarted = &timer;
  timer.start(base::Duration::zero());
  while (!told && fired < 10'000'000) loop.run_once(false);
  EXPECT_TRUE(told);
  EXPECT_LT(fired, 10'000'000U);
}

TEST(Timer, OfNoEndIsNoneThatFires) {
  base::Loop loop;
  int fired = 0;
  base::Timer timer(loop, [&] { ++fired; });
  timer.start(base::Duration::max());
  run_for(loop, 10ms);
  EXPECT_EQ(fired, 0);
}

TEST(Loop, RunEndsOnceTheLastTimerHasFiredOrWasStopped) {
  base::Loop loop;
  int fired = 0;
  base::Timer one(loop, [&] { ++fired; });
  base::Timer never(loop, [&] { ++fired; });
  never.start(1h);
  one.start(1ms);
  base::Timer stop(loop, [&] { never.stop(); });
  stop.start(2ms);
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST(Poll, TellsReadableAndWritable) {
  base::Loop loop;
  const Pair pair;
  int events = 0;
  base::Poll poll(loop, pair.ours.get(), [&](int status, int ready) {
    EXPECT_EQ(status, 0);
    events |= ready;
  });
  poll.start(base::Poll::kReadable);
  run_for(loop, 10ms);
  EXPECT_EQ(events, 0);
  ASSERT_EQ(::send(pair.theirs.get(), "x", 1, 0), 1);
  EXPECT_TRUE(run_until(loop, [&] { return events == base::Poll::kReadable; }));
  poll.start(base::Poll::kWritable);
  EXPECT_TRUE(run_until(loop, [&] { return (events & base::Poll::kWritable) != 0; }));
}

TEST(Poll, ADescriptorMayBePolledAnewOnceItsPollIsGone) {
  base::Loop loop;
  const Pair pair;
  for (int i = 0; i < 3; ++i) {
    bool seen = false;
    ASSERT_EQ(::send(pair.theirs.get(), "x", 1, 0), 1);
    base::Poll poll(loop, pair.ours.get(), [&](int, int) { seen = true; });
    poll.start(base::Poll::kReadable);
    EXPECT_TRUE(run_until(loop, [&] { return seen; }));
  }
}

TEST(Async, WakesTheLoopFromAnotherThread) {
  base::Loop loop;
  int woken = 0;
  base::Async async(loop, [&] { ++woken; });
  std::thread other([&] { async.send(); });
  EXPECT_TRUE(run_until(loop, [&] { return woken == 1; }));
  other.join();
}

TEST(Signal, IsDelivered) {
  base::Loop loop;
  int got = 0;
  base::Signal signal(loop, SIGUSR1, [&] { ++got; });
  ASSERT_EQ(::raise(SIGUSR1), 0);
  EXPECT_TRUE(run_until(loop, [&] { return got == 1; }));
}

// The order on which the step of every core rests (protocol.md rule 8).
TEST(AfterPoll, RunsAfterTheSocketsOfItsTurn) {
  base::Loop loop;
  const Pair pair;
  std::string order;
  base::Poll poll(loop, pair.ours.get(), [&](int, int) {
    order += "input ";
    poll.stop();
  });
  poll.start(base::Poll::kReadable);
  base::AfterPoll step(loop, [&] { order += "step "; });
  ASSERT_EQ(::send(pair.theirs.get(), "x", 1, 0), 1);
  loop.run_once(true);
  EXPECT_EQ(order, "input step ");
}

TEST(Loop, ATurnWaitsForNothingMoreOnceATimerFired) {
  base::Loop loop;
  bool later = false;
  base::Timer far(loop, [&] { later = true; });
  far.start(3s);
  bool fired = false;
  base::Timer now(loop, [&] { fired = true; });
  now.start(0ms);
  loop.run_once(true);
  EXPECT_TRUE(fired);
  EXPECT_FALSE(later);
  far.start(1ms);
  loop.run_once(true);  // the next turn waits again
  EXPECT_TRUE(later);
}

TEST(Loop, StopEndsRun) {
  base::Loop loop;
  base::Timer forever(loop, [] {});
  forever.start(1h);
  base::Timer stop(loop, [&] { loop.stop(); });
  stop.start(1ms);
  loop.run();
  SUCCEED();
}

}  // namespace
