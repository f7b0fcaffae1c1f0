#include "sitecheck/io/api_views.h"

#include <nlohmann/json.hpp>

#include "sitecheck/io/api_documents.h"
#include "sitecheck/io/commands.h"

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;
using Found = std::optional<std::string>;
using Parts = std::vector<std::string>;

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }
Json parse(const std::string& from) { return Json::parse(from, nullptr, false); }

// {"NAME": that member of the status}
Found member(const ApiProvider& from, const char* name) { return text({{name, parse(from.site())[name]}}); }

Json all_pools(const ApiProvider& from) {
  Json out = Json::array();
  for (std::size_t i = 0; i < from.pools().size(); ++i) out.push_back(parse(from.pool(i)));
  return out;
}

std::optional<Json> find_pool(const ApiProvider& from, const std::string& name) {
  const auto names = from.pools();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return parse(from.pool(i));
  }
  return std::nullopt;
}

// Its nodes or its roles, each with its pool.
Json parts_of(const Json& pool, const char* part) {
  Json out = Json::array();
  for (const auto& each : pool[part]) {
    Json one{{"pool", pool["name"]}};
    one.update(each);
    out.push_back(std::move(one));
  }
  return out;
}

// By its name, or HOST:PORT. Where several have it, which one is meant is not guessed.
Found one_node(const Json& pools, const std::string& word) {
  Found out;
  for (const auto& pool : pools) {
    for (const auto& node : parts_of(pool, "nodes")) {
      const auto at = node.value("host", "") + ":" + std::to_string(node.value("port", 0));
      if (node.value("name", "") != word && at != word) continue;
      if (out) return std::nullopt;
      out = text(node);
    }
  }
  return out;
}

Found pool_part(const ApiProvider& from, const std::string& name, const char* part) {
  const auto pool = find_pool(from, name);
  if (!pool) return std::nullopt;
  return text({{part, parts_of(*pool, part)}});
}

// Of all pools.
Found every(const ApiProvider& from, const char* part) {
  Json out = Json::array();
  for (const auto& pool : all_pools(from)) {
    for (auto& each : parts_of(pool, part)) out.push_back(std::move(each));
  }
  return text({{part, out}});
}

// Whose word each pool's permit rests on, and what the voters last answered.
Found votes(const ApiProvider& from) {
  Json out = Json::array();
  for (const auto& pool : all_pools(from)) {
    Json one{
        {"pool", pool["name"]}, {"state", pool["state"]}, {"epoch", pool["epoch"]}, {"lease_ms", pool["lease_ms"]}};
    one.update(pool["arbiter"]);
    out.push_back(std::move(one));
  }
  return text({{"votes", out}});
}

Found commands(const ApiProvider&, const Parts&) {
  Json out = Json::array();
  for (const auto& rule : command_rules()) out.push_back({{"name", rule.name}, {"changes", rule.changes}});
  return text({{"commands", out}});
}

struct View {
  std::string_view path;
  Found (*give)(const ApiProvider& from, const Parts& path);
};

constexpr View kViews[] = {
    {"/status", [](const ApiProvider& f, const Parts&) { return Found(f.status()); }},
    {"/pools",
     [](const ApiProvider& f, const Parts&) {
       return Found(text({{"pools", all_pools(f)}}));
     }},
    {"/pools/{pool}",
     [](const ApiProvider& f, const Parts& p) {
       const auto pool = find_pool(f, p[1]);
       return pool ? Found(text(*pool)) : std::nullopt;
     }},
    {"/pools/{pool}/nodes", [](const ApiProvider& f, const Parts& p) { return pool_part(f, p[1], "nodes"); }},
    {"/pools/{pool}/nodes/{node}",
     [](const ApiProvider& f, const Parts& p) {
       const auto pool = find_pool(f, p[1]);
       return pool ? one_node(Json::array({*pool}), p[3]) : std::nullopt;
     }},
    {"/pools/{pool}/roles", [](const ApiProvider& f, const Parts& p) { return pool_part(f, p[1], "roles"); }},
    {"/nodes", [](const ApiProvider& f, const Parts&) { return every(f, "nodes"); }},
    {"/nodes/{node}", [](const ApiProvider& f, const Parts& p) { return one_node(all_pools(f), p[1]); }},
    {"/roles", [](const ApiProvider& f, const Parts&) { return every(f, "roles"); }},
    {"/checkpoints", [](const ApiProvider& f, const Parts&) { return member(f, "checkpoints"); }},
    {"/peers", [](const ApiProvider& f, const Parts&) { return member(f, "peers"); }},
    {"/arbiter", [](const ApiProvider& f, const Parts&) { return member(f, "arbiter"); }},
    {"/votes", [](const ApiProvider& f, const Parts&) { return votes(f); }},
    {"/configuration", [](const ApiProvider& f, const Parts&) { return Found(f.configuration()); }},
    {"/commands", commands},
    {"/openapi.json", [](const ApiProvider&, const Parts&) { return Found(std::string(kOpenapiDocument)); }},
    {"/sitecheck-status.schema.json",
     [](const ApiProvider&, const Parts&) { return Found(std::string(kStatusSchema)); }},
    {"/sitecheck-events.schema.json",
     [](const ApiProvider&, const Parts&) { return Found(std::string(kEventsSchema)); }},
};

// Segment by segment; one in braces stands for any.
bool fits(std::string_view path, const Parts& parts) {
  std::size_t n = 0;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    if (n == parts.size() || (segment[0] != '{' && segment != parts[n]) || parts[n].empty()) return false;
    ++n;
    path.remove_prefix(segment.size());
  }
  return n == parts.size();
}

}  // namespace

std::optional<std::string> api_view(const ApiProvider& from, const Parts& path, std::string_view& known) {
  known = {};
  for (const auto& view : kViews) {
    if (!fits(view.path, path)) continue;
    known = view.path;
    return view.give(from, path);
  }
  return std::nullopt;
}

std::vector<std::string_view> api_view_paths() {
  std::vector<std::string_view> out;
  for (const auto& view : kViews) out.push_back(view.path);
  return out;
}

}  // namespace sitecheck
