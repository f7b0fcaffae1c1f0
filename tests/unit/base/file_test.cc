#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/base_io/loop_util.h"

namespace {

using io_test::TempFolder;

TEST(File, ReadsWhatWasWritten) {
  const TempFolder folder;
  const auto path = folder / "f";
  for (const auto& text : {std::string("first"), std::string(), std::string("a\0b", 3), std::string(200000, 'x')}) {
    ASSERT_TRUE(base::write_file_durably(path, text));
    EXPECT_EQ(*base::read_file(path, 1 << 20), text);
  }
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".new"));
}

TEST(File, SetsTheMode) {
  const TempFolder folder;
  ASSERT_TRUE(base::write_file_durably(folder / "f", "x"));
  struct stat st {};
  ASSERT_EQ(::stat((folder / "f").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777U, 0600U);
}

TEST(File, RefusesWhatIsTooLargeOrNoFile) {
  const TempFolder folder;
  std::ofstream(folder / "f") << "12345";
  EXPECT_TRUE(base::read_file(folder / "f", 5));
  const auto large = base::read_file(folder / "f", 4);
  ASSERT_FALSE(large);
  EXPECT_NE(large.error().message.find((folder / "f").string()), std::string::npos);
  EXPECT_FALSE(base::read_file(folder / "none", 5));
  std::filesystem::create_directory(folder / "dir");
  EXPECT_FALSE(base::read_file(folder / "dir", 5));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(base::read_file(folder / "pipe", 5)) << "a pipe without a writer must not hang the reader";
  EXPECT_FALSE(base::read_file("/dev/zero", 5));
}

TEST(File, AFailedWriteLeavesTheOldContent) {
  const TempFolder folder;
  ASSERT_TRUE(base::write_file_durably(folder / "f", "old"));
  std::filesystem::create_directory((folder / "f").string() + ".new");
  const auto failed = base::write_file_durably(folder / "f", "new");
  ASSERT_FALSE(failed);
  EXPECT_FALSE(failed.error().message.empty());
  EXPECT_EQ(*base::read_file(folder / "f", 100), "old");
  EXPECT_FALSE(base::write_file_durably(folder / "none/f", "x"));
}

}  // namespace
