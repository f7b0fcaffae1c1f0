// Every packet of tests/fuzz/corpus/packet, and all options of corpus/options, through the responder without a fuzzer.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/options_input.h"

namespace {

// Returns how many files there are.
std::size_t for_each_file(const std::string& corpus, void (*attempt)(base::ByteView)) {
  std::size_t count = 0;
  const auto folder = std::filesystem::path(WIDEIP_SOURCE_DIR) / "tests/fuzz/corpus" / corpus;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const base::Bytes input((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    SCOPED_TRACE(entry.path());
    attempt(input);
    ++count;
  }
  return count;
}

TEST(PacketCorpus, EveryPacketIsAnsweredWellOrNotAtAll) { EXPECT_GE(for_each_file("packet", fuzz::try_packet), 40U); }

TEST(OptionsCorpus, OptionsAreGivenBackAsTheirStandardsSay) {
  EXPECT_GE(for_each_file("options", fuzz::try_options), 35U);
}

}  // namespace
