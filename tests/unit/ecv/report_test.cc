#include "ecv/report.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "tests/unit/ecv/sample_report.h"

namespace {

using ecv::Report;
using ecv_test::sample_report;
using nlohmann::json;

json sample_json() { return json::parse(ecv::encode(sample_report())); }

std::string error_of(const json& body) {
  const auto got = ecv::decode(body.dump());
  return got ? "accepted" : got.error().message;
}

TEST(Report, SurvivesTheWayThere) {
  const auto there = ecv::encode(sample_report());
  EXPECT_EQ(there.find('\n'), std::string::npos);
  const auto back = ecv::decode(there);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(ecv::encode(*back), there);
  EXPECT_EQ(back->boot_id, 0xFFFFFFFFFFFFFFFFULL);
  EXPECT_EQ(back->epoch.counter(), 5U);
  EXPECT_EQ(back->epoch.site_id(), 1);
  ASSERT_EQ(back->nodes.size(), 2U);
  EXPECT_EQ(back->nodes[0].read_only, false);
  EXPECT_EQ(back->nodes[1].read_only, std::nullopt);
  EXPECT_EQ(back->nodes[1].lag_ms, 1200);
  EXPECT_EQ(back->peer.last_heard_ms, 120);
  EXPECT_TRUE(back->guard_armed);
  EXPECT_EQ(back->target, "site2");
  EXPECT_EQ(back->semi_sync, "degraded");
  EXPECT_EQ(back->semi_sync_replicas, 2);
  EXPECT_EQ(back->service, "down");
  EXPECT_EQ(back->errant, "0-1-7..9");
}

TEST(Report, AnEmptyOneSurvivesToo) {
  Report r;
  r.pool = "p";
  r.site = "s";
  const auto back = ecv::decode(ecv::encode(r));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->state, ecv::PoolState::kInit);
  EXPECT_EQ(back->peer.last_heard_ms, std::nullopt);
}

TEST(Report, IgnoresFieldsOfNewerVersions) {
  auto body = sample_json();
  body["new"] = {1, 2, 3};
  body["nodes"][0]["new"] = nullptr;
  body["peer"]["new"] = "x";
  EXPECT_TRUE(ecv::decode(body.dump()));
}

// Those that were added since; without them a report is one of an older site.
constexpr const char* kAdditions[] = {"guard_armed", "target",     "semi_sync", "semi_sync_replicas",
                                      "service",     "service_at", "errant"};

TEST(Report, ReportsOfOlderSitesAreRead) {
  auto body = sample_json();
  for (const auto* key : kAdditions) ASSERT_EQ(body.erase(key), 1U) << key;
  const auto got = ecv::decode(body.dump());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_FALSE(got->guard_armed);
  EXPECT_EQ(got->service, "unknown");
  EXPECT_EQ(got->service_at, "");
  EXPECT_EQ(got->semi_sync, "");
}

TEST(Report, NamesEveryAdditionOfAWrongType) {
  for (const auto* key : kAdditions) {
    auto body = sample_json();
    body[key] = json::array();
    EXPECT_EQ(error_of(body).find("\"" + std::string(key) + "\" is n"), 0U) << error_of(body);
  }
}

TEST(Report, ANodeOfAnOlderVersionTellsNoSourceOfItsLag) {
  auto body = sample_json();
  body["nodes"][1].erase("lag_by");
  const auto got = ecv::decode(body.dump());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->nodes[1].lag_by, "");
  body["nodes"][1]["lag_by"] = 7;
  EXPECT_EQ(error_of(body).find("\"nodes[1].lag_by\" is n"), 0U) << error_of(body);
}

TEST(Report, NamesEveryMissingField) {
  auto body = sample_json();
  for (const auto* key : kAdditions) body.erase(key);
  for (const auto& [key, value] : body.items()) {
    auto less = body;
    less.erase(key);
    EXPECT_EQ(error_of(less), "\"" + key + "\" is missing");
  }
  for (const auto* part : {"checkpoints", "peer"}) {
    for (const auto& [key, value] : body[part].items()) {
      auto less = body;
      less[part].erase(key);
      EXPECT_EQ(error_of(less), "\"" + std::string(part) + "." + key + "\" is missing");
    }
  }
  body["nodes"][1].erase("lag_by");  // an addition too
  for (const auto& [key, value] : body["nodes"][1].items()) {
    auto less = body;
    less["nodes"][1].erase(key);
    EXPECT_EQ(error_of(less), "\"nodes[1]." + key + "\" is missing");
  }
}

