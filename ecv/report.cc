#include "ecv/report.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace ecv {

namespace {

using nlohmann::json;

constexpr std::size_t kMostText = std::size_t{64} << 10;
constexpr std::size_t kMostNodes = 1024;
constexpr std::int64_t kMostMs = std::int64_t{366} * 24 * 3600 * 1000;  // a year: no age or lease is longer
constexpr std::int64_t kMostCount = 1'000'000'000;

json optional_number(const std::optional<std::int64_t>& n) { return n ? json(*n) : json(nullptr); }

json encode_node(const NodeReport& n) {
  return {{"id", n.id},
          {"state", name(n.state)},
          {"status", name(n.status)},
          {"read_only", n.read_only ? json(*n.read_only) : json(nullptr)},
          {"io", n.io},
          {"sql", n.sql},
          {"lag_ms", optional_number(n.lag_ms)},
          {"gtid", n.gtid},
          {"req", n.req},
          {"lag_by", n.lag_by}};
}

// Reads the members of one object. The first fault is kept, with the path of its field; after it all reads give
// defaults, so that a caller checks once.
class Fields {
 public:
  Fields(const json& object, std::string path, std::string& fault)
      : object_(object), path_(std::move(path)), fault_(fault) {}

  std::string text(const char* key, bool may_be_empty = true) {
    const json* v = find(key);
    if (v == nullptr) return {};
    if (!v->is_string()) return wrong(key, "is no string"), std::string();
    const auto& text = v->get_ref<const std::string&>();
    if (text.size() > kMostText) return wrong(key, "is longer than 64 KiB"), std::string();
    if (text.empty() && !may_be_empty) wrong(key, "is empty");
    return text;
  }
  [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }
  bool flag(const char* key) {
    const json* v = find(key);
    if (v == nullptr) return false;
    if (!v->is_boolean()) return wrong(key, "is neither true nor false"), false;
    return v->get<bool>();
  }
  std::uint64_t u64(const char* key) {
    const json* v = find(key);
    if (v == nullptr) return 0;
    if (!v->is_number_unsigned()) return wrong(key, "is no whole number from 0 to 2^64-1"), 0;
    return v->get<std::uint64_t>();
  }
  // Of a version that does not tell it: "".
  std::string text_if_there(const char* key) { return object_.contains(key) ? text(key) : ""; }
  std::int64_t number(const char* key, std::int64_t most) {
    const json* v = find(key);
    if (v == nullptr) return 0;
    if (!v->is_number_unsigned() || v->get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
      return wrong(key, "is no whole number from 0 to " + std::to_string(most)), 0;
    }
    return v->get<std::int64_t>();
  }
  int count(const char* key) { return static_cast<int>(number(key, kMostCount)); }
  std::optional<std::int64_t> number_or_null(const char* key, std::int64_t most) {
    const json* v = find(key);
    if (v == nullptr || v->is_null()) return std::nullopt;
    return number(key, most);
  }
  std::optional<bool> flag_or_null(const char* key) {
    const json* v = find(key);
    if (v == nullptr || v->is_null()) return std::nullopt;
    return flag(key);
  }
  template <typename E>
  E named(const char* key, std::optional<E> (*parse)(std::string_view)) {
    const auto word = text(key);
    const auto value = parse(word);
    if (!value) wrong(key, "is no name known here");
    return value.value_or(E{});
  }
  // The member if it is an object or array of that kind; else null.
  const json* nested(const char* key, json::value_t kind) {
    const json* v = find(key);
    if (v == nullptr) return nullptr;
    if (v->type() != kind) return wrong(key, kind == json::value_t::array ? "is no array" : "is no object"), nullptr;
    return v;
  }
  void wrong(const char* key, const std::string& why) {
    if (fault_.empty()) fault_ = "\"" + path_ + key + "\" " + why;
  }

 private:
  const json* find(const char* key) {
    if (!fault_.empty()) return nullptr;
    const auto at = object_.find(key);
    if (at == object_.end()) {
      wrong(key, "is missing");
      return nullptr;
    }
    return &*at;
  }

