#include "base/io/etcd_message.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/io/json_view.h"

namespace io::etcd {

namespace {

constexpr std::int64_t kMostTtl = 9'000'000'000;  // etcd's own limit of a lease

Json parse(std::string_view text) { return Json::parse(text, nullptr, false); }

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Zero where the member is missing, as the gateway leaves zeros out; nothing if it is no integer.
std::optional<std::int64_t> integer(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  if (value.is_null()) return 0;
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& digits = value.get_ref<const std::string&>();
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

// A false one is left out.
std::optional<bool> boolean(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  if (value.is_null()) return false;
  if (!value.is_boolean()) return std::nullopt;
  return value.get<bool>();
}

std::optional<std::string> decoded(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  if (value.is_null()) return std::string();
  if (!value.is_string()) return std::nullopt;
  return decode_base64(value.get_ref<const std::string&>());
}

// What every answer of etcd begins with; `revision` 0 where it is not told. No other server's JSON has it by chance.
std::optional<std::int64_t> header_revision(const Json& answer) {
  const Json& header = member(answer, "header");
  const auto cluster = member(header, "cluster_id");
  const auto revision = integer(header, "revision");
  if (!cluster.is_string() || !revision || *revision < 0) return std::nullopt;
  return revision;
}

tl::unexpected<base::Error> not_understood(std::string_view what) {
  return base::fail("the answer is no " + std::string(what));
}

std::optional<EtcdOwner> read_owner(const Json& kv, std::string_view key) {
  const auto name = decoded(kv, "key");
  const auto value = decoded(kv, "value");
  const auto created = integer(kv, "create_revision");
  const auto lease = integer(kv, "lease");
  if (!name || *name != key || !value || !created || *created <= 0 || !lease || *lease < 0) return std::nullopt;
  return EtcdOwner{*value, *created, *lease};
}

// The one key that a range found, or none; an error of what is neither.
base::Result<std::optional<EtcdOwner>> read_kvs(const Json& range, std::string_view key) {
  const Json& kvs = member(range, "kvs");
  const auto count = integer(range, "count");
  if (!range.is_object() || !count || (!kvs.is_null() && !kvs.is_array())) return not_understood("range of keys");
  if (kvs.empty() && *count == 0) return std::optional<EtcdOwner>();
  auto owner = kvs.size() == 1 && *count == 1 ? read_owner(kvs[0], key) : std::nullopt;
  if (!owner) return not_understood("range of that key");
  return owner;
}

// Of several events the last counts: the watch follows the key, not its history.
bool read_events(const Json& events, std::string_view key, WatchAnswer& out) {
  if (events.is_null()) return true;
  if (!events.is_array()) return false;
  for (const auto& event : events) {
    const auto type = text(event, "type");
    const Json& kv = member(event, "kv");
    if (type == "DELETE") {
      if (decoded(kv, "key") != std::string(key)) return false;
      out.owner.reset();
    } else if (type.empty() || type == "PUT") {
      out.owner = read_owner(kv, key);
      if (!out.owner) return false;
    } else {
      return false;
    }
    out.changed = true;
  }
  return true;
}

}  // namespace

std::string grant_request(std::int64_t lease_id, std::int64_t ttl_s) {
  return dump({{"ID", std::to_string(lease_id)}, {"TTL", std::to_string(ttl_s)}});
}

std::string campaign_request(std::string_view key, std::string_view value, std::int64_t lease_id) {
  const std::string name = encode_base64(key);
  const Json put = {{"key", name}, {"value", encode_base64(value)}, {"lease", std::to_string(lease_id)}};
  const Json compare = {{"key", name}, {"target", "CREATE"}, {"result", "EQUAL"}, {"create_revision", "0"}};
  Json out;
  out["compare"] = Json::array({compare});
  out["success"] = Json::array({Json{{"request_put", put}}});
  out["failure"] = Json::array({Json{{"request_range", Json{{"key", name}}}}});
  return dump(out);
}

std::string lease_request(std::int64_t lease_id) { return dump({{"ID", std::to_string(lease_id)}}); }

std::string range_request(std::string_view key) { return dump({{"key", encode_base64(key)}}); }

std::string watch_request(std::string_view key, std::int64_t start_revision) {
  Json out;
  out["create_request"] = {{"key", encode_base64(key)}, {"start_revision", std::to_string(start_revision)}};
  return dump(out);
}

std::string authenticate_request(std::string_view user, std::string_view password) {
  return dump({{"name", user}, {"password", password}});
}

base::Result<std::int64_t> read_grant(std::string_view body, std::int64_t lease_id) {
  const Json answer = parse(body);
  const auto ttl = integer(answer, "TTL");
  if (!header_revision(answer) || integer(answer, "ID") != lease_id || !ttl || *ttl < 1 || *ttl > kMostTtl) {
    return not_understood("lease");
  }
  return *ttl;
}

base::Result<CampaignAnswer> read_campaign(std::string_view body, std::string_view key) {
  const Json answer = parse(body);
  const auto revision = header_revision(answer);
  const auto succeeded = boolean(answer, "succeeded");
  const Json& responses = items(answer, "responses");
  if (!revision || *revision == 0 || !succeeded || responses.size() != 1) return not_understood("transaction");
  CampaignAnswer out{*succeeded, *revision, {}};
  if (out.succeeded) {
    if (!member(responses[0], "response_put").is_object()) return not_understood("transaction");
    return out;
  }
  const auto owner = read_kvs(member(responses[0], "response_range"), key);
  if (!owner || !*owner) return not_understood("transaction");
  out.owner = **owner;
  return out;
}

base::Result<std::int64_t> read_keep_alive(std::string_view body, std::int64_t lease_id) {
  const Json answer = parse(body);
  const Json& result = member(answer, "result");
  const auto ttl = integer(result, "TTL");
  // A dead lease is answered 200 with its ID and no TTL; an answer without its ID says nothing of it.
  if (!header_revision(result) || integer(result, "ID") != lease_id || !ttl || *ttl > kMostTtl) {
    return not_understood("renewal of that lease");
  }
  return std::max<std::int64_t>(0, *ttl);
}

base::Result<RangeAnswer> read_range(std::string_view body, std::string_view key) {
  const Json answer = parse(body);
  const auto revision = header_revision(answer);
  if (!revision || *revision == 0) return not_understood("range of keys");
  auto owner = read_kvs(answer, key);
  if (!owner) return tl::unexpected(owner.error());
  return RangeAnswer{*revision, std::move(*owner)};
}

base::Result<void> read_header(std::string_view body) {
  if (!header_revision(parse(body))) return not_understood("answer of etcd");
  return {};
}

base::Result<std::string> read_token(std::string_view body) {
  const Json answer = parse(body);
  const Json& token = member(answer, "token");
  if (!header_revision(answer) || !token.is_string() || token.get_ref<const std::string&>().empty()) {
    return not_understood("token");
  }
  return token.get<std::string>();
}

base::Result<WatchAnswer> read_watch(std::string_view line, std::string_view key) {
  const Json answer = parse(line);
  if (member(answer, "error").is_object() || member(answer, "error").is_string()) {
    WatchAnswer out;
    out.ended = true;
    out.reason = read_refusal(line).message;
    return out;
  }
  const Json& result = member(answer, "result");
  const auto revision = header_revision(result);
  const auto canceled = boolean(result, "canceled");
  WatchAnswer out;
  if (!revision || !canceled || !read_events(member(result, "events"), key, out)) return not_understood("event");
  out.revision = *revision;
  out.ended = *canceled;
  if (!out.ended) return out;
  out.reason = text(result, "cancel_reason");
  if (out.reason.empty()) out.reason = "the revision asked for is compacted";
  return out;
}

namespace {

// The first line of what is not JSON, if it is plain words: etcd, or a proxy before it, says why in some cases so.
std::string plain_words(std::string_view body) {
  const std::string_view line = body.substr(0, body.find_first_of("\r\n"));
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (line.starts_with('<') || !std::all_of(line.begin(), line.end(), printable)) return {};
  std::string out(line.substr(0, 200));
  // etcd where users are demanded: its gateway takes no certificate with a name in it.
  if (out.starts_with("CommonName of client")) out += " (give cert: a certificate without a CommonName)";
  return out;
}

}  // namespace

Refusal read_refusal(std::string_view body) {
  const Json answer = parse(body);
  if (answer.is_discarded()) return {0, plain_words(body)};
  const Json& error = member(answer, "error").is_object() ? member(answer, "error") : answer;
  Refusal out;
  out.message = text(error, "message");
  if (out.message.empty()) out.message = text(error, "error");
  const auto code = integer(error, error.contains("grpc_code") ? "grpc_code" : "code");
  if (!out.message.empty() && code && *code > 0 && *code < 100) out.code = static_cast<int>(*code);
  if (out.message.size() > 200) out.message.resize(200);
  return out;
}

bool wants_token(const Refusal& refusal) {
  if (refusal.code == kUnauthenticated) return true;
  // etcd 3.4 tells these two as "invalid argument".
  return refusal.message == "etcdserver: user name is empty" ||
         refusal.message == "etcdserver: revision of auth store is old";
}

}  // namespace io::etcd
