#include "sitecheck/io/commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/io/journal.h"
#include "base/log.h"
#include "sitecheck/io/ecv_text.h"
#include "sitecheck/io/order_commands.h"
#include "sitecheck/io/targets.h"

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxEvents = 10000;
constexpr std::int64_t kMostSinceMs = std::int64_t{10} * 365 * 86'400'000;

constexpr CommandRule kRules[] = {
    {"status"},           {"show"},
    {"checks"},           {"events"},
    {"is-active"},        {"report"},
    {"lvs-check"},        {"test-hook", true},
    {"reload", true},     {"recover", true},
    {"promote", true},    {"set-offline", true},
    {"set-online", true}, {"switchover", true},
    {"mode", true},       {"downtime", true},
    {"move-role", true},
};

std::string text_of(const Json& args, const char* key) {
  const auto at = args.find(key);
  return at != args.end() && at->is_string() ? at->get<std::string>() : "";
}

io::ControlReply refuse(int exit, std::string why) { return {exit, "{}", std::move(why)}; }

io::ControlReply say(int exit, const std::string& text) {
  return {exit, Json{{"text", text}}.dump(-1, ' ', false, Json::error_handler_t::replace), ""};
}

// Of that pool, or of the whole site: its checkpoints, its peers. "" is every pool.
bool concerns(const Json& event, const std::string& pool) {
  const std::string of = text_of(event, "pool");
  return pool.empty() || of.empty() || of == pool;
}

io::ControlReply events(const CommandContext& c, const Json& args) {
  io::JournalFilter filter;
  filter.last = 50;
  if (const auto at = args.find("last"); at != args.end() && at->is_number_integer()) {
    filter.last = static_cast<std::size_t>(std::clamp<std::int64_t>(at->get<std::int64_t>(), 0, kMaxEvents));
  }
  if (const auto at = args.find("since_ms"); at != args.end() && at->is_number_integer()) {
    const auto ms = std::clamp<std::int64_t>(at->get<std::int64_t>(), 0, kMostSinceMs);
    filter.since = c.present().wall - base::milliseconds(ms);
  }
  const std::string pool = text_of(args, "pool");
  if (!pool.empty()) {
    if (const auto target = pool_target(c.runner.conf(), pool); !target) return refuse(2, target.error().message);
  }
  const auto most = *filter.last;
  if (!pool.empty()) filter.last = kMaxEvents;  // those of other pools do not count
  const auto journal = io::read_journal_text(c.journal, filter);
  if (!journal) return refuse(1, journal.error().message);
  std::vector<Json> chosen;
  for (const auto& line : journal->lines) {
    auto event = Json::parse(line, nullptr, false);
    if (event.is_object() && concerns(event, pool)) chosen.push_back(std::move(event));
  }
  if (chosen.size() > most) chosen.erase(chosen.begin(), chosen.end() - static_cast<std::ptrdiff_t>(most));
  Json out{{"events", std::move(chosen)}};
  if (journal->skipped > 0) {
    out["skipped"] = journal->skipped;
    for (const auto& skip : journal->skips) out["skips"].push_back(skip.to_string());
  }
  return {0, out.dump(-1, ' ', false, Json::error_handler_t::replace), ""};
}

io::ControlReply one_node(const CommandContext& c, const std::string& command, const Json& args) {
  const auto& conf = c.runner.conf();
  const std::string role = text_of(args, "role");
  if (command == "lvs-check" && role != "rw" && role != "ro") return refuse(2, "role: allowed: rw, ro");
  const auto target = node_target(conf, text_of(args, "node"));
  if (!target) return refuse(2, target.error().message);
  const auto& pool = conf.pools[target->pool];
  const auto now = c.present().now;
  const auto nodes = ecv_nodes(c.runner, pool.name, now);
  const EcvNode* node = find_node(nodes, pool.nodes[*target->node].name);
  if (node == nullptr) return refuse(1, "not looked at yet");
  if (command == "report") return say(0, format_report(*node));
  const View view = command == "is-active" ? View::kActive : role == "ro" ? View::kReadable : View::kWritable;
  const bool shows = node_shows(view, c.runner.site().pool(target->pool, now).lease_ms > 0, nodes, *node);
  return say(shows ? 0 : 1, shows ? "OK" : "NO");
}

// What the core is asked to do; nothing if `command` is none of these.
std::optional<core::Operation> operation_of(const std::string& command, const Json& args) {
  if (command == "recover") {
    const auto at = args.find("accept_errant");
    const bool accept = at != args.end() && at->is_boolean() && at->get<bool>();
    return accept ? core::Operation::kRecoverAcceptErrant : core::Operation::kRecover;
  }
  if (command == "set-offline") return core::Operation::kSetOffline;
  if (command == "set-online") return core::Operation::kSetOnline;
  if (command == "promote") return core::Operation::kPromoteForce;
  if (command == "switchover") {
    const auto at = args.find("abort");
    const bool abort = at != args.end() && at->is_boolean() && at->get<bool>();
    return abort ? core::Operation::kAbortSwitchover : core::Operation::kSwitchover;
  }
  return std::nullopt;
}

