// Runs the fuzzer's corpus without a fuzzer.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "tests/fuzz/datagram_input.h"

namespace ecv {

TEST(DatagramCorpus, EveryInputIsSurvived) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WIDEIP_SOURCE_DIR "/tests/fuzz/corpus/datagram")) {
    const auto content = base::read_file(entry.path(), 1 << 16);
    ASSERT_TRUE(content) << entry.path();
    fuzz::datagram_input(base::as_bytes(*content));
    ++count;
  }
  EXPECT_GE(count, 8);
}

}  // namespace ecv
