#include "base/io/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace {

namespace fs = std::filesystem;

class Watch : public testing::Test {
 protected:
  Watch() {
    std::string name = (fs::temp_directory_path() / "wideip-watch-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    fs::create_directory(folder_ / "sub");
  }
  ~Watch() override { fs::remove_all(folder_); }

  fs::path path(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text = "x") const { std::ofstream(path(name)) << text; }
  // Runs the loop until it was told of a change; a test that hangs here was told of none.
  void wait() {
    while (told_ == 0) loop_.run_once(true);
    told_ = 0;
  }
  fs::path folder_;
  base::Loop loop_;
  int told_ = 0;
  io::FileWatch watch_{loop_, base::milliseconds(1), [this] { ++told_; }};
};

TEST_F(Watch, TellsOfWritingReplacingRemovingAndMaking) {
  write("a");
  ASSERT_TRUE(watch_.watch({path("a"), path("sub/b")}));
  write("a", "y");
  wait();
  write("a.new");
  fs::rename(path("a.new"), path("a"));
  wait();
  fs::remove(path("a"));
  wait();
  write("sub/b");
  wait();
}

TEST_F(Watch, SaysNothingOfOtherFiles) {
  int told = 0;
  io::FileWatch other(loop_, base::milliseconds(1), [&] { ++told; });
  ASSERT_TRUE(other.watch({path("a")}));
  ASSERT_TRUE(watch_.watch({path("sign")}));
  write("b");
  write("sub/a");
  write("sign");  // the last change, which is told after those before were read
  wait();
  EXPECT_EQ(told, 0);
}

TEST_F(Watch, FollowsLinksToWhatTheyPointTo) {
  write("sub/real");
  fs::create_symlink("sub/real", path("link"));
  ASSERT_TRUE(watch_.watch({path("link")}));
  write("sub/real", "y");
  wait();
  fs::remove(path("link"));
  wait();
}

TEST_F(Watch, TellsOfAFileThatAPatternFinds) {
  int told = 0;
  io::FileWatch other(loop_, base::milliseconds(1), [&] { ++told; });
  ASSERT_TRUE(other.watch({path("sub/*.conf")}));
  ASSERT_TRUE(watch_.watch({path("sub/*.yaml")}));
  write("sub/new.yaml");
  wait();
  EXPECT_EQ(told, 0);
}

TEST_F(Watch, ANewListReplacesTheOldOne) {
  ASSERT_TRUE(watch_.watch({path("a")}));
  ASSERT_TRUE(watch_.watch({path("sub/b")}));
  write("sub/b");
  wait();
}

TEST_F(Watch, SeveralChangesAreToldOnce) {
  io::FileWatch slow(loop_, base::milliseconds(50), [this] { ++told_; });
  ASSERT_TRUE(slow.watch({path("a"), path("b")}));
  for (int i = 0; i < 20; ++i) write(i % 2 == 0 ? "a" : "b", std::to_string(i));
  while (told_ == 0) loop_.run_once(true);
  EXPECT_EQ(told_, 1);
}

TEST_F(Watch, AFolderThatIsNotThereIsAnError) {
  const auto result = watch_.watch({path("nowhere/a"), path("a")});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("nowhere cannot be watched: No such file"), std::string::npos)
      << result.error().message;
  write("a");
  wait();
}

}  // namespace
