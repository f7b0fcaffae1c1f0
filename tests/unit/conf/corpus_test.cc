// The corpus of tests/fuzz/corpus/yaml without a fuzzer: dnsd-* and sitecheck-* must load as such, bad-* as neither.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/yaml_input.h"

namespace conf {
namespace {

TEST(YamlCorpus, GoodFilesLoadAndBadOnesGiveFaults) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WIDEIP_SOURCE_DIR "/tests/fuzz/corpus/yaml")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string octets((std::istreambuf_iterator<char>(file)), {});
    const std::string name = entry.path().filename().string();
    const auto faults = fuzz::try_yaml(octets);
    EXPECT_EQ(faults.dnsd == 0, name.starts_with("dnsd-")) << name;
    EXPECT_EQ(faults.sitecheck == 0, name.starts_with("sitecheck-")) << name;
    ++seen;
  }
  EXPECT_GE(seen, 30);
}

// Each prefix of a good file, and each single changed byte, gives faults or loads; nothing throws or ends the process.
TEST(YamlCorpus, TornAndChangedFilesAreTakenCalmly) {
  std::ifstream file(WIDEIP_SOURCE_DIR "/tests/fuzz/corpus/yaml/sitecheck-pair.yaml", std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), {});
  ASSERT_GT(good.size(), 500U);
  for (std::size_t i = 0; i < good.size(); i += 3) (void)fuzz::try_yaml(good.substr(0, i));
  using namespace std::string_view_literals;
  constexpr auto kBytes = "\0\t\n -:?[]{},#&*!|>'\"%@`~\x80\xff"sv;
  std::uint32_t seed = 1;
  for (std::size_t i = 0; i < good.size(); i += 2) {
    std::string changed = good;
    seed = seed * 1664525 + 1013904223;
    changed[i] = kBytes[(seed >> 16) % kBytes.size()];
    (void)fuzz::try_yaml(changed);
  }
}

}  // namespace
}  // namespace conf
