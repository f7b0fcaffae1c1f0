#include "conf/safety_table.h"

#include <set>

namespace conf {

namespace {

constexpr std::int64_t kMostMembers = 1000;

// The words of `confirm`.
void read_confirm(Reading& reading, const Field& field, const Value& value, Safety& out) {
  for (const Value* item : list_items(reading, field, value)) {
    std::size_t word = 0;
    if (read_word(reading, field, *item, word)) (word == 0 ? out.confirm_drain : out.confirm_pin) = true;
  }
}

const Table<Safety>& safety_table() {
  static const Table<Safety> table(
      "safety",
      {
          row<Safety>({.key = "at_least",
                       .type = Type::kNumber,
                       .help = "How many members stay in service: a drain or a pin that would leave fewer is refused. "
                               "In service is who is up and not drained; with active_writer the one that holds the "
                               "writer, so that it can be drained only after a switchover.",
                       .standard = "1",
                       .min = 0,
                       .max = kMostMembers,
                       .unit = "members"},
                      &Safety::at_least),
          row<Safety>(
              {.key = "never_both",
               .type = Type::kText,
               .help = "Sites, or members (SITE/POOL, or the name of a member at an address), of which somebody "
                       "stays in service: an order that would leave none of them is refused. With "
                       "active_writer a site that is heard and not drained counts, standby or not.",
               .standard_note = "no such group"},
              &Safety::never_both),
          custom<Safety>({.key = "confirm",
                          .type = Type::kChoice,
                          .help = "Orders that must be confirmed: by repeating the name on a terminal, by --yes, or "
                                  "by `confirm` in a request.",
                          .list = true,
                          .standard_note = "none",
                          .words = {"drain", "pin"}},
                         read_confirm),
      });
  return table;
}

void check_group(Reading& reading, const Value& safety, const WideIp& wideip) {
  const Value* list = safety.find("never_both");
  if (list == nullptr || wideip.safety.never_both.empty()) return;
  if (wideip.safety.never_both.size() < 2) {
    reading.fault(list->mark(), "never_both: one name alone; allowed: two or more, of which somebody stays in service");
  }
  std::set<std::string> known;
  for (const Member& member : wideip.members) {
    known.insert(member.site.empty() ? member.pool : member.site + "/" + member.pool);
    if (!member.site.empty()) known.insert(member.site);
  }
  for (const std::string& each : wideip.safety.never_both) {
    if (known.contains(each)) continue;
    const std::vector<std::string_view> names(known.begin(), known.end());
    reading.fault(list->mark(),
                  "never_both: \"" + each + "\" is no site and no member of this wide-IP" + did_you_mean(each, names));
  }
}

}  // namespace

Row<WideIp> safety_row() {
  return custom<WideIp>({.key = "safety",
                         .type = Type::kMapping,
                         .help = "What `dnsd drain` and `dnsd pin` may not do to this wide-IP, unless --break-glass is "
                                 "given.",
                         .standard_note = "at_least: 1",
                         .shape = &safety_table().shape()},
                        [](Reading& reading, const Field& field, const Value& value, WideIp& out) {
                          out.safety.at = {value.line, value.column};
                          if (is_mapping(reading, field, value)) {
                            read_fields(reading, safety_table(), value, out.safety);
                          }
                        });
}

void check_safety(Reading& reading, const Value& wideip_value, const WideIp& wideip) {
  const Value* safety = wideip_value.find("safety");
  if (safety == nullptr || safety->kind != Value::Kind::kMapping) return;
  const bool writer = wideip.method == Method::kActiveWriter;
  const std::size_t most = writer ? 1 : wideip.members.size();
  if (const Value* at = safety->find("at_least"); at != nullptr && wideip.safety.at_least > most && most > 0) {
    reading.fault(at->mark(),
                  "at_least " + std::to_string(wideip.safety.at_least) +
                      (writer ? " with method active_writer, which answers with one member; allowed: 0 or 1"
                              : " is above the number of members; allowed: at most " + std::to_string(most)));
  }
  check_group(reading, *safety, wideip);
}

}  // namespace conf
