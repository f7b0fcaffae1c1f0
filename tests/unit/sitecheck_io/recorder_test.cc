// Recorder and replay: a site's life is written, rotated, and lived again to the same actions.
#include "sitecheck/io/recorder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "sitecheck/io/replay.h"
#include "tests/unit/base_io/loop_util.h"

namespace sitecheck {
namespace {

using base::milliseconds;

base::Instant at(std::int64_t ms) { return base::Instant(milliseconds(ms)); }

FlightHeader header(std::uint64_t boot_id) {
  FlightHeader out;
  out.version = WIDEIP_VERSION;
  out.start = at(1000);
  out.config.site = "site1";
  out.config.id = 1;
  out.config.timing = *ecv::preset("lan");
  core::PoolConfig pool;
  pool.name = "main";
  pool.guard = "none";
  pool.nodes = {{"db1", true, 1}};
  out.config.pools = {pool};
  out.identity = {boot_id, 99, true};
  out.loaded.resize(1);
  return out;
}

// A single site with a world that says yes to everything: it becomes ACTIVE, polls go on, one fails now and then.
class Life {
 public:
  Life(Recorder& recorder, const FlightHeader& h)
      : recorder_(recorder), site_(h.config, h.identity, h.loaded, h.start), now_(h.start) {}

  void live(int turns) {
    for (int i = 0; i < turns; ++i) {
      now_ += milliseconds(50);
      if (i % 5 == 0) events_.push_back(poll(i % 50 == 0));
      std::vector<core::Action> actions;
      site_.step(events_, now_, actions);
      recorder_.step(now_, events_, actions);
      events_.clear();
      for (const auto& action : actions) std::visit([this](const auto& a) { answer(a); }, action);
    }
  }
  [[nodiscard]] core::State state() const { return site_.pool(0, now_).state; }

  void reconfigure(const core::Reconfiguration& change) {
    std::vector<core::Action> actions;
    site_.reconfigure(change, now_, actions);
    recorder_.reconfigure(now_, change, actions);
    for (const auto& action : actions) std::visit([this](const auto& a) { answer(a); }, action);
  }

 private:
  core::Event poll(bool fails) {
    core::NodePolled out;
    out.result = fails ? core::PollResult::kUnreachable : core::PollResult::kOk;
    out.read_only = !open_;
    out.write = open_ ? core::WriteProbe::kOk : core::WriteProbe::kNotTried;
    out.epoch_row_read = true;
    out.gtid = "1-1-" + std::to_string(++position_);
    return out;
  }
  void answer(const core::Persist& a) { events_.push_back(core::Persisted{a.pool, a.token, true, ""}); }
  void answer(const core::AssertReadOnly& a) {
    events_.push_back(core::ReadOnlyAsserted{a.pool, a.node, a.token, core::Closing::kClosed, ""});
  }
  void answer(const core::Fence& a) {
    open_ = false;
    events_.push_back(core::FenceDone{a.pool, a.token, core::Closing::kClosed, a.hard, ""});
  }
  void answer(const core::Promote& a) {
    open_ = open_ || a.step == core::PromoteStep::kOpenWrites;
    events_.push_back(core::PromoteDone{a.pool, a.attempt, a.step, true, ""});
  }
  template <typename A>
  void answer(const A& /*a*/) {}

  Recorder& recorder_;
  core::Site site_;
  base::Instant now_;
  std::vector<core::Event> events_;
  bool open_ = false;
  int position_ = 0;
};

class RecorderTest : public ::testing::Test {
 protected:
  std::unique_ptr<Recorder> open(const FlightHeader& h, std::size_t segment = std::size_t{16} << 20,
                                 std::size_t total = std::size_t{80} << 20) {
    auto out = Recorder::open({folder_ / "", segment, total}, h);
    EXPECT_TRUE(out) << out.error().message;
    return std::move(*out);
  }
  [[nodiscard]] std::vector<std::filesystem::path> files() const { return recordings(folder_ / ""); }

