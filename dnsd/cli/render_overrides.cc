// Drains and pins, as people read them.
#include "base/io/json_view.h"
#include "base/text_table.h"
#include "dnsd/cli/render.h"

namespace dnsd::cli {

namespace {

using base::for_terminal;
using io::Json;

std::string order_words(const Json& order) {
  const std::string wideip = io::text(order, "wideip");
  const std::string what = io::text(order, "what");
  if (io::text(order, "kind") == "pin") return "pin " + wideip + " to " + what;
  return "drain " + what + (wideip.empty() ? "" : " for " + wideip);
}

std::string concerns(const Json& order) {
  const auto count = io::number(order, "wideips");
  if (count == 0) return "nobody: not configured";
  return std::to_string(count) + (count == 1 ? " wide-IP" : " wide-IPs");
}

std::string end(const Json& order) {
  const std::string until = io::text(order, "until");
  return until.empty() ? "until it is taken back" : "until " + until + ", for " + io::duration(order, "left_ms");
}

std::string answers(const Json& done) {
  std::string out;
  for (const Json& each : io::items(done, "answers")) {
    const std::string answer = io::joined(io::member(each, "answer"));
    out += for_terminal(io::text(each, "name") + " is answered with " + (answer.empty() ? "(none)" : answer) + ": " +
                        io::text(each, "reason")) +
           "\n";
  }
  return out;
}

}  // namespace

std::string overrides_table(const Json& object) {
  base::TextTable table({{"ORDER"}, {"UNTIL"}, {"LEFT"}, {"CONCERNS"}, {"BY"}, {"REASON"}});
  for (const Json& order : io::items(object, "overrides")) {
    const std::string until = io::text(order, "until");
    table.add({order_words(order) + (io::flag(order, "break_glass") ? " BREAK-GLASS" : ""),
               until.empty() ? "taken back" : until, io::duration(order, "left_ms"), concerns(order),
               io::text(order, "user"), io::text(order, "reason")});
  }
  return table.empty() ? "" : table.to_string();
}

std::string render_overrides(const std::string& data) {
  const Json all = Json::parse(data, nullptr, false);
  if (!all.is_object()) return "";
  const std::string table = overrides_table(all);
  std::string out = table.empty() ? "no overrides\n" : table;
  if (io::member(all, "writable").is_boolean() && !io::flag(all, "writable")) {
    out += "! orders cannot be written down: see the log, and the disk\n";
  }
  return out;
}

std::string render_order(const std::string& data) {
  const Json done = Json::parse(data, nullptr, false);
  const Json& order = io::member(done, "override");
  if (!order.is_object()) return "";  // refused: the error says why
  std::string out = for_terminal(order_words(order) + ": " + concerns(order) + ", " + end(order)) + "\n";
  for (const Json& rule : io::items(done, "broken")) out += for_terminal("! BREAK-GLASS: " + io::text(rule)) + "\n";
  for (const Json& each : io::items(done, "cautions")) out += for_terminal("! " + io::text(each)) + "\n";
  return out + answers(done);
}

std::string render_ended(const std::string& data) {
  const Json done = Json::parse(data, nullptr, false);
  const Json& order = io::member(done, "override");
  if (!order.is_object()) return "";
  return for_terminal("taken back: " + order_words(order) + ": " + concerns(order)) + "\n" + answers(done);
}

}  // namespace dnsd::cli
