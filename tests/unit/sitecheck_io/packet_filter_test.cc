// The kernel's part of the nft guard, in a network namespace of this test's own (protocol.md section 5).
#include "sitecheck/io/packet_filter.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "sitecheck/io/child.h"
#include "tests/support/netns.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;

base::SocketAddress at(const char* text) { return *base::SocketAddress::parse(text); }

// A TCP socket whose calls end after a second.
base::Fd tcp(const char* source) {
  base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage storage{};
  const auto size = at(source).to_sockaddr(storage);
  ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size);
  return fd;
}
int connect_to(const base::Fd& fd, const char* target) {
  sockaddr_storage storage{};
  const auto size = at(target).to_sockaddr(storage);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0 ? 0 : errno;
}

class PacketFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!testing_support::own_network_namespace()) GTEST_SKIP() << "needs root (a network namespace of its own)";
    if (!run_child({"nft", "--version"}, "", seconds(2))) GTEST_SKIP() << "nft is not installed";
    server_ = tcp("127.0.1.1@3306");
    ASSERT_EQ(::listen(server_.get(), 16), 0);
  }
  // The clients of these tests are sockets of this process: it must not count as own.
  static PacketFilter load(base::Duration left, std::vector<uid_t> own = {}) {
    auto filter = PacketFilter::load({"main", {at("127.0.1.1@3306")}, {*base::Prefix::parse("127.0.9.0/24")}, own},
                                     base::read_boot_clock() + left);
    EXPECT_TRUE(filter) << filter.error().message;
    return std::move(*filter);
  }
  int try_from(const char* source) {
    const auto fd = tcp(source);
    return connect_to(fd, "127.0.1.1@3306");
  }

  base::Fd server_;
};

TEST_F(PacketFilterTest, OpenWhileThePermitRunsAndClosedByTheKernelAtItsEnd) {
  const auto filter = load(milliseconds(600));
  EXPECT_EQ(try_from("127.0.5.1@0"), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(620));  // nothing renews: this is the dead man
  EXPECT_EQ(try_from("127.0.5.1@0"), ECONNREFUSED);             // a reset, not silence
}

TEST_F(PacketFilterTest, NoConnectionBeginsAfterTheDeadline) {
  auto filter = load(base::Duration::zero());
  for (const int lease : {150, 400, 700}) {
    const auto deadline = base::read_boot_clock() + milliseconds(lease);
    ASSERT_TRUE(filter.open_until(deadline));
    auto last_open = base::Instant{};
    while (base::read_boot_clock() < deadline + milliseconds(50)) {
      const auto begun = base::read_boot_clock();
      if (try_from("127.0.5.1@0") != 0) continue;
      last_open = begun;
      const base::Fd served(::accept(server_.get(), nullptr, nullptr));  // or the backlog fills up
    }
    EXPECT_LE(last_open, deadline);
    EXPECT_GT(last_open, base::Instant{});
  }
}

TEST_F(PacketFilterTest, ADeadlineThatHasPassedCloses) {
  auto filter = load(seconds(10));
  ASSERT_TRUE(filter.open_until(base::read_boot_clock() - milliseconds(1)));
  EXPECT_EQ(try_from("127.0.5.1@0"), ECONNREFUSED);
}