  const json& object_;
  std::string path_;
  std::string& fault_;
};

NodeReport decode_node(const json& object, const std::string& path, std::string& fault) {
  Fields in(object, path, fault);
  NodeReport out;
  out.id = in.text("id", false);
  out.state = in.named("state", parse_node_state);
  out.status = in.named("status", parse_node_status);
  out.read_only = in.flag_or_null("read_only");
  out.io = in.text("io");
  out.sql = in.text("sql");
  out.lag_ms = in.number_or_null("lag_ms", kMostMs);
  out.gtid = in.text("gtid");
  out.req = in.count("req");
  out.lag_by = in.text_if_there("lag_by");
  return out;
}

void decode_nodes(const json& array, Report& out, std::string& fault) {
  if (array.size() > kMostNodes) {
    fault = "\"nodes\" has more than " + std::to_string(kMostNodes) + " items";
    return;
  }
  out.nodes.reserve(array.size());
  for (std::size_t i = 0; i < array.size() && fault.empty(); ++i) {
    const auto path = "nodes[" + std::to_string(i) + "]";
    if (!array[i].is_object()) {
      fault = "\"" + path + "\" is no object";
      return;
    }
    out.nodes.push_back(decode_node(array[i], path + ".", fault));
  }
}

void decode_claim(Fields& in, Report& out) {
  out.pool = in.text("pool", false);
  out.site = in.text("site", false);
  out.instance = in.text("instance");
  out.boot_id = in.u64("boot_id");
  out.seq = in.u64("seq");
  out.epoch = {in.u64("epoch")};
  out.max_epoch_seen = {in.u64("max_epoch_seen")};
  out.state = in.named("state", parse_pool_state);
  out.pool_status = in.named("pool_status", parse_pool_status);
  out.eligible = in.flag("eligible");
  out.lease_ms = in.number("lease_ms", kMostMs);
  out.fence = in.named("fence", parse_fence_kind);
  out.guard = in.text("guard");
  out.arbiter = in.text("arbiter");
  out.config_hash = in.text("config_hash");
  out.server_time = in.text("server_time");
}

// Newer than version 1's first reports, which decode without them.
void decode_additions(Fields& in, Report& out) {
  if (in.has("guard_armed")) out.guard_armed = in.flag("guard_armed");
  if (in.has("target")) out.target = in.text("target");
  if (in.has("semi_sync")) out.semi_sync = in.text("semi_sync");
  if (in.has("semi_sync_replicas")) out.semi_sync_replicas = in.count("semi_sync_replicas");
  if (in.has("service")) out.service = in.text("service");
  if (in.has("service_at")) out.service_at = in.text("service_at");
  if (in.has("errant")) out.errant = in.text("errant");
}

void decode_parts(Fields& in, Report& out, std::string& fault) {
  if (const json* object = in.nested("checkpoints", json::value_t::object)) {
    Fields part(*object, "checkpoints.", fault);
    out.checkpoints.ok = part.count("ok");
    out.checkpoints.total = part.count("total");
    out.checkpoints.quorum = part.count("quorum");
    out.checkpoints.cut = part.text("cut");
  }
  if (const json* object = in.nested("peer", json::value_t::object)) {
    Fields part(*object, "peer.", fault);
    out.peer.last_heard_ms = part.number_or_null("last_heard_ms", kMostMs);
    out.peer.epoch = {part.u64("epoch")};
    out.peer.state = part.text("state");
    if (!out.peer.state.empty() && !parse_pool_state(out.peer.state)) part.wrong("state", "is no name known here");
  }
  if (const json* array = in.nested("nodes", json::value_t::array)) decode_nodes(*array, out, fault);
}

}  // namespace

std::string encode(const Report& r) {
  json out = {{"v", r.v},
              {"pool", r.pool},
              {"site", r.site},
              {"instance", r.instance},
              {"boot_id", r.boot_id},
              {"seq", r.seq},
              {"epoch", r.epoch.value},
              {"max_epoch_seen", r.max_epoch_seen.value},
              {"state", name(r.state)},
              {"pool_status", name(r.pool_status)},
              {"eligible", r.eligible},
              {"lease_ms", r.lease_ms},
              {"fence", name(r.fence)},
              {"guard", r.guard},
              {"arbiter", r.arbiter},
              {"config_hash", r.config_hash},
              {"server_time", r.server_time},
              {"guard_armed", r.guard_armed},
              {"target", r.target},
              {"semi_sync", r.semi_sync},
              {"semi_sync_replicas", r.semi_sync_replicas},
              {"service", r.service},
              {"service_at", r.service_at},
              {"errant", r.errant}};
  out["checkpoints"] = {{"ok", r.checkpoints.ok},
                        {"total", r.checkpoints.total},
                        {"quorum", r.checkpoints.quorum},
                        {"cut", r.checkpoints.cut}};
  out["peer"] = {
      {"last_heard_ms", optional_number(r.peer.last_heard_ms)}, {"epoch", r.peer.epoch.value}, {"state", r.peer.state}};
  out["nodes"] = json::array();
  for (const auto& node : r.nodes) out["nodes"].push_back(encode_node(node));
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Result<Report> decode(std::string_view text) {
  // Neither parsing nor destroying recurses in nlohmann-json, so nesting cannot exhaust the stack; nothing is printed.
  const auto object = json::parse(text, nullptr, false);
  if (object.is_discarded()) return base::fail("the report is no JSON");
  if (!object.is_object()) return base::fail("the report is no JSON object");
  std::string fault;
  Fields in(object, "", fault);
  if (in.u64("v") != 1 && fault.empty()) in.wrong("v", "is not 1, the only version known here");
  Report out;
  decode_claim(in, out);
  decode_additions(in, out);
  decode_parts(in, out, fault);
  if (!fault.empty()) return base::fail(fault);
  return out;
}

}  // namespace ecv
