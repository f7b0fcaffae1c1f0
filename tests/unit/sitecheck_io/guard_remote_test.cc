// A guard on another host: sitecheck's link and the guard's port over real datagrams, with a wire between them that
// loses, delays and repeats (protocol.md section 5).
#include <gtest/gtest.h>

#include <vector>

#include "base/io/udp.h"
#include "sitecheck/io/guard_link.h"
#include "sitecheck/io/guard_port.h"
#include "tests/support/loop_test.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;

const base::SocketAddress kAny{base::IpAddress::v4({127, 0, 0, 1}), 0};

// Between the link and the port, both ways.
class Wire {
 public:
  Wire(base::Loop& loop, base::SocketAddress guard) : guard_(guard) {
    front_ = *io::UdpSocket::bind(loop, kAny, [this](base::ByteView b, const base::SocketAddress& from) {
      link_ = from;
      orders.emplace_back(b.begin(), b.end());
      if (to_guard) back_->send(guard_, b);
    });
    back_ = *io::UdpSocket::bind(loop, kAny, [this](base::ByteView b, const base::SocketAddress&) {
      reports.emplace_back(b.begin(), b.end());
      if (to_link) front_->send(link_, b);
    });
  }
  [[nodiscard]] const base::SocketAddress& address() const { return front_->address(); }
  void replay_order(std::size_t i) { back_->send(guard_, orders.at(i)); }
  void replay_report(std::size_t i) { front_->send(link_, reports.at(i)); }

  bool to_guard = true;
  bool to_link = true;
  std::vector<base::Bytes> orders;
  std::vector<base::Bytes> reports;

 private:
  base::SocketAddress guard_;
  base::SocketAddress link_;
  std::unique_ptr<io::UdpSocket> front_;
  std::unique_ptr<io::UdpSocket> back_;
};

class GuardRemoteTest : public testing_support::LoopTest {
 protected:
  GuardRemoteTest() : ring_(keys(1)) {}
  static ecv::KeyRing keys(std::uint8_t first) {
    ecv::Key key;
    key.id = "k";
    key.purpose = ecv::Purpose::kPeers;
    key.secret[0] = first;
    return {{key}, ecv::Purpose::kPeers};
  }
  void open_port(const std::string& site = "site1") {
    auto port = GuardPort::open(loop_, {kAny, ring_, site, "main"},
                                {[this](const base::IpAddress&, const GuardOrder& order) {
                                   taken_.push_back(order);
                                   if (order.wish == GuardWish::kCut || order.wish == GuardWish::kClose) {
                                     report_.state = GuardState::kClosed;
                                     report_.deadline = {};
                                   } else if (order.deadline > report_.deadline) {
                                     report_.deadline = order.deadline;
                                     report_.state = GuardState::kOpen;
                                   }
                                 },
                                 [this] { return report_; }});
    ASSERT_TRUE(port) << port.error().message;
    port_ = std::move(*port);
    report_.ready = true;
    wire_ = std::make_unique<Wire>(loop_, port_->address());
  }
  std::unique_ptr<GuardLink> link(const ecv::KeyRing& ring, double drift = 0.01) {
    GuardLinkSettings s;
    s.remote = RemoteGuard{wire_->address(), ring, "site1", "main", drift};
    s.interval = milliseconds(40);
    s.patience = milliseconds(400);
    auto out = std::make_unique<GuardLink>(loop_, s, [this](bool alive, const std::string&) { alive_ = alive; });
    out->start();
    return out;
  }

  ecv::KeyRing ring_;
  GuardReport report_;
  std::vector<GuardOrder> taken_;
  std::unique_ptr<GuardPort> port_;
  std::unique_ptr<Wire> wire_;
  bool alive_ = false;
};

TEST_F(GuardRemoteTest, ArmsAndTheGuardsDeadlineIsNeverLaterThanSitechecks) {
  open_port();
  const auto l = link(ring_);
  run_until([&] { return alive_; });
  std::optional<bool> armed;
  const auto deadline = base::read_boot_clock() + milliseconds(800);
  l->arm(deadline, {257}, seconds(2), [&](bool ok, const std::string&) { armed = ok; });
  run_until([&] { return armed.has_value(); });
  EXPECT_TRUE(*armed);
  EXPECT_EQ(taken_.back().wish, GuardWish::kArm);
  l->admit();
  run_until([&] { return taken_.back().wish == GuardWish::kRenew; });
  run_for(milliseconds(300));
  for (const auto& order : taken_) EXPECT_LE(order.deadline, deadline);  // one clock here: it must hold exactly
  EXPECT_GT(report_.deadline, deadline - milliseconds(200));
}

