#include "dnsd/control/event_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "dnsd/control/name_list.h"
#include "dnsd/control/settings.h"
#include "dnsd/control/simulate.h"
#include "temp_folder.h"

namespace control::test {
namespace {

using nlohmann::json;

constexpr int kNames = 40;

conf::Dnsd many() {
  conf::Dnsd out;
  out.sites = {{"site1", {"http://192.0.2.1:8054"}, {}, {}}, {"site2", {"http://192.0.2.2:8054"}, {}, {}}};
  for (int i = 0; i < kNames; ++i) {
    conf::WideIp wide;
    wide.name = "n" + std::to_string(i) + ".example.com";
    wide.on_none = {base::seconds(30), conf::OnNone::kServfail, {}};
    for (const char* site : {"site1", "site2"}) {
      conf::Member member;
      member.site = site;
      member.pool = "main";
      const std::string net = site == std::string("site1") ? "192.0.2." : "198.51.100.";
      member.addresses = {*base::IpAddress::parse(net + std::to_string(i + 1))};
      wide.members.push_back(member);
    }
    out.wideips.push_back(wide);
  }
  return out;
}

// An engine that writes to a journal of small files.
struct SmallJournal : ::testing::Test {
  TempFolder folder;
  conf::Dnsd config = many();
  HealthTable health;
  EventLog log;
  Ledger ledger;
  base::Instant at{std::chrono::hours(1)};
  Engine engine{health,
                Ledger{},
                {[](const Ledger&, const Ledger::Change&) -> base::Result<void> { return {}; },
                 [](std::size_t, const snapshot::DynamicAnswer&) {},
                 [this](const Standing& standing, const auto& observed) {
                   log.decided(engine, standing, observed, now().wall);
                 }}};

  SmallJournal() {
    EXPECT_TRUE(log.open(path(), {.max_bytes = 24'000, .keep = 2}).has_value());
    health.configure(told_targets(targets(config)));
    engine.configure(config.wideips.size(),
                     [this](std::size_t i) { return to_decide(config.wideips[i], config.poll); });
    engine.decide_all(now());
  }
  [[nodiscard]] std::filesystem::path path() const { return folder.path() / "events.jsonl"; }
  [[nodiscard]] Now now() const { return {at, base::WallTime{at.time_since_epoch()}}; }
  // The writer is at the other site, by the next epoch.
  void flip(std::uint64_t counter) {
    at += base::seconds(60);
    const int site = counter % 2 == 0 ? 1 : 2;
    const decide::Claim claim{at,
                              at,
                              ecv::PoolState::kActive,
                              ecv::Epoch::make(counter, static_cast<std::uint8_t>(site)),
                              base::seconds(3600),
                              false,
                              0};
    const MemberInput input{{"site" + std::to_string(site), "main"}, claim, false};
    const Effect effect = tell(health, input);
    engine.member_heard(input.id, effect.changed, now());
  }
  [[nodiscard]] json replayed(const std::vector<std::string>& lines) const {
    const auto told = replay(config, lines);
    EXPECT_TRUE(told.has_value()) << told.error().message;
    return told ? json::parse(*told) : json();
  }
};

TEST_F(SmallJournal, EachFileTellsWhoseItsAnswersAre) {
  for (std::uint64_t i = 1; i <= 80; ++i) flip(i);
  for (const std::string suffix : {"", ".1", ".2"}) {
    const auto file = path().string() + suffix;
    ASSERT_TRUE(std::filesystem::exists(file));
    EXPECT_LE(std::filesystem::file_size(file), 24'000U);
    const auto text = base::read_file(file, 100'000);
    ASSERT_TRUE(text.has_value());
    std::vector<std::string> lines;
    int lists = 0;
    for (std::size_t from = 0; from < text->size();) {
      const auto end = text->find('\n', from);
      lines.push_back(text->substr(from, end - from));
      lists += json::parse(lines.back())["event"] == "names" ? 1 : 0;
      from = end + 1;
    }
    EXPECT_EQ(lists, 1) << "once, not with each decision";
    const json told = replayed(lines);
    EXPECT_GE(told["decisions"], 2);
    EXPECT_EQ(told["as_recorded"], told["decisions"]);
    EXPECT_EQ(told["answers_as_recorded"], kNames * told["decisions"].get<int>());
    EXPECT_EQ(told["without_names"], 0);
  }
}

// Of a hundred thousand names the list is cut into lines.
TEST_F(SmallJournal, AListThatMissesAPartIsNoneOfItsNames) {
  engine.configure(20'000, [this](std::size_t i) {
    decide::WideIp out = to_decide(config.wideips.front(), config.poll);
    out.name = "of" + std::to_string(i) + ".example.com";
    return out;
  });
  const auto lines = name_list_lines(engine, engine.standings().back());
  ASSERT_GT(lines.size(), 1U);
  NameLists whole;
  NameLists holed;
  std::size_t names = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_LT(lines[i].size(), io::kLongestJournalLine / 8);
    const auto event = nlohmann::ordered_json::parse(lines[i]);
    whole.take(event);
    if (i != 1) holed.take(event);
  }
  for (const NameGroup& group : whole.find("of0.example.com")) names += group.names.size();
  EXPECT_EQ(names, 20'000U);
  std::size_t after_hole = 0;
  for (const NameGroup& group : holed.find("of0.example.com")) after_hole += group.names.size();
  EXPECT_LT(after_hole, names);
  whole.take(
      nlohmann::ordered_json::parse(R"({"event":"names","name":"of0.example.com","part":0,"groups":[7,{"names":7}]})"));
  EXPECT_LE(whole.find("of0.example.com").size(), 2U);
}

}  // namespace
}  // namespace control::test
