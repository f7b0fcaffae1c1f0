// Every packet of tests/fuzz/corpus/packet through the responder, without a fuzzer.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/packet_input.h"

namespace {

TEST(PacketCorpus, EveryPacketIsAnsweredWellOrNotAtAll) {
  std::size_t count = 0;
  const auto folder = std::filesystem::path(WIDEIP_SOURCE_DIR) / "tests/fuzz/corpus/packet";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const base::Bytes packet((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    SCOPED_TRACE(entry.path());
    fuzz::try_packet(packet);
    ++count;
  }
  EXPECT_GE(count, 40U);
}

}  // namespace