TEST_F(GuardRemoteTest, AReportThatWasDelayedShortensThePermitAndNeverLengthensIt) {
  open_port();
  const auto l = link(ring_);
  run_until([&] { return alive_; });
  wire_->to_link = false;
  run_for(milliseconds(100));
  const auto held_back = wire_->reports.size() - 1;
  run_for(milliseconds(200));
  taken_.clear();
  wire_->replay_report(held_back);  // two hundred milliseconds late
  run_for(milliseconds(20));
  const auto deadline = base::read_boot_clock() + milliseconds(500);
  l->renew(deadline, {257});
  run_until([&] { return !taken_.empty() && taken_.back().deadline > base::Instant{}; });
  EXPECT_LE(taken_.back().deadline, deadline - milliseconds(150));
}

TEST_F(GuardRemoteTest, ReplayedOrdersAreNotTaken) {
  open_port();
  const auto l = link(ring_);
  run_until([&] { return alive_; });
  l->renew(base::read_boot_clock() + seconds(5), {257});
  run_until([&] { return report_.state == GuardState::kOpen; });
  l->close(false, nullptr);
  run_until([&] { return report_.state == GuardState::kClosed; });
  run_for(milliseconds(100));
  const auto count = wire_->orders.size();
  const auto taken = taken_.size();
  wire_->to_guard = false;  // only the replays reach it
  for (std::size_t i = 0; i < count; ++i) wire_->replay_order(i);
  run_for(milliseconds(50));
  EXPECT_EQ(taken_.size(), taken);
  EXPECT_EQ(report_.state, GuardState::kClosed);
}

TEST_F(GuardRemoteTest, ReplayedReportsKeepNoDeadGuardAlive) {
  open_port();
  const auto l = link(ring_);
  run_until([&] { return alive_; });
  run_for(milliseconds(200));
  wire_->to_guard = false;
  const auto until = base::read_boot_clock() + seconds(3);
  while (alive_ && base::read_boot_clock() < until) {
    for (std::size_t i = 0; i < wire_->reports.size(); ++i) wire_->replay_report(i);
    run_for(milliseconds(50));
  }
  EXPECT_FALSE(alive_);
}

TEST_F(GuardRemoteTest, AClosingThatIsLostIsSaidAgain) {
  open_port();
  const auto l = link(ring_);
  run_until([&] { return alive_; });
  l->renew(base::read_boot_clock() + seconds(5), {257});
  run_until([&] { return report_.state == GuardState::kOpen; });
  wire_->to_guard = false;
  std::optional<GuardReport> answer;
  l->close(true, [&](const GuardReport& r) { answer = r; });
  run_for(milliseconds(60));
  EXPECT_FALSE(answer);
  wire_->to_guard = true;
  run_until([&] { return answer.has_value(); });
  EXPECT_EQ(answer->state, GuardState::kClosed);
  run_for(milliseconds(100));
  EXPECT_EQ(taken_.back().wish, GuardWish::kArm);  // heard: not said any more
}

TEST_F(GuardRemoteTest, AGuardThatStartsAnewIsFoundAgain) {
  open_port();
  auto l = link(ring_);
  run_until([&] { return alive_; });
  const auto address = port_->address();
  port_.reset();
  run_until([&] { return !alive_; });
  auto port = GuardPort::open(
      loop_, {address, ring_, "site1", "main"},
      {[this](const base::IpAddress&, const GuardOrder& o) { taken_.push_back(o); }, [this] { return report_; }});
  ASSERT_TRUE(port);
  taken_.clear();
  l->renew(base::read_boot_clock() + seconds(5), {257});
  run_until([&] { return alive_ && !taken_.empty() && taken_.back().deadline > base::read_boot_clock(); });
}

TEST_F(GuardRemoteTest, AnotherKeyAnotherSiteOrAnotherPoolIsNotHeard) {
  open_port();
  const auto stranger = link(keys(9));
  run_for(milliseconds(200));
  EXPECT_FALSE(alive_);
  EXPECT_TRUE(wire_->reports.empty());
  open_port("site2");
  const auto l = link(ring_);
  run_for(milliseconds(200));
  EXPECT_FALSE(alive_);
  EXPECT_TRUE(taken_.empty());
}

}  // namespace
}  // namespace sitecheck
