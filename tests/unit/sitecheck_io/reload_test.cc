// The file read anew (Reloader), with a site that has no database.
#include "sitecheck/io/reload.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "conf/load.h"
#include "tests/support/free_port.h"
#include "tests/support/loop_test.h"
#include "tests/unit/base_io/loop_util.h"

namespace sitecheck {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReloadTest : public testing_support::LoopTest {
 protected:
  void SetUp() override {
    for (const auto* name : {"pw", "other"}) std::ofstream(folder_ / name) << name;
    const std::string port = std::to_string(testing_support::free_port());
    text_ = "site: {name: site1, id: 1}\necv: {listen: \"127.0.0.1@0\"}\npeer: {listen: \"127.0.0.1@0\"}\n" +
            std::string("state_dir: state\ncontrol: s.sock\nlog: {level: error}\npools:\n  - name: main\n") +
            "    monitor: {user: m, password_file: pw}\n    admin: {user: a, password_file: pw}\n" +
            "    replication: {user: r, password_file: pw}\n    guard: {kind: none}\n    nodes:\n" +
            "      - {name: db1, address: 127.0.0.1, port: " + port + ", priority: 1}\n";
    write(text_);
    auto loaded = conf::load_sitecheck(file());
    ASSERT_TRUE(loaded.ok()) << conf::to_string(loaded.faults.at(0));
    auto runner = Runner::start(loop_, loaded.value, {});
    ASSERT_TRUE(runner) << runner.error().message;
    runner_ = std::move(*runner);
    ReloaderHooks hooks;
    hooks.before = [this](const conf::Sitecheck&) -> base::Result<void> {
      if (!before_.empty()) return base::fail(before_);
      return {};
    };
    hooks.after = [this](const conf::Sitecheck&) { ++taken_; };
    hooks.journal = [this](const core::Journal& j) { journal_.push_back(j.id + ": " + j.message); };
    reloader_ = std::make_unique<Reloader>(loop_, *runner_, file(), std::move(hooks));
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "sitecheck.yaml"; }
  void write(const std::string& text) const { std::ofstream(file()) << text; }
  [[nodiscard]] std::string with(const std::string& from, const std::string& to) const {
    std::string out = text_;
    const auto at = out.find(from);
    EXPECT_NE(at, out.npos) << from;
    return out.replace(at, from.size(), to);
  }
  ReloadOutcome reload(bool dry_run = false) {
    std::optional<ReloadOutcome> got;
    reloader_->run(dry_run, "ann", "why not", [&](const ReloadOutcome& o) { got = o; });
    run_until([&] { return got.has_value(); });
    return got.value_or(ReloadOutcome{});
  }

