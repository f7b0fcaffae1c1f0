#include "sitecheck/io/order_commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "sitecheck/io/keeper.h"
#include "sitecheck/io/targets.h"

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kLongestDowntime = std::int64_t{365} * 86'400'000;  // ms

std::string text_of(const Json& args, const char* key) {
  const auto at = args.find(key);
  return at != args.end() && at->is_string() ? at->get<std::string>() : "";
}

io::ControlReply refuse(int exit, std::string why) { return {exit, "{}", std::move(why)}; }
io::ControlReply say(const std::string& text) {
  return {0, Json{{"text", text}}.dump(-1, ' ', false, Json::error_handler_t::replace), ""};
}

void log_order(const io::ControlRequest& request, const std::string& what) {
  base::log(base::Level::kInfo, "control.command", "a person changes state",
            {{"command", request.command}, {"target", what}, {"who", request.user}, {"reason", request.reason}});
}

void mode(const CommandContext& c, const io::ControlRequest& request, const Json& args,
          const io::ControlAnswer& answer) {
  const std::string word = text_of(args, "mode");
  const auto wanted = core::parse_mode(word);
  if (!wanted) return answer(refuse(2, "no mode \"" + word + "\"; there are: active, manual, passive"));
  log_order(request, word);
  c.runner.set_mode({0, *wanted, request.user, request.reason},
                    [answer](bool ok, const std::string& message) { answer(ok ? say(message) : refuse(1, message)); });
}

io::ControlReply downtime(const CommandContext& c, const io::ControlRequest& request, const Json& args) {
  const auto& conf = c.runner.conf();
  const auto target = node_target(conf, text_of(args, "node"));
  if (!target) return refuse(2, target.error().message);
  const conf::Pool* pool = &conf.pools[target->pool];
  const conf::Node* node = &pool->nodes[*target->node];
  const auto end = args.find("end");
  if (end != args.end() && end->is_boolean() && end->get<bool>()) {
    log_order(request, node->name);
    if (!c.runner.keeper().end_downtime(pool->name, node->name)) return refuse(1, node->name + " has no downtime");
    return say("the downtime of " + node->name + " is over");
  }
  const auto time = args.find("for_ms");
  if (time == args.end() || !time->is_number_integer() || time->get<std::int64_t>() < 1 ||
      time->get<std::int64_t>() > kLongestDowntime) {
    return refuse(2, "for_ms: allowed: 1 to " + std::to_string(kLongestDowntime));
  }
  const auto until = c.present().wall + base::milliseconds(time->get<std::int64_t>());
  log_order(request, node->name);
  c.runner.keeper().set_downtime({pool->name, node->name, until, request.user, request.reason});
  return say(node->name + " is in downtime until " + base::format_local(until) +
             ": its alarms are muted, and it is read by nobody" +
             (node->promote == conf::PromoteWish::kNever ? "" : "; it may still become the writer"));
}

// An exclusive role goes with the writer; "writer" stands for it where none is configured.
bool means_writer(const conf::Pool& pool, const std::string& role) {
  const auto at =
      std::find_if(pool.roles.begin(), pool.roles.end(), [&](const conf::Role& r) { return r.name == role; });
  return at != pool.roles.end() ? at->kind == conf::RoleKind::kExclusive : role == "writer";
}

void move_writer(const CommandContext& c, const io::ControlRequest& request, const Json& args, const conf::Pool& pool,
                 const io::ControlAnswer& answer) {
  const std::string word = text_of(args, "node");
  const auto node =
      std::find_if(pool.nodes.begin(), pool.nodes.end(), [&](const conf::Node& n) { return n.name == word; });
  if (node == pool.nodes.end()) return answer(refuse(2, "the pool has no node \"" + word + "\""));
  const auto dry_run = args.find("dry_run");
  core::Command command;
  command.operation = core::Operation::kMoveWriter;
  command.pool = static_cast<core::PoolIndex>(&pool - c.runner.conf().pools.data());
  command.node = static_cast<core::NodeIndex>(node - pool.nodes.begin());
  command.who = request.user;
  command.reason = request.reason;
  command.dry_run = dry_run != args.end() && dry_run->is_boolean() && dry_run->get<bool>();
  c.runner.command(std::move(command),
                   [answer](bool ok, const std::string& message) { answer(ok ? say(message) : refuse(1, message)); });
}

void move_role(const CommandContext& c, const io::ControlRequest& request, const Json& args,
               const io::ControlAnswer& answer) {
  const auto target = pool_target(c.runner.conf(), text_of(args, "pool"));
  if (!target) return answer(refuse(2, target.error().message));
  const conf::Pool* pool = &c.runner.conf().pools[target->pool];
  log_order(request, pool->name);
  const std::string role = text_of(args, "role");
  if (means_writer(*pool, role)) return move_writer(c, request, args, *pool, answer);
  if (args.contains("dry_run") && args["dry_run"] == true) {
    return answer(refuse(2, "--dry-run is for the role that goes with the writer"));
  }
  const auto moved = c.runner.keeper().move(target->pool, text_of(args, "node"), role, text_of(args, "address"));
  answer(moved ? say(*moved) : refuse(1, moved.error().message));
}

}  // namespace

bool handle_order(const CommandContext& c, const io::ControlRequest& request, const io::ControlAnswer& answer) {
  const std::string& name = request.command;
  if (name != "mode" && name != "downtime" && name != "move-role") return false;
  const auto args = Json::parse(request.args, nullptr, false);
  if (!args.is_object()) {
    answer(refuse(2, "args: not a JSON object"));
  } else if (name == "mode") {
    mode(c, request, args, answer);
  } else {
    if (name == "move-role") return move_role(c, request, args, answer), true;
    answer(downtime(c, request, args));
  }
  return true;
}

}  // namespace sitecheck
