// One site alone, in one process: runner, guard and a real mariadbd, through the commands that people use.
#include "sitecheck/io/runner.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/io/journal.h"
#include "sitecheck/io/commands.h"
#include "sitecheck/io/guard.h"
#include "sitecheck/io/recorder.h"
#include "sitecheck/io/replay.h"
#include "tests/support/json_schema.h"
#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;
using nlohmann::json;
using testing_support::MariadbServer;
using testing_support::TemporaryFolder;

class RunnerTest : public testing_support::LoopTest {
 protected:
  void SetUp() override {
    make_pool_accounts(server_);
    conf_.site = {"site1", 1};
    conf_.peer = {base::IpAddress::v4({127, 0, 0, 1}), 0};
    conf_.state_dir = folder_.path() / "state";
    conf_.arbiter.timing = *ecv::preset("fast");
    conf::Pool pool;
    pool.name = "main";
    pool.monitor = {"mon", "m"};
    pool.admin = {"adm", "a"};
    pool.replication = {"repl", "r"};
    conf::Node node;
    node.name = "db1";
    node.host = "127.0.0.1";
    node.port = server_.port();
    node.priority = 1;
    node.pid_file = server_.pid_file();
    pool.nodes = {node};
    conf_.pools = {pool};
  }

  void start_guard() {
    std::filesystem::create_directories(conf_.state_dir);
    auto guard = Guard::start(loop_, guard_settings(conf_, conf_.pools[0]));
    ASSERT_TRUE(guard) << guard.error().message;
    guard_ = std::move(*guard);
  }
  void start_runner() {
    RunnerOptions options;
    options.on_journal = [this](const core::Journal& j) { journal_.push_back(j.id + ": " + j.message); };
    auto runner = Runner::start(loop_, conf_, std::move(options));
    ASSERT_TRUE(runner) << runner.error().message;
    runner_ = std::move(*runner);
  }
  [[nodiscard]] core::PoolView pool() const { return runner_->site().pool(0, base::read_boot_clock()); }
  void wait_for(core::State state, base::Duration limit = seconds(15)) {
    run_until([&] { return pool().state == state; }, limit);
    ASSERT_EQ(pool().state, state) << core::name(pool().state) << ": " << pool().reason;
  }
  // ACTIVE, and seen so by the poll that follows.
  void wait_for_writer() {
    wait_for(core::State::kActive);
    run_until([&] {
      const auto node = pool().nodes.at(0);
      return node.status == ecv::NodeStatus::kOk && node.read_only == false;
    });
  }
  io::ControlReply ask(const std::string& command, const std::string& args = "{}", const std::string& reason = "") {
    io::ControlRequest request;
    request.command = command;
    request.args = args;
    request.reason = reason;
    request.user = "tester";
    std::optional<io::ControlReply> got;
    handle_command({*runner_, folder_.path() / "journal",
                    [] {
                      return Present{base::read_boot_clock(), base::read_wall_clock(), base::read_boot_clock()};
                    }},
                   request, [&](const io::ControlReply& r) { got = r; });
    run_until([&] { return got.has_value(); });
    return got.value_or(io::ControlReply{});
  }

  MariadbServer server_{1};
  TemporaryFolder folder_;
  conf::Sitecheck conf_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<Runner> runner_;
  std::vector<std::string> journal_;
};

TEST_F(RunnerTest, BootAssertsReadOnlyThenASingleSiteBecomesTheWriter) {
  server_.sql("SET GLOBAL read_only=0");
  start_guard();
  start_runner();
  run_until([&] { return server_.sql("SELECT @@global.read_only") == "1"; }, seconds(5));
  wait_for_writer();
  EXPECT_EQ(server_.sql("SELECT @@global.read_only"), "0");
  EXPECT_EQ(server_.sql("SELECT COUNT(*) FROM wideip.epoch"), "1");
  EXPECT_TRUE(runner_->guard(0, base::read_boot_clock()).armed);
  EXPECT_EQ(ask("is-active", R"({"node":"db1"})").exit, 0);
  EXPECT_EQ(json::parse(ask("report", R"({"node":"db1"})").data)["text"], "OK/ACTIVE (PRIMARY)");
}

