// `dnsd check --against running`, for people.
#include <algorithm>

#include "base/io/json_view.h"
#include "base/text_table.h"
#include "dnsd/cli/render.h"

namespace dnsd::cli {

namespace {

using base::for_terminal;
using io::Json;

std::string more(std::size_t total) {
  return total <= kShownChanges ? ""
                                : "  and " + std::to_string(total - kShownChanges) + " more (--json has them all)\n";
}

std::string indented(const std::string& lines) {
  std::string out;
  for (std::size_t from = 0; from < lines.size();) {
    const auto end = std::min(lines.find('\n', from), lines.size());
    out += "  " + lines.substr(from, end - from) + "\n";
    from = end + 1;
  }
  return out;
}

std::string restart(const Json& restart) {
  if (restart.empty()) return "";
  base::TextTable table({{"SETTING"}, {"RUNNING"}, {"THIS FILE"}});
  for (const Json& each : restart) {
    const auto shown = [&](const char* key) { return io::text(each, key).empty() ? "-" : io::text(each, key); };
    table.add({io::text(each, "key"), shown("from"), shown("to")});
  }
  return "\nA reload would be refused: these settings change by a restart only (`dnsd serve --replace` takes them "
         "over\n"
         "without losing a query).\n" +
         indented(table.to_string());
}

std::string changes(const Json& changes) {
  if (changes.empty()) return "";
  std::string out = "\nWould change:\n";
  for (std::size_t i = 0; i < std::min(changes.size(), kShownChanges); ++i) {
    out += "  " + for_terminal(io::text(changes[i])) + "\n";
  }
  return out + more(changes.size());
}

std::string answer(const Json& side, const char* otherwise) {
  if (!side.is_object()) return otherwise;
  const std::string outcome = io::text(side, "outcome");
  if (outcome != "answer") return outcome;
  const std::string addresses = io::joined(io::member(side, "answer"));
  return addresses.empty() ? "(none)" : addresses;
}

std::string answers(const Json& answers, const std::string& id) {
  if (answers.empty()) return "\nNo answer would move.\n";
  base::TextTable table({{"WIDE-IP"}, {"ANSWER NOW"}, {"WOULD BE"}, {"BECAUSE"}});
  for (std::size_t i = 0; i < std::min(answers.size(), kShownChanges); ++i) {
    const Json& each = answers[i];
    table.add({io::text(each, "name"), answer(io::member(each, "from"), "(new)"),
               answer(io::member(each, "to"), "(removed)"), io::text(each, "why")});
  }
  return "\n" + std::to_string(answers.size()) + (answers.size() == 1 ? " ANSWER" : " ANSWERS") +
         " WOULD MOVE, by what " + for_terminal(id) + " knows now:\n" + indented(table.to_string()) +
         more(answers.size());
}

}  // namespace

bool differs(const std::string& data) {
  const Json all = Json::parse(data, nullptr, false);
  return !io::items(all, "restart").empty() || !io::items(all, "changes").empty() || !io::items(all, "answers").empty();
}

std::string render_against(const std::string& data) {
  const Json all = Json::parse(data, nullptr, false);
  const std::string id = io::text(all, "id");
  std::string out = for_terminal("compared with " + id + " as it runs, generation " + io::text(all, "generation") +
                                 (io::flag(all, "ready") ? "" : ", which is NOT READY yet")) +
                    "\n";
  if (!differs(data)) return out + "nothing would change\n";
  out +=
      restart(io::items(all, "restart")) + changes(io::items(all, "changes")) + answers(io::items(all, "answers"), id);
  if (const std::string unwatched = io::joined(io::items(all, "unwatched")); !unwatched.empty()) {
    out += "\n" +
           for_terminal("Not watched by " + id + " as it runs, so taken as SILENT here; a reload begins to ask: ") +
           for_terminal(unwatched) + "\n";
  }
  return out;
}

}  // namespace dnsd::cli