TEST(Report, NamesEveryFieldOfAWrongType) {
  const auto body = sample_json();
  const json wrongs[] = {json::array({1}), json::object(), -1, 1.5, "nonsense", true, nullptr};
  for (const auto& [key, value] : body.items()) {
    int refused = 0;
    for (const auto& wrong : wrongs) {
      if (wrong.type() == value.type()) continue;
      auto bad = body;
      bad[key] = wrong;
      const auto error = error_of(bad);
      EXPECT_NE(error, "accepted") << key << " = " << wrong;
      EXPECT_EQ(error.find("\"" + key), 0U) << error;
      ++refused;
    }
    EXPECT_GE(refused, 5) << key;
  }
}

TEST(Report, RefusesWhatIsOutOfRange) {
  const struct {
    const char* pointer;
    json value;
    const char* field;
  } cases[] = {
      {"/v", 2, "\"v\""},
      {"/v", 0, "\"v\""},
      {"/lease_ms", -1, "\"lease_ms\""},
      {"/lease_ms", 1e300, "\"lease_ms\""},
      {"/lease_ms", 9223372036854775807LL, "\"lease_ms\""},
      {"/lease_ms", 18446744073709551615ULL, "\"lease_ms\""},
      {"/epoch", -1, "\"epoch\""},
      {"/state", "active", "\"state\""},
      {"/state", "", "\"state\""},
      {"/pool_status", "OKAY", "\"pool_status\""},
      {"/fence", "NONE", "\"fence\""},
      {"/pool", "", "\"pool\""},
      {"/site", "", "\"site\""},
      {"/peer/state", "DEAD", "\"peer.state\""},
      {"/peer/last_heard_ms", -5, "\"peer.last_heard_ms\""},
      {"/checkpoints/ok", 4294967296LL, "\"checkpoints.ok\""},
      {"/nodes/1/req", -1, "\"nodes[1].req\""},
      {"/nodes/1/status", "OK WARN", "\"nodes[1].status\""},
      {"/nodes/0", 7, "\"nodes[0]\""},
      {"/instance", std::string(65537, 'x'), "\"instance\""},
      {"/nodes/0/gtid", std::string(65537, 'x'), "\"nodes[0].gtid\""},
  };
  for (const auto& c : cases) {
    auto bad = sample_json();
    bad[json::json_pointer(c.pointer)] = c.value;
    EXPECT_EQ(error_of(bad).find(c.field), 0U) << c.pointer << ": " << error_of(bad);
  }
}

TEST(Report, LimitsTheNumberOfNodes) {
  auto body = sample_json();
  const auto node = body["nodes"][0];
  body["nodes"] = std::vector<json>(1024, node);
  EXPECT_EQ(error_of(body), "accepted");
  body["nodes"].push_back(node);
  EXPECT_EQ(error_of(body).find("\"nodes\""), 0U);
}

TEST(Report, HostileBodiesAreRefusedWithoutHarm) {
  const std::string deep(1 << 20, '[');
  std::string deep_objects;
  for (int i = 0; i < 100000; ++i) deep_objects += "{\"a\":";
  for (const auto& body :
       {std::string(), std::string("{"), std::string("null"), std::string("[]"), std::string("7"),
        std::string(1000, '\0'), std::string("\xFF\xFE{}"), deep, deep_objects, "{\"v\":1,\"pool\":" + deep,
        std::string("{\"v\":1e999}"), std::string("{\"pool\":\"\xC3\"}")}) {
    EXPECT_FALSE(ecv::decode(body)) << body.substr(0, 20);
  }
}

TEST(Report, DeepNestingInAnUnknownFieldIsHarmless) {
  auto text = ecv::encode(sample_report());
  text.insert(1, "\"new\":" + std::string(200000, '[') + std::string(200000, ']') + ",");
  EXPECT_TRUE(ecv::decode(text));
}

TEST(Report, EveryTruncationIsRefused) {
  const auto whole = ecv::encode(sample_report());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ecv::decode(std::string_view(whole).substr(0, size))) << size;
  }
}

TEST(Report, BytesThatAreNoUtf8AreReplacedNotThrown) {
  auto r = sample_report();
  r.instance = "host\xFF";
  const auto back = ecv::decode(ecv::encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->instance, "host\xEF\xBF\xBD");
}