// The guard stands on mysqld's own host; here both are one, but sitecheck reaches it by signed datagrams only and knows
// nothing of mysqld's process.
TEST_F(RunnerTest, AGuardOnAnotherHostIsArmedAndItsWordConfirmsADeadServer) {
  conf::KeyFile key;
  key.id = "p1";
  key.purpose = ecv::Purpose::kPeers;
  key.key.secret[0] = 7;
  conf_.keys = {key};
  conf_.pools[0].guard_address = base::SocketAddress{base::IpAddress::v4({127, 0, 0, 1}), testing_support::free_port()};
  start_guard();
  start_runner();
  wait_for_writer();
  const auto guard = json::parse(ask("status").data).at("pools").at(0).at("guard");
  EXPECT_TRUE(guard.at("armed").get<bool>()) << guard;
  server_.kill();
  // Its port refuses, which proves nothing here; the guard has the pid file.
  run_until([&] { return pool().state != core::State::kActive && pool().state != core::State::kFencing; }, seconds(10));
  EXPECT_NE(pool().state, core::State::kFencing) << pool().reason;
  run_until([&] {
    return std::any_of(journal_.begin(), journal_.end(),
                       [](const std::string& line) { return line.find("FENCED") != std::string::npos; });
  });
}

TEST_F(RunnerTest, WithoutAGuardNothingIsOpened) {
  start_runner();
  run_for(seconds(5));
  EXPECT_NE(pool().state, core::State::kActive);
  EXPECT_EQ(server_.sql("SELECT @@global.read_only"), "1");
}

TEST_F(RunnerTest, ARestartWithinTheLeaseKeepsTheWriterAndItsEpoch) {
  start_guard();
  start_runner();
  wait_for(core::State::kActive);
  const auto epoch = pool().epoch;
  runner_.reset();
  run_for(milliseconds(100));
  start_runner();
  EXPECT_EQ(pool().state, core::State::kActive);
  EXPECT_EQ(pool().epoch, epoch);
  run_for(seconds(2));
  EXPECT_EQ(pool().state, core::State::kActive);
  EXPECT_EQ(server_.sql("SELECT @@global.read_only"), "0");
}

TEST_F(RunnerTest, AStoppedRunnerIsFencedByItsGuardAndComesBackWithAHigherEpoch) {
  start_guard();
  start_runner();
  wait_for(core::State::kActive);
  const auto counter = pool().epoch.counter();
  runner_.reset();
  run_until([&] { return server_.sql("SELECT @@global.read_only") == "1"; }, seconds(5));
  start_runner();
  wait_for(core::State::kActive);
  EXPECT_GT(pool().epoch.counter(), counter);
}

TEST_F(RunnerTest, AKilledServerIsFencedAndServesAgainAfterItsReturn) {
  start_guard();
  start_runner();
  wait_for(core::State::kActive);
  server_.kill();
  run_until([&] { return pool().state != core::State::kActive; }, seconds(3));
  EXPECT_EQ(ask("is-active", R"({"node":"db1"})").exit, 1);
}

TEST_F(RunnerTest, StatusSaysWhatRuns) {
  start_guard();
  start_runner();
  wait_for_writer();
  run_until([&] { return runner_->looked_at_all(); });
  const auto status = json::parse(ask("status").data);
  EXPECT_EQ(status["site"], "site1");
  EXPECT_EQ(status["site_id"], 1);
  const auto& pool = status["pools"][0];
  EXPECT_EQ(pool["name"], "main");
  EXPECT_EQ(pool["state"], "ACTIVE");
  EXPECT_GT(pool["lease_ms"].get<int>(), 0);
  EXPECT_EQ(pool["epoch"].get<std::uint64_t>() >> 8, pool["counter"].get<std::uint64_t>());
  EXPECT_EQ(pool["guard"]["kind"], "process");
  EXPECT_TRUE(pool["peer"].is_null());
  EXPECT_EQ(pool["nodes"][0]["role"], "P");
  EXPECT_EQ(pool["nodes"][0]["site"], "site1");
  EXPECT_EQ(pool["nodes"][0]["read_only"], false);
  const auto text = metrics_text(*runner_, nullptr, {base::read_boot_clock(), base::read_wall_clock(), {}});
  EXPECT_NE(text.find("wideip_sitecheck_pool_state{pool=\"main\",state=\"ACTIVE\"} 1"), std::string::npos) << text;
}

