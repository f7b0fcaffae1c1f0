#include "sitecheck/io/permit_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/mariadb_server.h"

namespace sitecheck {
namespace {

using testing_support::TemporaryFolder;

class PermitFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] PermitFile open(const std::string& kernel = "boot-1") const {
    auto file = PermitFile::open(path(), kernel);
    EXPECT_TRUE(file);
    return std::move(*file);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "permit"; }
  TemporaryFolder folder_;
  const Permit permit_{base::Instant(base::seconds(77)), ecv::Epoch::make(5, 1)};
};

TEST_F(PermitFileTest, SurvivesTheProcessThatWroteIt) {
  { open().store(permit_); }
  const auto loaded = open().load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->deadline, permit_.deadline);
  EXPECT_EQ(loaded->epoch, permit_.epoch);
}

TEST_F(PermitFileTest, ANewFileHoldsNone) { EXPECT_FALSE(open().load()); }

TEST_F(PermitFileTest, AClearedPermitIsGone) {
  auto file = open();
  file.store(permit_);
  file.clear();
  EXPECT_FALSE(open().load());
}

TEST_F(PermitFileTest, APermitOfAnotherBootOfTheKernelIsVoid) {
  open().store(permit_);
  EXPECT_FALSE(open("boot-2").load());
}

TEST_F(PermitFileTest, ATornWriteIsNoPermit) {
  open().store(permit_);
  for (std::streamoff at = 0; at < 72; ++at) {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int was = file.get();
    file.seekp(at);
    file.put(static_cast<char>(was ^ 0x40));
    file.close();
    EXPECT_FALSE(open().load()) << at;
    std::fstream back(path(), std::ios::in | std::ios::out | std::ios::binary);
    back.seekp(at);
    back.put(static_cast<char>(was));
  }
  EXPECT_TRUE(open().load());
}

TEST_F(PermitFileTest, AnEmptyOrForeignFileIsNoPermit) {
  std::ofstream(path()) << "this is no permit";
  EXPECT_FALSE(open().load());
}

}  // namespace
}  // namespace sitecheck