// {"to", "dry_run", "limit_ms"}; gives what is wrong with them.
std::optional<std::string> read_switchover(const Json& args, core::Command& out) {
  out.target = text_of(args, "to");
  const auto dry_run = args.find("dry_run");
  out.dry_run = dry_run != args.end() && dry_run->is_boolean() && dry_run->get<bool>();
  const auto limit = args.find("limit_ms");
  if (limit == args.end()) return std::nullopt;
  constexpr std::int64_t kMost = 2 * 86'400'000;
  if (!limit->is_number_integer() || limit->get<std::int64_t>() < 1 || limit->get<std::int64_t>() > kMost) {
    return "limit_ms: allowed: 1 to " + std::to_string(kMost);
  }
  out.limit = base::milliseconds(limit->get<std::int64_t>());
  return std::nullopt;
}

void test_hook(const CommandContext& c, const io::ControlAnswer& answer) {
  if (c.hook == nullptr) return answer(refuse(2, "no event_hook is configured"));
  c.hook->test([answer](bool ok, const std::string& message) { answer(ok ? say(0, message) : refuse(1, message)); });
}

void reload(const CommandContext& c, const io::ControlRequest& request, const Json& args,
            const io::ControlAnswer& answer) {
  if (c.reloader == nullptr) return answer(refuse(1, "the configuration did not come from a file"));
  const auto at = args.find("dry_run");
  const bool dry_run = at != args.end() && at->is_boolean() && at->get<bool>();
  if (!dry_run) {
    base::log(base::Level::kInfo, "control.command", "a person changes state",
              {{"command", request.command}, {"who", request.user}, {"reason", request.reason}});
  }
  c.reloader->run(dry_run, request.user, request.reason,
                  [answer](const ReloadOutcome& outcome) { answer(to_reply(outcome)); });
}

// A node or a pool; of what concerns the writer, a pool.
base::Result<Target> target_of(const conf::Sitecheck& conf, core::Operation operation, const std::string& word) {
  auto pool = pool_target(conf, word);
  switch (operation) {
    case core::Operation::kPromoteForce:
    case core::Operation::kSwitchover:
    case core::Operation::kAbortSwitchover: return pool;
    default: break;
  }
  auto node = node_target(conf, word);
  if (node && pool) {
    return base::fail("\"" + word + "\" is a node and a pool; say which node: POOL/NODE");
  }
  return pool ? pool : node;
}

void change(const CommandContext& c, const io::ControlRequest& request, const Json& args, core::Operation operation,
            const io::ControlAnswer& answer) {
  const auto& conf = c.runner.conf();
  std::string word = text_of(args, "node");
  if (word.empty()) word = text_of(args, "pool");
  if (word.empty()) word = text_of(args, "target");
  const auto target = target_of(conf, operation, word);
  if (!target) return answer(refuse(2, target.error().message));
  if (operation == core::Operation::kPromoteForce && request.reason.empty()) {
    return answer(refuse(2, "promote --force needs a --reason"));
  }
  core::Command command;
  if (operation == core::Operation::kSwitchover) {
    if (const auto fault = read_switchover(args, command)) return answer(refuse(2, *fault));
  }
  command.operation = operation;
  command.pool = target->pool;
  command.node = target->node;
  command.who = request.user;
  command.reason = request.reason;
  base::log(base::Level::kInfo, "control.command", "a person changes state",
            {{"command", request.command}, {"target", word}, {"who", request.user}, {"reason", request.reason}});
  c.runner.command(std::move(command), [answer](bool ok, const std::string& message) {
    answer(ok ? say(0, message) : refuse(1, message));
  });
}

}  // namespace

std::span<const CommandRule> command_rules() { return kRules; }

const CommandRule* find_command(std::string_view name) {
  const auto* found = std::find_if(std::begin(kRules), std::end(kRules), [&](const auto& r) { return r.name == name; });
  return found == std::end(kRules) ? nullptr : found;
}

void handle_command(const CommandContext& c, const io::ControlRequest& request, const io::ControlAnswer& answer) {
  const auto args = Json::parse(request.args, nullptr, false);
  if (!args.is_object()) return answer(refuse(2, "args: not a JSON object"));
  const std::string& name = request.command;
  if (find_command(name) == nullptr) return answer(refuse(2, "unknown command \"" + name + "\""));
  if (handle_order(c, request, answer)) return;
  if (name == "status" || name == "show" || name == "checks") {
    return answer({0, status_json(c.runner, c.present()), ""});
  }
  if (name == "events") return answer(events(c, args));
  if (name == "is-active" || name == "report" || name == "lvs-check") return answer(one_node(c, name, args));
  if (name == "test-hook") return test_hook(c, answer);
  if (name == "reload") return reload(c, request, args, answer);
  if (const auto operation = operation_of(name, args)) return change(c, request, args, *operation, answer);
  answer(refuse(2, "unknown command \"" + name + "\""));
}

}  // namespace sitecheck
