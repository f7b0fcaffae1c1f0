#include "base/io/fd_passing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <thread>

namespace {

struct Pair {
  base::Fd here;
  base::Fd there;
};
Pair connect() {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const timeval limit{10, 0};
  ::setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return {base::Fd(fds[0]), base::Fd(fds[1])};
}
std::size_t as_number(std::string_view line) { return static_cast<std::size_t>(std::stoul(std::string(line))); }

TEST(FdPassing, MoreDescriptorsThanOneMessageHoldsArriveInOrder) {
  const auto [here, there] = connect();
  // Each end of its own pipe is recognised by what it reads.
  constexpr int kCount = 300;
  std::vector<base::Fd> reading;
  std::vector<int> sent;
  for (int i = 0; i < kCount; ++i) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const base::Fd writing(ends[1]);
    reading.emplace_back(ends[0]);
    sent.push_back(ends[0]);
    ASSERT_EQ(::write(ends[1], &i, sizeof i), static_cast<ssize_t>(sizeof i));
  }
  std::thread sender([&, to = here.get()] {
    EXPECT_TRUE(io::send_descriptors(to, std::to_string(kCount), sent));
    EXPECT_EQ(::send(to, "after", 5, 0), 5);
  });
  const auto received = io::receive_descriptors(there.get(), as_number);
  sender.join();
  ASSERT_TRUE(received) << received.error().message;
  ASSERT_EQ(received->fds.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) {
    int value = -1;
    ASSERT_EQ(::read(received->fds[static_cast<std::size_t>(i)].get(), &value, sizeof value),
              static_cast<ssize_t>(sizeof value));
    ASSERT_EQ(value, i);
  }
  EXPECT_NE(::fcntl(received->fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  char rest[5];
  EXPECT_EQ(::recv(there.get(), rest, sizeof rest, MSG_WAITALL), 5) << "what came behind them is still there";
}

TEST(FdPassing, ALineWithoutDescriptorsIsWhole) {
  const auto [here, there] = connect();
  ASSERT_TRUE(io::send_descriptors(here.get(), "0", {}));
  const auto received = io::receive_descriptors(there.get(), as_number);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->line, "0");
}

TEST(FdPassing, APeerThatPromisesMoreThanItSendsIsAnError) {
  auto [here, there] = connect();
  const int some[] = {STDERR_FILENO};  // not its own end, which would stay open with the receiver
  ASSERT_TRUE(io::send_descriptors(here.get(), "2", some));
  here.reset();
  EXPECT_FALSE(io::receive_descriptors(there.get(), as_number));
}

TEST(FdPassing, APeerThatIsGoneIsAnErrorOnBothSides) {
  auto [here, there] = connect();
  here.reset();
  EXPECT_FALSE(io::receive_descriptors(there.get(), as_number));
  EXPECT_FALSE(io::send_descriptors(there.get(), "0", {}));
}

}  // namespace