TEST(Report, NamesParseBack) {
  for (int i = 0; i < 9; ++i) {
    const auto s = static_cast<ecv::PoolState>(i);
    EXPECT_EQ(ecv::parse_pool_state(name(s)), s);
  }
  for (int i = 0; i < 8; ++i) {
    const auto s = static_cast<ecv::NodeState>(i);
    EXPECT_EQ(ecv::parse_node_state(name(s)), s);
  }
  for (int i = 0; i < 5; ++i) {
    const auto s = static_cast<ecv::NodeStatus>(i);
    EXPECT_EQ(ecv::parse_node_status(name(s)), s);
  }
  for (int i = 0; i < 3; ++i) {
    const auto s = static_cast<ecv::PoolStatus>(i);
    EXPECT_EQ(ecv::parse_pool_status(name(s)), s);
  }
  for (int i = 0; i < 4; ++i) {
    const auto s = static_cast<ecv::FenceKind>(i);
    EXPECT_EQ(ecv::parse_fence_kind(name(s)), s);
  }
  EXPECT_EQ(ecv::parse_pool_state("ACTIV"), std::nullopt);
  EXPECT_EQ(ecv::parse_node_state("?"), std::nullopt);
}

Report arbitrary_report() {
  const auto word = [] { return *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~')); };
  const auto below = [](int n) { return *rc::gen::inRange(0, n); };
  const auto maybe_ms = [&]() -> std::optional<std::int64_t> {
    if (below(2) == 0) return std::nullopt;
    return below(1'000'000);
  };
  Report r;
  r.pool = "p" + word();
  r.site = "s" + word();
  r.instance = word();
  r.boot_id = *rc::gen::arbitrary<std::uint64_t>();
  r.seq = *rc::gen::arbitrary<std::uint64_t>();
  r.epoch = {*rc::gen::arbitrary<std::uint64_t>()};
  r.max_epoch_seen = {*rc::gen::arbitrary<std::uint64_t>()};
  r.state = static_cast<ecv::PoolState>(below(9));
  r.pool_status = static_cast<ecv::PoolStatus>(below(3));
  r.eligible = below(2) == 1;
  r.lease_ms = below(1'000'000);
  r.fence = static_cast<ecv::FenceKind>(below(4));
  r.checkpoints = {below(9), below(9), below(9), word()};
  for (int i = below(4); i > 0; --i) {
    ecv::NodeReport n;
    n.id = "n" + word();
    n.state = static_cast<ecv::NodeState>(below(8));
    n.status = static_cast<ecv::NodeStatus>(below(5));
    if (below(2) == 1) n.read_only = below(2) == 1;
    n.io = word();
    n.lag_ms = maybe_ms();
    n.gtid = word();
    n.req = below(100);
    n.lag_by = word();
    r.nodes.push_back(n);
  }
  r.peer.last_heard_ms = maybe_ms();
  r.peer.state = below(2) == 0 ? "" : std::string(name(r.state));
  r.config_hash = word();
  return r;
}

RC_GTEST_PROP(Report, DecodingUndoesEncoding, ()) {
  const auto there = ecv::encode(arbitrary_report());
  const auto back = ecv::decode(there);
  RC_ASSERT(back.has_value());
  RC_ASSERT(ecv::encode(*back) == there);
}

RC_GTEST_PROP(Report, AnyChangedByteIsRefusedOrReadable, (std::uint32_t where, std::uint8_t what)) {
  auto text = ecv::encode(sample_report());
  text[where % text.size()] = static_cast<char>(what);
  const auto back = ecv::decode(text);
  if (back) {
    RC_ASSERT(ecv::decode(ecv::encode(*back)).has_value());
  } else {
    RC_ASSERT(!back.error().message.empty());
  }
}

// Each file of the corpus is decoded; what is accepted encodes and decodes again. Names that begin with "ok-" must be
// accepted, those with "bad-" refused.
TEST(Report, CorpusIsReadWithoutHarm) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WIDEIP_SOURCE_DIR "/tests/fuzz/corpus/report")) {
    const auto body = base::read_file(entry.path(), 1 << 22);
    ASSERT_TRUE(body);
    const auto got = ecv::decode(*body);
    const auto file = entry.path().filename().string();
    EXPECT_TRUE(!got || ecv::decode(ecv::encode(*got))) << file;
    EXPECT_TRUE(got || !file.starts_with("ok-")) << file;
    EXPECT_TRUE(!got || !file.starts_with("bad-")) << file;
    ++files;
  }
  EXPECT_GE(files, 10);
}

}  // namespace
