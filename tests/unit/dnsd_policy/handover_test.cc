// Predecessor and Successor against each other, over a real control socket; each side on a loop of its own.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/io/control.h"
#include "dnsd/predecessor.h"
#include "dnsd/successor.h"

namespace {

using Members = std::set<std::string>;

class Handover : public testing::Test {
 protected:
  ~Handover() override {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  // A predecessor that hears `members`.
  void run(Members members) {
    heard_ = std::move(members);
    thread_ = std::thread([this] {
      base::Loop loop;
      const base::Fd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      dnsd::Predecessor predecessor(
          loop, {[&] { return std::vector<int>{udp.get()}; }, [] { return std::vector<std::string>{"aa"}; },
                 [this] {
                   const std::lock_guard guard(lock_);
                   return heard_;
                 },
                 [this] { ++pauses_; }, [this] { ++resumes_; }, [this](pid_t) { ++retires_; }});
      auto server = io::ControlServer::listen(loop, path_,
                                              [&](const io::ControlRequest& request, const io::ControlAnswer& answer) {
                                                if (request.command == "stop") return loop.stop();
                                                predecessor.begin(request, answer);
                                              });
      ASSERT_TRUE(server);
      listening_ = true;
      loop.run();
    });
    while (!listening_) std::this_thread::yield();
  }
  void stop() {
    if (!thread_.joinable()) return;
    (void)io::ask_control(path_, "stop", "{}", "", base::seconds(10));
    thread_.join();
  }
  std::unique_ptr<dnsd::Successor> ask() {
    auto out = dnsd::Successor::ask(path_);
    EXPECT_TRUE(out) << out.error().message;
    return out ? *std::move(out) : nullptr;
  }

  std::filesystem::path folder_ = [] {
    std::string name = "/tmp/wideip-handover-XXXXXX";
    return std::filesystem::path(::mkdtemp(name.data()));
  }();
  std::filesystem::path path_ = folder_ / "control";
  std::mutex lock_;  // guards heard_
  Members heard_;
  std::atomic<bool> listening_ = false;
  std::atomic<int> pauses_ = 0;
  std::atomic<int> resumes_ = 0;
  std::atomic<int> retires_ = 0;
  std::thread thread_;
};

TEST_F(Handover, OneTakesOverFromTheOther) {
  run({"site1/main"});
  base::Loop loop;
  auto successor = ask();
  ASSERT_NE(successor, nullptr);
  EXPECT_EQ(successor->sockets().left().size(), 1U);
  EXPECT_EQ(successor->secrets(), std::vector<std::string>{"aa"});
  successor->begin(loop, {[] { return Members{"site1/main"}; }, [] { return Members{"site1/main"}; },
                          [&] {
                            EXPECT_EQ(pauses_, 1) << "the other decides nothing any more";
                            successor->serving();
                          },
                          [&] { loop.stop(); }, [&](const std::string& why) { ADD_FAILURE() << why; }});
  loop.run();
  EXPECT_TRUE(successor->over());
  stop();
  EXPECT_EQ(retires_, 1);
  EXPECT_EQ(resumes_, 0);
}

TEST_F(Handover, ASuccessorThatHearsLessMustWait) {
  run({"site1/main", "site2/main"});
  base::Loop loop;
  auto successor = ask();
  ASSERT_NE(successor, nullptr);
  int asked = 0;
  const auto heard = [&] { return ++asked < 3 ? Members{"site1/main"} : Members{"site1/main", "site2/main"}; };
  successor->begin(loop, {heard,
                          [] {
                            return Members{"site1/main", "site2/main"};
                          },
                          [&] { loop.stop(); }, [] {}, [&](const std::string& why) { ADD_FAILURE() << why; }});
  loop.run();
  EXPECT_EQ(asked, 3);
}

TEST_F(Handover, AMemberThatTheSuccessorDoesNotHaveIsNotWaitedFor) {
  run({"site1/main", "gone/main"});
  base::Loop loop;
  auto successor = ask();
  ASSERT_NE(successor, nullptr);
  const auto mine = [] { return Members{"site1/main"}; };
  successor->begin(loop,
                   {mine, mine, [&] { loop.stop(); }, [] {}, [&](const std::string& why) { ADD_FAILURE() << why; }});
  loop.run();
  EXPECT_EQ(pauses_, 1);
}

TEST_F(Handover, ASuccessorThatDiesLeavesThePredecessorGoingOn) {
  run({});
  auto successor = ask();
  ASSERT_NE(successor, nullptr);
  {
    base::Loop loop;
    successor->begin(loop, {[] { return Members{}; }, [] { return Members{}; }, [&] { loop.stop(); }, [] {},
                            [&](const std::string& why) { ADD_FAILURE() << why; }});
    loop.run();
    successor.reset();
  }
  while (resumes_ == 0) std::this_thread::yield();
  EXPECT_EQ(retires_, 0);
  EXPECT_NE(ask(), nullptr) << "and another may try";
}

TEST_F(Handover, APredecessorThatDiesLeavesItsWorkToTheSuccessor) {
  run({});
  base::Loop loop;
  auto successor = ask();
  ASSERT_NE(successor, nullptr);
  stop();
  successor->begin(loop, {[] { return Members{}; }, [] { return Members{}; }, [&] { successor->serving(); },
                          [&] { loop.stop(); }, [&](const std::string& why) { ADD_FAILURE() << why; }});
  loop.run();
  EXPECT_TRUE(successor->over());
}

TEST_F(Handover, OnlyOneAtATime) {
  run({});
  const auto first = ask();
  const auto second = dnsd::Successor::ask(path_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another process is replacing"), std::string::npos);
}

TEST_F(Handover, WhereNobodyListensThereIsNothingToTakeOver) { EXPECT_EQ(ask(), nullptr); }

}  // namespace