  io_test::TempFolder folder_;
  std::string text_;
  std::string before_;
  int taken_ = 0;
  std::vector<std::string> journal_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<Reloader> reloader_;
};

TEST_F(ReloadTest, WhatChangesIsTakenOverAndTold) {
  write(with("    nodes:\n", "    warn_lag: 10s\n    nodes:\n") +
        "      - {name: db2, address: 127.0.0.2, priority: 2}\n");
  const auto out = reload();
  EXPECT_TRUE(out.done);
  EXPECT_THAT(out.changes, ElementsAre("+ node db2 in pool main", "~ warn_lag of pool main: not set -> 10s"));
  EXPECT_THAT(out.notes, IsEmpty());  // the pool has no guard
  EXPECT_EQ(to_reply(out).exit, 0);
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(reloader_->counters().done, 1U);
  EXPECT_EQ(runner_->conf().pools[0].nodes.size(), 2U);
  EXPECT_EQ(runner_->site().config().pools[0].nodes[1].name, "db2");
  EXPECT_THAT(journal_, ElementsAre("reload.done: done: 2 changes", "reload.change: + node db2 in pool main",
                                    "reload.change: ~ warn_lag of pool main: not set -> 10s"));
}

TEST_F(ReloadTest, TheAnswerIsAsItsSchemaSays) {
  std::ifstream in(std::string(WIDEIP_SOURCE_DIR) + "/conf/schema/sitecheck-reload.schema.json");
  const auto schema = nlohmann::json::parse(in);
  const auto data = nlohmann::json::parse(to_reply(reload()).data);
  ASSERT_EQ(data.size(), schema.at("required").size());
  for (const auto& key : schema.at("required")) {
    ASSERT_TRUE(data.contains(key)) << key;
    const std::string type = data.at(key).is_array() ? "array" : data.at(key).is_boolean() ? "boolean" : "integer";
    EXPECT_EQ(schema.at("properties").at(key).at("type"), type) << key;
  }
}

TEST_F(ReloadTest, EveryFaultIsToldAtItsPlaceAndNothingIsChanged) {
  write(with("name: main", "nane: main") + "      - {name: db1, address: nowhere, priority: 2}\n");
  const auto out = reload();
  EXPECT_FALSE(out.done);
  EXPECT_GE(out.faults.size(), 2U);
  const auto reply = to_reply(out);
  EXPECT_EQ(reply.exit, 2);
  EXPECT_THAT(reply.error, HasSubstr("sitecheck.yaml:8:5:"));
  EXPECT_THAT(reply.error, HasSubstr("did you mean \"name\""));
  EXPECT_THAT(reply.error, HasSubstr("nowhere"));
  EXPECT_EQ(taken_, 0);
  EXPECT_EQ(reloader_->counters().refused, 1U);
  EXPECT_EQ(runner_->conf().pools[0].nodes.size(), 1U);
  EXPECT_THAT(journal_.at(0), HasSubstr("reload.refused"));
}

TEST_F(ReloadTest, WhatNeedsARestartIsNamedAndNothingElseIsTaken) {
  write(with("id: 1", "id: 2") + "      - {name: db2, address: 127.0.0.2, priority: 2}\n");
  const auto out = reload();
  EXPECT_FALSE(out.done);
  EXPECT_THAT(out.restart, ElementsAre("site.id"));
  const auto reply = to_reply(out);
  EXPECT_EQ(reply.exit, 1);
  EXPECT_THAT(reply.error, HasSubstr("restart needed, nothing was changed"));
  EXPECT_EQ(runner_->conf().pools[0].nodes.size(), 1U);
}

TEST_F(ReloadTest, ADryRunSaysItAndDoesNothing) {
  write(text_ + "      - {name: db2, address: 127.0.0.2, priority: 2}\n");
  const auto out = reload(true);
  EXPECT_TRUE(out.done);
  EXPECT_THAT(out.changes, ElementsAre("+ node db2 in pool main"));
  EXPECT_EQ(runner_->conf().pools[0].nodes.size(), 1U);
  EXPECT_EQ(reloader_->counters().done, 0U);
  EXPECT_THAT(journal_, IsEmpty());
}

TEST_F(ReloadTest, APasswordFileWithOtherContentIsAChange) {
  std::ofstream(folder_ / "pw") << "fresh";
  EXPECT_THAT(reload().changes, ::testing::Contains("~ password of monitor of pool main: other content"));
  EXPECT_EQ(runner_->conf().pools[0].monitor.password, "fresh");
}

TEST_F(ReloadTest, WhatAnotherPartRefusesIsNotTakenOver) {
  before_ = "stats: tls: no certificate";
  write(text_ + "      - {name: db2, address: 127.0.0.2, priority: 2}\n");
  const auto out = reload();
  EXPECT_FALSE(out.done);
  EXPECT_THAT(out.refused, ElementsAre("stats: tls: no certificate"));
  EXPECT_EQ(to_reply(out).exit, 1);
  EXPECT_EQ(runner_->conf().pools[0].nodes.size(), 1U);
}

TEST_F(ReloadTest, SeveralWaitForEachOther) {
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    reloader_->run(false, "ann", "", [&](const ReloadOutcome& o) { done += o.done ? 1 : 0; });
  }
  run_until([&] { return done == 3; });
  EXPECT_EQ(done, 3);
}

TEST_F(ReloadTest, WithReloadOnChangeFilesSecretsAndWhatAPatternNowFindsAreReadByItself) {
  const std::string by_itself = text_ + "reload_on_change: true\ninclude: [\"more.d/*.yaml\"]\n";
  std::filesystem::create_directory(folder_ / "more.d");
  write(by_itself);
  ASSERT_TRUE(reload().done);
  run_until([&] { return reloader_->counters().done == 2; });  // what it watches is new: looked at once more
  EXPECT_THAT(journal_.back(), HasSubstr("nothing is changed"));

  std::ofstream(folder_ / "pw") << "fresh";
  run_until([&] { return runner_->conf().pools[0].monitor.password == "fresh"; });
  std::ofstream(folder_ / "more.d" / "a.yaml") << "checkpoints: [{id: isp, scope: internal, tcp: \"127.0.0.1@9\"}]\n";
  run_until([&] { return runner_->conf().checkpoints.size() == 1; });

  // What has faults is refused as ever, and mended by a file that it names and that comes later.
  write(by_itself + "keys: [{id: k, file: late.key, for: dnsd}]\n");
  run_until([&] { return reloader_->counters().refused > 0; });
  EXPECT_TRUE(runner_->conf().keys.empty());
  std::ofstream(folder_ / "late.key") << std::string(64, 'a');
  run_until([&] { return runner_->conf().keys.size() == 1; });

  // Without the key the file that takes it out is the last one that is noticed.
  write(text_);
  run_until([&] { return !runner_->conf().reload_on_change; });
  EXPECT_FALSE(runner_->conf().reload_on_change);
}

}  // namespace
}  // namespace sitecheck
