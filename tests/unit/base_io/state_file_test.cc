#include "base/io/state_file.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <fstream>

#include "base/file.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using io::SlotFault;
using io::StateFile;

std::string slurp(const std::filesystem::path& path) { return *base::read_file(path, 1 << 26); }

void put(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::filesystem::path slot(const std::filesystem::path& path, int index) {
  return path.string() + "." + std::to_string(index);
}

class StateFileTest : public testing::Test {
 protected:
  io_test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "epoch";

  // Stores "one", "two", "three": slot 0 holds three (the newest), slot 1 two.
  void store_three() {
    StateFile state(path_);
    for (const auto* text : {"one", "two", "three"}) ASSERT_TRUE(state.store(text));
  }
};

TEST_F(StateFileTest, IsMissingAtFirst) {
  StateFile state(path_);
  const auto got = state.load();
  EXPECT_EQ(got.fault, SlotFault::kMissing);
  EXPECT_EQ(got.detail, "");
}

TEST_F(StateFileTest, GivesBackTheLastContentStored) {
  for (const auto& text : {std::string("one"), std::string(), std::string("a\0b", 3), std::string(100000, 'x')}) {
    StateFile writer(path_);
    ASSERT_TRUE(writer.store(text));
    const auto got = StateFile(path_).load();
    EXPECT_EQ(got.fault, SlotFault::kNone);
    EXPECT_EQ(got.content, text);
    EXPECT_EQ(got.detail, "");
    EXPECT_FALSE(got.newer_may_be_lost);
  }
  EXPECT_EQ(StateFile(path_).load().seq, 4U);
}

TEST_F(StateFileTest, ATornWriteLeavesTheContentBefore) {
  store_three();
  const auto whole = slurp(slot(path_, 0));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(slot(path_, 0), std::string_view(whole).substr(0, size));
    StateFile state(path_);
    const auto got = state.load();
    EXPECT_EQ(got.fault, SlotFault::kNone) << size;
    EXPECT_EQ(got.content, "two") << size;
    EXPECT_FALSE(got.newer_may_be_lost) << "an unfinished write was relied on by nobody";
    EXPECT_NE(got.detail.find("torn"), std::string::npos) << size;
  }
}

TEST_F(StateFileTest, EveryFlippedBitIsSeen) {
  store_three();
  const auto whole = slurp(slot(path_, 0));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto broken = whole;
    broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
    put(slot(path_, 0), broken);
    const auto got = StateFile(path_).load();
    EXPECT_EQ(got.fault, SlotFault::kNone);
    EXPECT_EQ(got.content, "two") << "bit " << bit;
  }
}

TEST_F(StateFileTest, ACorruptSlotMayHaveBeenTheNewer) {
  store_three();
  auto broken = slurp(slot(path_, 0));
  broken.back() ^= 1;
  put(slot(path_, 0), broken);
  StateFile state(path_);
  EXPECT_TRUE(state.load().newer_may_be_lost);
  ASSERT_TRUE(state.store("four"));
  const auto healed = StateFile(path_).load();
  EXPECT_EQ(healed.content, "four");
  EXPECT_FALSE(healed.newer_may_be_lost);
  EXPECT_EQ(healed.detail, "");
}

TEST_F(StateFileTest, ALostSlotMayHaveBeenTheNewer) {
  store_three();
  std::filesystem::remove(slot(path_, 0));
  EXPECT_TRUE(StateFile(path_).load().newer_may_be_lost);
}

TEST_F(StateFileTest, WithoutAValidSlotItSaysWhy) {
  const struct {
    std::optional<std::string> zero;
    std::optional<std::string> one;
    SlotFault fault;
  } cases[] = {
      {"", std::nullopt, SlotFault::kTorn},
      {"", "", SlotFault::kTorn},
      {"wide", "nonsense that is no state at all, of any length", SlotFault::kCorrupt},
      {std::nullopt, std::string(200, '\0'), SlotFault::kCorrupt},
  };
  for (const auto& c : cases) {
    std::filesystem::remove(slot(path_, 0));
    std::filesystem::remove(slot(path_, 1));
    if (c.zero) put(slot(path_, 0), *c.zero);
    if (c.one) put(slot(path_, 1), *c.one);
    StateFile state(path_);
    const auto got = state.load();
    EXPECT_EQ(name(got.fault), name(c.fault));
    EXPECT_NE(got.detail, "");
    ASSERT_TRUE(state.store("new"));
    const auto healed = StateFile(path_).load();
    EXPECT_EQ(healed.content, "new");
    EXPECT_FALSE(healed.newer_may_be_lost) << healed.detail;
  }
}

TEST_F(StateFileTest, DoesNotReadANewerVersion) {
  ASSERT_TRUE(StateFile(path_, 2).store("future"));
  EXPECT_EQ(StateFile(path_, 1).load().fault, SlotFault::kVersion);
  EXPECT_EQ(StateFile(path_, 3).load().content, "future");
}

TEST_F(StateFileTest, AFailedStoreKeepsTheContentBefore) {
  StateFile state(path_);
  ASSERT_TRUE(state.store("kept"));
  std::filesystem::create_directory(slot(path_, 1));  // the next slot cannot be written
  const auto failed = state.store("lost");
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find(slot(path_, 1).string()), std::string::npos);
  EXPECT_EQ(StateFile(path_).load().content, "kept");
  std::filesystem::remove(slot(path_, 1));
  ASSERT_TRUE(state.store("again"));
  EXPECT_EQ(StateFile(path_).load().content, "again");
}

TEST_F(StateFileTest, RefusesWhatIsTooLarge) {
  StateFile state(path_);
  EXPECT_FALSE(state.store(std::string((std::size_t{16} << 20) + 1, 'x')));
}

// Any sequence of stores, each of which may be cut at any byte by a crash, after which the program starts again: the
// content is that of the last store that returned, or of the one that was cut.
RC_GTEST_PROP(StateFile, NeverFallsBehindAFinishedStore, (const std::vector<std::pair<std::string, bool>>& steps)) {
  const std::filesystem::path memory = "/dev/shm";  // thousands of fsyncs
  const io_test::TempFolder folder(std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path());
  const auto path = folder / "s";
  std::optional<std::string> finished;
  for (const auto& [content, cut] : steps) {
    StateFile state(path);
    const auto before = state.load();
    const std::array<std::string, 2> was{std::filesystem::exists(slot(path, 0)) ? slurp(slot(path, 0)) : "",
                                         std::filesystem::exists(slot(path, 1)) ? slurp(slot(path, 1)) : ""};
    RC_ASSERT(state.store(content).has_value());
    if (!cut) {
      finished = content;
      continue;
    }
    for (int i = 0; i < 2; ++i) {
      const auto now = std::filesystem::exists(slot(path, i)) ? slurp(slot(path, i)) : "";
      if (now == was[static_cast<std::size_t>(i)]) continue;
      put(slot(path, i), std::string_view(now).substr(0, *rc::gen::inRange<std::size_t>(0, now.size())));
      break;
    }
    (void)before;
  }
  const auto got = StateFile(path).load();
  if (finished) {
    RC_ASSERT(got.fault == SlotFault::kNone);
    RC_ASSERT(got.content == *finished);
  }
}

}  // namespace