TEST_F(PacketFilterTest, AnEstablishedClientIsResetAndAllowedOnesGoOn) {
  auto filter = load(seconds(10));
  const auto client = tcp("127.0.5.1@0");
  const auto replica = tcp("127.0.9.7@0");
  ASSERT_EQ(connect_to(client, "127.0.1.1@3306"), 0);
  ASSERT_EQ(connect_to(replica, "127.0.1.1@3306"), 0);
  const base::Fd served(::accept(server_.get(), nullptr, nullptr));
  const base::Fd feeding(::accept(server_.get(), nullptr, nullptr));
  ASSERT_TRUE(filter.close());
  EXPECT_EQ(::send(client.get(), "UPDATE", 6, MSG_NOSIGNAL), 6);
  char answer[8];
  EXPECT_EQ(::recv(client.get(), answer, sizeof answer, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
  EXPECT_EQ(::send(feeding.get(), "row", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(::recv(replica.get(), answer, sizeof answer, 0), 3);
  EXPECT_EQ(try_from("127.0.9.8@0"), 0);
}

// What was under way when the permit ended is never acknowledged.
TEST_F(PacketFilterTest, AnAnswerOfTheServerDoesNotGetOut) {
  auto filter = load(seconds(10));
  const auto client = tcp("127.0.5.1@0");
  ASSERT_EQ(connect_to(client, "127.0.1.1@3306"), 0);
  const base::Fd served(::accept(server_.get(), nullptr, nullptr));
  ASSERT_TRUE(filter.close());
  ::send(served.get(), "OK packet", 9, MSG_NOSIGNAL);
  char answer[16];
  EXPECT_EQ(::recv(client.get(), answer, sizeof answer, 0), -1);
  EXPECT_TRUE(errno == EAGAIN || errno == ECONNRESET) << errno;
}

TEST_F(PacketFilterTest, ASessionThatTheServerEndsIsEndedAtTheClientToo) {
  auto filter = load(seconds(10));
  const auto client = tcp("127.0.5.1@0");
  ASSERT_EQ(connect_to(client, "127.0.1.1@3306"), 0);
  base::Fd served(::accept(server_.get(), nullptr, nullptr));
  ASSERT_TRUE(filter.close());
  served.reset();
  char answer[8];
  EXPECT_EQ(::recv(client.get(), answer, sizeof answer, 0), 0);  // its FIN, or the reset of a socket with data
}

TEST_F(PacketFilterTest, OwnSocketsPassWhileItIsClosed) {
  const auto filter = load(base::Duration::zero(), {::geteuid()});
  const auto probe = tcp("127.0.5.1@0");
  ASSERT_EQ(connect_to(probe, "127.0.1.1@3306"), 0);
  const base::Fd served(::accept(server_.get(), nullptr, nullptr));
  EXPECT_EQ(::send(served.get(), "hello", 5, MSG_NOSIGNAL), 5);
  char answer[8];
  EXPECT_EQ(::recv(probe.get(), answer, sizeof answer, 0), 5);
}

// Clients that are reset try again at once and sweep all ports: one meets that of a probe of a moment ago.
TEST_F(PacketFilterTest, APortThatAnOwnSocketHadHelpsNobodyElse) {
  constexpr uid_t kOther = 65534;
  auto filter = load(seconds(10), {kOther});
  ASSERT_EQ(::seteuid(kOther), 0);
  auto probe = tcp("127.0.5.1@4711");
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_TRUE(filter.close());
  ASSERT_EQ(connect_to(probe, "127.0.1.1@3306"), 0);  // it passes
  const linger at_once{1, 0};
  ::setsockopt(probe.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);  // a reset: the port is free now
  probe.reset();
  const auto client = tcp("127.0.5.1@4711");
  EXPECT_EQ(connect_to(client, "127.0.1.1@3306"), ECONNREFUSED);
}

TEST_F(PacketFilterTest, LoadedAnewWithARunningPermitNoConnectionBreaks) {
  auto filter = load(seconds(10));
  const auto client = tcp("127.0.5.1@0");
  ASSERT_EQ(connect_to(client, "127.0.1.1@3306"), 0);
  const base::Fd served(::accept(server_.get(), nullptr, nullptr));
  const auto again = load(seconds(10));
  EXPECT_EQ(::send(client.get(), "SELECT", 6, MSG_NOSIGNAL), 6);
  char question[8];
  EXPECT_EQ(::recv(served.get(), question, sizeof question, 0), 6);
  EXPECT_FALSE(filter.look());  // the older object knows that another stands in its table's place
}

TEST_F(PacketFilterTest, AFlushedRulesetIsNoticed) {
  auto filter = load(seconds(10));
  EXPECT_TRUE(filter.look());
  ASSERT_TRUE(run_child({"nft", "-f", "-"}, "flush ruleset\n", seconds(2)));
  EXPECT_FALSE(filter.look());
  EXPECT_FALSE(filter.open_until(base::read_boot_clock() + seconds(1)));
}

TEST_F(PacketFilterTest, RemovedItFiltersNothing) {
  const auto filter = load(base::Duration::zero());
  EXPECT_EQ(try_from("127.0.5.1@0"), ECONNREFUSED);
  EXPECT_TRUE(PacketFilter::remove("main"));
  EXPECT_TRUE(PacketFilter::remove("main"));
  EXPECT_EQ(try_from("127.0.5.1@0"), 0);
}

TEST(FilterRuleset, NamesBothFamiliesAndThePermitsRest) {
  const auto text = filter_ruleset({"a-b.c",
                                    {at("10.0.0.1@3306"), at("[2001:db8::1]@3307")},
                                    {*base::Prefix::parse("10.1.0.0/16"), *base::Prefix::parse("2001:db8:1::/48")},
                                    {33}},
                                   milliseconds(1500));
  for (const char* part : {"table inet wideip_a-b.c {", "elements = { tcp timeout 1500ms }", "10.0.0.1 . 3306",
                           "2001:db8::1 . 3307", "10.1.0.0/16", "2001:db8:1::/48", "meta skuid { 33 }"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(filter_ruleset({"p", {}, {}, {}}, milliseconds(0)).find("timeout 0"), std::string::npos);
}

TEST(RunChild, AMissingProgramAFailingOneAndOneThatHangs) {
  EXPECT_FALSE(run_child({"no-such-program"}, "", seconds(1)));
  EXPECT_TRUE(run_child({"cat"}, "text", seconds(2)));
  const auto failed = run_child({"sh"}, "echo why >&2; exit 3", seconds(2));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "sh: why");
  const auto hung = run_child({"sleep", "30"}, "", milliseconds(100));
  ASSERT_FALSE(hung);
  EXPECT_NE(hung.error().message.find("no end within 100 ms"), std::string::npos);
}

}  // namespace
}  // namespace sitecheck
