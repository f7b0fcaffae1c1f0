#include "conf/changes.h"

#include <gmock/gmock.h>

namespace conf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Setting> of(const std::string& yaml) {
  static const std::string kFile = "x.yaml";
  std::vector<Fault> faults;
  const auto root = parse_document(yaml, &kFile, faults);
  EXPECT_TRUE(faults.empty());
  return settings_of(root);
}

const std::string kBase =
    "auto_recover_after: 5s\n"
    "pools:\n"
    "  - name: main\n"
    "    warn_lag: 10s\n"
    "    guard: {kind: process}\n"
    "    nodes:\n"
    "      - {name: db1, address: 10.0.0.1}\n"
    "      - {name: db2, address: 10.0.0.2}\n"
    "    roles:\n"
    "      - {name: readers, addresses: [10.0.0.21, 10.0.0.22]}\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos);
  return text.replace(at, from.size(), to);
}

TEST(Changes, TheSameTextChangesNothing) { EXPECT_THAT(changes(of(kBase), of(kBase)), IsEmpty()); }

TEST(Changes, OrderOfItemsAndKeysIsNoChange) {
  const auto other = replaced(replaced(kBase, "      - {name: db2, address: 10.0.0.2}\n", ""), "    nodes:\n",
                              "    nodes:\n      - {address: 10.0.0.2, name: db2}\n");
  EXPECT_THAT(changes(of(kBase), of(other)), IsEmpty());
}

TEST(Changes, AnItemThatComesOrGoesIsOneLine) {
  const auto more = replaced(kBase, "    roles:", "      - {name: db4, address: 10.0.0.4, promote: never}\n    roles:");
  EXPECT_THAT(changes(of(kBase), of(more)), ElementsAre("+ node db4 in pool main"));
  EXPECT_THAT(changes(of(more), of(kBase)), ElementsAre("- node db4 in pool main"));
  EXPECT_THAT(changes(of(kBase), of(kBase + "  - {name: main2, nodes: [{name: x}]}\n")), ElementsAre("+ pool main2"));
}

TEST(Changes, AValueThatChangesNamesItsPlaceAndBoth) {
  auto other = replaced(kBase, "warn_lag: 10s", "warn_lag: 30s");
  other = replaced(other, "address: 10.0.0.2}", "address: 10.0.0.3}");
  other = replaced(other, "auto_recover_after: 5s", "flap_count: 4");
  other = replaced(other, "10.0.0.21, ", "");
  other = replaced(other, "kind: process", "kind: nft");
  EXPECT_THAT(changes(of(kBase), of(other)),
              ElementsAre("~ auto_recover_after: 5s -> not set", "~ flap_count: not set -> 4",
                          "~ guard.kind of pool main: process -> nft",
                          "~ address of node db2 in pool main: 10.0.0.2 -> 10.0.0.3",
                          "~ addresses of role readers in pool main: 10.0.0.21, 10.0.0.22 -> 10.0.0.22",
                          "~ warn_lag of pool main: 10s -> 30s"));
}

TEST(Changes, ItemsWithoutANameGoByTheirPlace) {
  EXPECT_THAT(changes(of("levels: [{warn: 1}]\n"), of("levels: [{warn: 2}, {warn: 3}]\n")),
              ElementsAre("~ warn of level 1: 1 -> 2", "+ level 2"));
}

}  // namespace
}  // namespace conf
