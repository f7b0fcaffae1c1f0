// Echo requests on loopback, and where the kernel forbids them.
#include "probes/icmp.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "base/fd.h"
#include "tests/unit/base_io/loop_util.h"

namespace probes {
namespace {

Observation look(const char* at, base::Duration timeout = base::seconds(5)) {
  base::Loop loop;
  IcmpProbe probe(loop, *base::IpAddress::parse(at), timeout);
  std::optional<Observation> got;
  probe.start([&](const Observation& seen) { got = seen; });
  EXPECT_FALSE(got) << "ended from within start()";
  EXPECT_TRUE(io_test::run_until(loop, [&] { return got.has_value(); }));
  return got.value_or(Observation{});
}

bool allowed() {
  return base::Fd(::socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)) || base::Fd(::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

TEST(Icmp, LoopbackAnswers) {
  if (!allowed()) GTEST_SKIP() << "no right to send echo requests";
  const auto seen = look("127.0.0.1");
  EXPECT_TRUE(seen.ok()) << seen.detail;
  EXPECT_GT(seen.latency, base::Duration::zero());
}

TEST(Icmp, IpVersionSixToo) {
  if (!allowed()) GTEST_SKIP() << "no right to send echo requests";
  const base::Fd six(::socket(AF_INET6, SOCK_DGRAM, 0));
  sockaddr_storage where{};
  const auto length = base::SocketAddress::parse("[::1]@0")->to_sockaddr(where);
  if (!six || ::bind(six.get(), reinterpret_cast<sockaddr*>(&where), length) != 0) GTEST_SKIP() << "no IPv6 here";
  EXPECT_TRUE(look("::1").ok());
}

// Several at once must not take each other's replies.
TEST(Icmp, LooksSideBySideEachGetTheirOwnAnswer) {
  if (!allowed()) GTEST_SKIP() << "no right to send echo requests";
  base::Loop loop;
  std::vector<std::unique_ptr<IcmpProbe>> probes;
  int good = 0;
  for (int i = 0; i < 20; ++i) {
    probes.push_back(std::make_unique<IcmpProbe>(loop, *base::IpAddress::parse("127.0.0.1"), base::seconds(5)));
    probes.back()->start([&](const Observation& seen) { good += seen.ok() ? 1 : 0; });
  }
  EXPECT_TRUE(io_test::run_until(loop, [&] { return good == 20; }));
}

// A thread of its own, in a namespace whose ping_group_range takes nobody, and without CAP_NET_RAW.
TEST(Icmp, WhereTheKernelForbidsItTheDetailSaysWhatToSet) {
  std::optional<Observation> seen;
  std::thread([&] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (::unshare(CLONE_NEWNET) != 0) return;
    if (::syscall(SYS_capset, &header, data) != 0) return;
    seen = look("127.0.0.1");
  }).join();
  if (!seen) GTEST_SKIP() << "no right to make a namespace";
  EXPECT_EQ(seen->outcome, Outcome::kMisconfigured);
  EXPECT_NE(seen->detail.find("net.ipv4.ping_group_range"), std::string::npos) << seen->detail;
}

// A namespace with its loopback down has no way to anywhere.
TEST(Icmp, NoRouteIsToldAtOnce) {
  std::optional<Observation> seen;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) == 0) seen = look("192.0.2.1");
  }).join();
  if (!seen) GTEST_SKIP() << "no right to make a namespace";
  EXPECT_EQ(seen->outcome, Outcome::kUnreachable) << seen->detail;
}

}  // namespace
}  // namespace probes