// A real life: a boot, a promotion, a database that is killed, fenced and comes back.
TEST_F(RunnerTest, ARecordedRunIsReplayedToTheSameActionsAndItsJournalTellsTheStory) {
  conf_.recorder = {std::uint64_t{16} << 20, 1};
  start_guard();
  start_runner();
  wait_for_writer();
  server_.kill();
  // Not before: a fence by force kills the mysqld that it finds.
  run_until([&] { return pool().state != core::State::kActive && pool().state != core::State::kFencing; }, seconds(9));
  server_.start();
  run_until([&] { return pool().nodes.at(0).req == 0; }, seconds(5));
  run_for(seconds(2));
  runner_.reset();

  const auto files = recordings(conf_.state_dir);
  ASSERT_EQ(files.size(), 1U);
  const auto replayed = replay(files[0]);
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_FALSE(replayed->differs_at) << "step " << *replayed->differs_at;
  EXPECT_EQ(replayed->ended, "");
  EXPECT_GT(replayed->steps, 50U);
  EXPECT_GT(replayed->events, 50U);

  const auto told = [&](const std::string& start) {
    const auto at = std::find_if(journal_.begin(), journal_.end(),
                                 [&](const std::string& line) { return line.starts_with(start); });
    EXPECT_NE(at, journal_.end()) << start << " is not told in\n" << ::testing::PrintToString(journal_);
    return at;
  };
  EXPECT_LT(told("guard.alive"), told("promote.step: writes are open"));
  EXPECT_LT(told("promote.step: writes are open"), told("pool.state: PROMOTING to ACTIVE"));
  EXPECT_LT(told("permit.source"), told("fence.begun"));
  EXPECT_LT(told("node.silent: db1"), told("fence.begun"));
  EXPECT_LT(told("pool.state: ACTIVE to FENCING"), told("fence.begun"));
}

TEST_F(RunnerTest, EventsAreChosenByPoolTimeAndNumber) {
  start_runner();
  auto journal = *io::Journal::open(folder_.path() / "journal");
  const auto now = base::read_wall_clock();
  ASSERT_TRUE(journal.append(now - seconds(100), R"({"event":"old","pool":"main"})"));
  ASSERT_TRUE(journal.append(now - seconds(9), R"({"event":"other","pool":"shop"})"));
  ASSERT_TRUE(journal.append(now - seconds(8), R"({"event":"site"})"));
  ASSERT_TRUE(journal.append(now - seconds(7), R"({"event":"new","pool":"main"})"));
  const auto names = [&](const std::string& args) {
    std::string out;
    const auto reply = json::parse(ask("events", args).data);
    for (const auto& event : reply["events"]) {
      out += event["event"].get<std::string>() + " ";
    }
    return out;
  };
  EXPECT_EQ(names("{}"), "old other site new ");
  EXPECT_EQ(names(R"({"pool":"main"})"), "old site new ");
  EXPECT_EQ(names(R"({"since_ms":50000})"), "other site new ");
  EXPECT_EQ(names(R"({"since_ms":50000,"pool":"main"})"), "site new ");
  EXPECT_EQ(names(R"({"last":1})"), "new ");
  EXPECT_EQ(names(R"({"last":2,"pool":"main"})"), "site new ");
  EXPECT_EQ(ask("events", R"({"pool":"nobody"})").exit, 2);
  EXPECT_FALSE(json::parse(ask("events").data).contains("skipped"));
  std::ofstream(folder_.path() / "journal", std::ios::app) << "torn\n";
  const auto told = ask("events").data;
  json_schema::expect_valid("sitecheck-events", told);
  EXPECT_EQ(json::parse(told)["skipped"], 1);
  EXPECT_EQ(json::parse(told)["skips"][0],
            (folder_.path() / "journal").string() +
                ":5: skipped: torn, or no line of a journal: it does not begin with its time");
  EXPECT_EQ(names("{}"), "old other site new ");
}

TEST_F(RunnerTest, CommandsRefuseWhatTheyDoNotKnow) {
  start_runner();
  EXPECT_EQ(ask("dance").exit, 2);
  EXPECT_EQ(ask("report", R"({"node":"nobody"})").exit, 2);
  EXPECT_EQ(ask("set-offline", R"({"node":"nobody"})").exit, 2);
  EXPECT_EQ(ask("status", "[]").exit, 2);
  EXPECT_EQ(ask("promote", R"({"pool":"main","force":true})").exit, 2);  // no reason
  EXPECT_NE(ask("report", R"({"node":"nobody"})").error.find("db1"), std::string::npos);
}

