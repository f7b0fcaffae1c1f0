// The corpus of tests/fuzz/corpus/zone without a fuzzer: good-* must load and compile, bad-* must give faults.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "tests/fuzz/zone_input.h"

namespace compile {
namespace {

std::vector<std::filesystem::path> corpus() {
  std::vector<std::filesystem::path> out;
  const auto folder = std::filesystem::path(WIDEIP_SOURCE_DIR) / "tests/fuzz/corpus/zone";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string content_of(const std::filesystem::path& path) { return base::read_file(path, 1U << 20).value(); }

TEST(ZoneCorpus, GoodFilesLoadAndBadOnesGiveFaults) {
  ASSERT_GE(corpus().size(), 20U);
  for (const auto& path : corpus()) {
    const auto faults = fuzz::try_zone(content_of(path));
    const auto file = path.filename().string();
    if (file.starts_with("good-")) {
      EXPECT_EQ(faults, 0U) << file;
    } else {
      EXPECT_TRUE(file.starts_with("bad-")) << file;
      EXPECT_GT(faults, 0U) << file;
    }
  }
}

TEST(ZoneCorpus, EveryPrefixOfEveryFileGivesFaultsOrData) {
  for (const auto& path : corpus()) {
    const auto content = content_of(path);
    for (std::size_t size = 0; size < content.size(); size += 1 + content.size() / 300) {
      (void)fuzz::try_zone(std::string_view(content).substr(0, size));
    }
  }
}

RC_GTEST_PROP(ZoneProperty, AnyOctetsGiveFaultsOrData, (const std::string& octets)) { (void)fuzz::try_zone(octets); }

// Words that mean something to the parser, in any order, reach deeper than random octets do.
RC_GTEST_PROP(ZoneProperty, AnyOrderOfWordsGivesFaultsOrData, ()) {
  const auto word = rc::gen::element<std::string>(
      "\n", "\n", "\n ", " ", " ", "@", "a", "*", "sub", "ns1", "example.com.", "a.b", "\\000", "\\.", "..", "300",
      "1h", "99999999999", "-1", "IN", "CH", "A", "AAAA", "NS", "CNAME", "DNAME", "SOA", "MX", "TXT", "SRV", "CAA",
      "NAPTR", "TLSA", "SSHFP", "HTTPS", "SVCB", "PTR", "DS", "LOC", "HIP", "APL", "WKS", "IPSECKEY", "NSEC", "NSEC3",
      "RRSIG", "CERT", "TYPE65280", "\\#", "4", "0a000001", "192.0.2.1", "2001:db8::1", "::", "\"", "\"x y\"", "(", ")",
      ";", "$TTL", "$ORIGIN", "$INCLUDE", "$GENERATE", "1-3", "0-9/4", "a$", "$${", "${1,2,n}", "${-2}", "alpn=h2",
      "key1=\"\\255\"", "mandatory=alpn", "ipv4hint=1.2.3.4,", "tcp", "smtp", "1:192.0.2.0/24", "!2:::/0",
      "AwEAAQ==", "20300101000000", "42 21 54 N 71 06 18 W -24m 30m");
  const auto words = *rc::gen::container<std::vector<std::string>>(word);
  std::string text = "$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n";
  for (const auto& w : words) text += w + (*rc::gen::inRange(0, 8) == 0 ? "" : " ");
  (void)fuzz::try_zone(text);
}

// A record of every type with words that do not belong to it.
RC_GTEST_PROP(ZoneProperty, AnyDataForAnyTypeGivesFaultsOrData, ()) {
  const auto type = *rc::gen::inRange(0, 300);
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "0", "1", "255", "65535", "a", "a.", ".", "00", "ff", "AA==", "192.0.2.1", "::1", "\"\"", "\"x\"", "x=y",
      "alpn=", "port=1", "key65535", "A", "TYPE1", "RSASHA256", "N", "W", "20300101000000", "1:1.2.3.4/8", "-"));
  std::string text = "$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\na TYPE" + std::to_string(type);
  for (const auto& w : words) text += ' ' + w;
  (void)fuzz::try_zone(text + '\n');
}

RC_GTEST_PROP(ZoneProperty, AnyChangeOfACorpusFileGivesFaultsOrData, ()) {
  static const auto files = corpus();
  auto content = content_of(*rc::gen::elementOf(files));
  const auto changes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < changes && !content.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, content.size());
    switch (*rc::gen::inRange(0, 3)) {
      case 0: content[at] = *rc::gen::arbitrary<char>(); break;
      case 1: content.erase(at, *rc::gen::inRange<std::size_t>(1, 20)); break;
      default: content.insert(at, content.substr(*rc::gen::inRange<std::size_t>(0, content.size()), 12)); break;
    }
  }
  (void)fuzz::try_zone(content);
}

}  // namespace
}  // namespace compile
