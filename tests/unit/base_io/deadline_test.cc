#include "base/io/deadline.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "base/fd.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

TEST(Deadline, InputThatWaitedThroughAHeldUpLoopWins) {
  base::Loop loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const base::Fd ours(ends[0]);
  const base::Fd theirs(ends[1]);
  std::string order;
  base::Poll poll(loop, ours.get(), [&](int, int) {
    order += "input ";
    poll.stop();
  });
  poll.start(base::Poll::kReadable);
  io::Deadline deadline(loop, [&] { order += "late "; });
  deadline.start(base::milliseconds(5));
  ASSERT_EQ(::send(theirs.get(), "x", 1, 0), 1);
  const auto begin = base::read_boot_clock();  // the loop is held up past the deadline
  while (base::read_boot_clock() - begin < base::milliseconds(20)) {
  }
  EXPECT_TRUE(io_test::run_until(loop, [&] { return order.find("late") != std::string::npos; }));
  EXPECT_EQ(order, "input late ");
}

TEST(Deadline, FiresOnceAndNotAfterStop) {
  base::Loop loop;
  int fired = 0;
  io::Deadline deadline(loop, [&] { ++fired; });
  deadline.start(base::milliseconds(10));
  io_test::run_for(loop, base::milliseconds(40));
  EXPECT_EQ(fired, 1);
  deadline.start(base::milliseconds(10));
  deadline.stop();
  io_test::run_for(loop, base::milliseconds(40));
  EXPECT_EQ(fired, 1);
}

}  // namespace