  io_test::TempFolder folder_;
};

TEST_F(RecorderTest, ALifeIsReplayedToTheSameActions) {
  const auto h = header(5);
  {
    auto recorder = open(h);
    Life life(*recorder, h);
    life.live(4000);
    EXPECT_EQ(life.state(), core::State::kActive);
  }
  ASSERT_EQ(files().size(), 1U);
  int seen = 0;
  const auto replayed =
      replay(files()[0], [&](const core::Site&, const FlightStep&, std::span<const core::Action>) { ++seen; });
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_EQ(replayed->steps, 4000U);
  EXPECT_EQ(seen, 4000);
  EXPECT_GT(replayed->actions, 1000U);
  EXPECT_FALSE(replayed->differs_at);
  EXPECT_EQ(replayed->ended, "");
  EXPECT_EQ(std::filesystem::status(files()[0]).permissions(), std::filesystem::perms(0600));
}

TEST_F(RecorderTest, AReplayThatWantsSomethingElseSaysAtWhichStep) {
  const auto h = header(5);
  FlightEncoder encoder;
  std::ofstream out(folder_ / "flight-000001.rec", std::ios::binary);
  const auto write = [&](const base::Bytes& bytes) {
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  write(encoder.begin(h));
  core::Site site(h.config, h.identity, h.loaded, h.start);
  for (int i = 1; i <= 10; ++i) {
    std::vector<core::Action> actions;
    site.step({}, at(1000 + i * 100), actions);
    encoder.step(at(1000 + i * 100), {}, i == 7 ? 12345 : hash_actions(actions));
  }
  write(encoder.end_block());
  out.close();
  const auto replayed = replay(folder_ / "flight-000001.rec");
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->steps, 10U);
  EXPECT_EQ(replayed->differs_at, 6U);
}

TEST_F(RecorderTest, SegmentsFollowEachOtherAndAreReplayedAsOne) {
  const auto h = header(5);
  {
    auto recorder = open(h, 4096);
    Life(*recorder, h).live(8000);
  }
  ASSERT_GT(files().size(), 3U);
  for (const auto& file : {files().front(), files().back()}) {  // any of them names the process
    const auto replayed = replay(file);
    ASSERT_TRUE(replayed) << replayed.error().message;
    EXPECT_EQ(replayed->steps, 8000U);
    EXPECT_FALSE(replayed->differs_at);
    EXPECT_EQ(replayed->ended, "");
  }
}

TEST_F(RecorderTest, TheOldestGoWhenTheRoomIsUsedUpAndAReplayThenSaysSo) {
  const auto h = header(5);
  {
    auto recorder = open(h, 4096, 16384);
    Life(*recorder, h).live(20000);
  }
  std::size_t total = 0;
  for (const auto& file : files()) total += std::filesystem::file_size(file);
  EXPECT_LE(total, 16384U + 4096U);
  EXPECT_GT(total, 8192U);
  const auto replayed = replay(files().back());
  ASSERT_FALSE(replayed);
  EXPECT_NE(replayed.error().message.find("the first is gone"), std::string::npos) << replayed.error().message;
}

TEST_F(RecorderTest, EveryStartBeginsAFileAndProcessesAreNotMixedUp) {
  for (std::uint64_t boot = 1; boot <= 3; ++boot) {
    const auto h = header(boot);
    auto recorder = open(h);
    Life(*recorder, h).live(static_cast<int>(boot) * 100);
  }
  ASSERT_EQ(files().size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto replayed = replay(files()[i]);
    ASSERT_TRUE(replayed);
    EXPECT_EQ(replayed->steps, (i + 1) * 100);
    EXPECT_FALSE(replayed->differs_at);
  }
}

TEST_F(RecorderTest, AKilledWriterLeavesAReplayableBeginning) {
  const auto h = header(5);
  {
    auto recorder = open(h);
    Life(*recorder, h).live(1000);
  }
  const auto whole = *base::read_file(files()[0], 1 << 30);
  std::ofstream(files()[0], std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() - 3);
  const auto replayed = replay(files()[0]);
  ASSERT_TRUE(replayed);
  EXPECT_GT(replayed->steps, 900U);
  EXPECT_FALSE(replayed->differs_at);
  EXPECT_NE(replayed->ended, "");
}

TEST_F(RecorderTest, AFolderThatCannotBeWrittenIsToldAtTheStart) {
  EXPECT_FALSE(Recorder::open({folder_ / "nowhere", 1 << 20, 1 << 20}, header(1)));
  std::ofstream(folder_ / "flight-x.rec") << "no recording";
  std::ofstream(folder_ / "flight-000009.rec") << "no recording";
  EXPECT_TRUE(Recorder::open({folder_ / "", 1 << 20, 1 << 20}, header(1)));
  EXPECT_EQ(files().back().filename(), "flight-000010.rec");
  EXPECT_FALSE(replay(folder_ / "flight-000009.rec"));
  EXPECT_FALSE(replay(folder_ / "flight-none.rec"));
}

TEST_F(RecorderTest, AReloadBeginsAFileOfItsOwnAndIsReplayed) {
  const auto h = header(5);
  {
    auto recorder = open(h);
    Life life(*recorder, h);
    life.live(2000);
    ASSERT_EQ(life.state(), core::State::kActive);
    auto config = h.config;
    config.pools[0].nodes.push_back({"db2", true, 2});
    life.reconfigure({config, {6, 7, false}, {{}}});
    life.live(2000);
    EXPECT_EQ(life.state(), core::State::kActive);
  }
  ASSERT_EQ(files().size(), 2U);
  std::size_t nodes = 0;
  const auto lived = replay(files()[0], [&](const core::Site& site, const FlightStep& /*step*/,
                                            const auto& /*actions*/) { nodes = site.config().pools[0].nodes.size(); });
  ASSERT_TRUE(lived) << lived.error().message;
  EXPECT_EQ(lived->ended, "");
  EXPECT_FALSE(lived->differs_at) << *lived->differs_at;
  EXPECT_EQ(lived->steps, 4001U);
  EXPECT_EQ(nodes, 2U);
}

}  // namespace
}  // namespace sitecheck