TEST_F(RunnerTest, SetOfflineClosesTheWriterAndSetOnlineBringsItBack) {
  start_guard();
  start_runner();
  wait_for(core::State::kActive);
  const auto reply = ask("set-offline", R"({"node":"db1"})", "maintenance");
  EXPECT_EQ(reply.exit, 0) << reply.error;
  wait_for(core::State::kMaint);
  EXPECT_EQ(server_.sql("SELECT @@global.read_only"), "1");
  EXPECT_EQ(ask("set-online", R"({"node":"127.0.0.1:)" + std::to_string(server_.port()) + R"("})").exit, 0);
  run_until([&] { return pool().state != core::State::kMaint; }, seconds(5));
}

// The same server under a second address stands for a replica.
TEST_F(RunnerTest, AReloadKeepsTheWriterWithItsConnectionsAndProbesWhatIsNew) {
  start_guard();
  start_runner();
  wait_for_writer();
  const auto epoch = pool().epoch;
  const auto sessions = [this] {
    return server_.sql(
        "SELECT GROUP_CONCAT(id ORDER BY id) FROM information_schema.processlist WHERE user='adm' AND "
        "host LIKE '127.0.0.1:%'");
  };
  const auto before = sessions();
  auto next = conf_;
  auto replica = conf_.pools[0].nodes[0];
  replica.name = "db2";
  replica.host = "127.0.0.2";
  replica.priority = 2;
  replica.site = "elsewhere";  // watched only
  next.pools[0].nodes.insert(next.pools[0].nodes.begin(), replica);
  next.pools[0].warn_lag = seconds(3);
  ASSERT_TRUE(runner_->against(next).empty());
  ASSERT_TRUE(runner_->reconfigure(next));
  EXPECT_EQ(pool().state, core::State::kActive);
  EXPECT_EQ(pool().epoch, epoch);
  EXPECT_EQ(pool().writer, "db1");
  run_until([&] {
    const auto nodes = pool().nodes;
    return std::any_of(nodes.begin(), nodes.end(),
                       [](const core::NodeView& n) { return n.name == "db2" && n.polled_at; });
  });
  run_for(seconds(2));  // longer than the lease: permit, guard and probes go on under the new indices
  EXPECT_EQ(pool().state, core::State::kActive) << pool().reason;
  EXPECT_EQ(pool().epoch, epoch);
  EXPECT_EQ(sessions(), before);

  auto without = next;
  without.pools[0].nodes.pop_back();
  const auto why = runner_->against(without);
  ASSERT_EQ(why.size(), 1U);
  EXPECT_NE(why[0].find("db1 of pool main is the active writer"), std::string::npos);
  ASSERT_TRUE(runner_->reconfigure(conf_));  // back again
  run_for(milliseconds(500));
  EXPECT_EQ(pool().state, core::State::kActive);
  EXPECT_EQ(pool().nodes.size(), 1U);
}

TEST_F(RunnerTest, AReloadTakesOverAnotherPasswordOfTheWriter) {
  start_guard();
  start_runner();
  wait_for_writer();
  const auto epoch = pool().epoch;
  server_.sql("CREATE USER adm2@'127.%' IDENTIFIED BY 'b'");
  server_.sql("GRANT ALL ON *.* TO adm2@'127.%'");
  auto next = conf_;
  next.pools[0].admin = {"adm2", "b"};
  ASSERT_TRUE(runner_->reconfigure(next));
  run_until(
      [&] { return server_.sql("SELECT COUNT(*) > 0 FROM information_schema.processlist WHERE user='adm2'") == "1"; });
  EXPECT_EQ(pool().state, core::State::kActive);
  EXPECT_EQ(pool().epoch, epoch);
  EXPECT_EQ(ask("set-offline", R"({"node":"db1"})", "by the new account").exit, 0);
  wait_for(core::State::kMaint);
  EXPECT_EQ(server_.sql("SELECT @@global.read_only"), "1");
}

TEST_F(RunnerTest, APoolThatIsAddedIsWatchedAndMayGoAgain) {
  start_runner();
  auto next = conf_;
  next.pools.insert(next.pools.begin(), conf_.pools[0]);
  next.pools[0].name = "other";
  next.pools[0].nodes[0].name = "db7";
  ASSERT_TRUE(runner_->reconfigure(next));
  const auto other = [&] { return runner_->site().pool(0, base::read_boot_clock()); };
  EXPECT_EQ(other().name, "other");
  run_until([&] { return other().nodes.at(0).polled_at.has_value() && other().state == core::State::kStandby; });
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "state" / "permit-other"));
  ASSERT_TRUE(runner_->reconfigure(conf_));
  EXPECT_EQ(pool().name, "main");
  run_for(milliseconds(300));
}

}  // namespace
}  // namespace sitecheck
