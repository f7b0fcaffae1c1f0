// The commands of the control socket. What changes something needs a reason and goes to the journal with its caller.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "dnsd/control/control_impl.h"
#include "dnsd/control/running.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

io::ControlReply done(std::string data) { return {0, std::move(data), ""}; }
io::ControlReply refuse(int exit, std::string why) { return {exit, "{}", std::move(why)}; }

Json to_json(const std::vector<conf::Fault>& faults) {
  Json out = Json::array();
  for (const conf::Fault& fault : faults) {
    out.push_back({{"file", fault.mark.file},
                   {"line", fault.mark.line},
                   {"column", fault.mark.column},
                   {"message", fault.message}});
  }
  return out;
}

std::string string_of(const Json& args, const char* key) {
  const auto at = args.find(key);
  return at != args.end() && at->is_string() ? at->get<std::string>() : std::string();
}

io::ControlReply to_reply(const ReloadOutcome& outcome, std::uint64_t generation) {
  Json data{{"done", outcome.done},
            {"generation", generation},
            {"faults", to_json(outcome.faults)},
            {"restart_needed", outcome.restart},
            {"zone_faults", to_json(outcome.zone_faults)},
            {"warnings", to_json(outcome.warnings)}};
  io::ControlReply out{0, text(data), ""};
  const auto list = [](const std::vector<conf::Fault>& faults) {
    std::string lines;
    for (const conf::Fault& fault : faults) lines += "\n" + to_string(fault);
    return lines;
  };
  if (!outcome.faults.empty()) {
    out.exit = 2;
    out.error = "the configuration has faults, nothing was changed:" + list(outcome.faults);
  } else if (!outcome.restart.empty()) {
    out.exit = 1;
    out.error = "restart needed, nothing was changed: these settings are fixed while dnsd runs:";
    for (const std::string& key : outcome.restart) out.error += " " + key;
    out.error += "; `dnsd serve --replace` takes them over without losing a query";
  } else if (!outcome.zone_faults.empty()) {
    out.exit = 1;
    out.error = "reloaded, but zones with faults keep their last good version:" + list(outcome.zone_faults);
  }
  return out;
}

io::ControlReply explain(const View& view, const std::string& name, const std::string& client) {
  if (name.empty()) return refuse(2, "explain: no name given");
  std::optional<base::Prefix> prefix;
  if (!client.empty()) {
    const auto parsed = base::Prefix::parse(client);
    if (!parsed) return refuse(2, "--client: " + parsed.error().message + "; allowed: an address, or ADDRESS/LENGTH");
    prefix = *parsed;
  }
  auto told = explain_json(view, name, prefix);
  return told ? done(*std::move(told)) : refuse(1, told.error().message);
}

// {"last": N} and {"since_ms": AGE}; both optional. Numbers may come as text.
std::optional<std::int64_t> number_of(const Json& args, const char* key) {
  const auto at = args.find(key);
  if (at == args.end()) return std::nullopt;
  if (at->is_number_integer()) return at->get<std::int64_t>();
  if (!at->is_string()) return std::nullopt;
  const std::string digits = at->get<std::string>();
  std::int64_t out = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return ec == std::errc() && end == digits.data() + digits.size() ? std::optional(out) : std::nullopt;
}

io::ControlReply read_events(const std::filesystem::path& path, const Json& args, base::WallTime now) {
  constexpr std::int64_t kDefaultLast = 100;
  constexpr std::int64_t kMaxLast = 10'000;
  io::JournalFilter filter;
  filter.without = "names";  // for a replay of the file, and long
  filter.last =
      static_cast<std::size_t>(std::clamp<std::int64_t>(number_of(args, "last").value_or(kDefaultLast), 0, kMaxLast));
  if (const auto age = number_of(args, "since_ms")) filter.since = now - base::milliseconds(*age);
  auto journal = io::read_journal_text(path, filter);
  if (!journal) return refuse(1, journal.error().message);
  std::string data = "{\"events\":[";
  for (std::size_t i = 0; i < journal->lines.size(); ++i) data += (i == 0 ? "" : ",") + journal->lines[i];
  data += "]";
  if (journal->skipped > 0) {
    Json skips = Json::array();
    for (const auto& skip : journal->skips) skips.push_back(skip.to_string());
    data += ",\"skipped\":" + std::to_string(journal->skipped) + ",\"skips\":" + text(skips);
  }
  return done(data + "}");
}

}  // namespace

void Control::Impl::take_command(const io::ControlRequest& request, const io::ControlAnswer& answer) {
  if (request.command == "replace" && options.on_replace) return options.on_replace(request, answer);
  if (request.command != "reload") return answer(command(request));
  reload(request.user, request.reason,
         [this, answer](const ReloadOutcome& outcome) { answer(to_reply(outcome, zones.generation())); });
}

io::ControlReply Control::Impl::command(const io::ControlRequest& request) {
  const Json args = Json::parse(request.args, nullptr, false);
  if (!args.is_object()) return refuse(2, "args is no JSON object");
  if (request.command == "status") {
    const auto from = number_of(args, "from");
    return done(status_json(
        view(), from ? std::optional(static_cast<std::size_t>(std::max<std::int64_t>(*from, 0))) : std::nullopt));
  }
  if (request.command == "explain") return explain(view(), string_of(args, "name"), string_of(args, "client"));
  if (request.command == "events") return read_events(events.path(), args, now().wall);
  if (request.command == "running") {
    const auto from = std::max<std::int64_t>(number_of(args, "from").value_or(0), 0);
    return done(running_json(view(), tests, static_cast<std::size_t>(from)));
  }
  if (request.command == "forget-epoch") return forget_epoch(request, string_of(args, "pool"));
  if (request.command == "drain") return give_order(decide::OrderKind::kDrain, request);
  if (request.command == "pin") return give_order(decide::OrderKind::kPin, request);
  if (request.command == "undrain") return end_order(decide::OrderKind::kDrain, request);
  if (request.command == "unpin") return end_order(decide::OrderKind::kPin, request);
  if (request.command == "overrides") {
    return done(text({{"overrides", shown_json(overrides.list, now().boot)}, {"writable", overrides.writable}}));
  }
  if (request.command == "resume") return resume_member(request, string_of(args, "member"));
  return refuse(2, "unknown command \"" + request.command + "\"");
}

io::ControlReply Control::Impl::forget_epoch(const io::ControlRequest& request, const std::string& pool) {
  if (pool.empty()) return refuse(2, "forget-epoch: no pool given");
  if (request.reason.empty()) return refuse(2, "forget-epoch: --reason is needed");
  if (!deciding) return refuse(1, "another process is taking over from this one: ask again");
  const auto forgotten = engine.forget(pool, now());
  const std::string outcome = !forgotten   ? "failed: " + forgotten.error().message
                              : *forgotten ? "forgotten: " + pool
                                           : "nothing known of pool " + pool;
  events.command(request.command, request.user, request.reason, outcome, now(), forgotten && *forgotten ? pool : "");
  arm();
  if (!forgotten || !*forgotten) return refuse(1, outcome);
  return done(text({{"pool", pool}, {"forgotten", true}}));
}

}  // namespace control
