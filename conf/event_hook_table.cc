#include "conf/outlet_table.h"
#include "conf/scalar.h"

namespace conf {

namespace {

constexpr std::int64_t kDay = 86'400'000;  // milliseconds
constexpr int kMostRuns = 10'000;

// The first word is a program: with a slash a path, which starts at the file that names it, and must be there.
void read_command(Reading& reading, const Field& field, const Value& value, EventHook& out) {
  for (const Value* item : list_items(reading, field, value)) {
    Field one = field;
    one.list = false;
    const bool program = out.command.empty();
    std::filesystem::path path;
    std::string word;
    if (program && item->kind == Value::Kind::kScalar && item->text.find('/') != std::string::npos) {
      one.type = Type::kPath;
      if (!read(reading, one, *item, path)) return;
      word = path.string();
      if (const auto why = reading.outside.unreadable(path)) {
        reading.fault(item->mark(), std::string(field.key) + ": " + *why + "; allowed: a program that is there");
      }
    } else if (!read(reading, one, *item, word)) {
      return;
    }
    out.command.push_back(std::move(word));
  }
}

// NUMBER/TIME: "10/1h".
void read_rate(Reading& reading, const Field& field, const Value& value, EventHook& out) {
  std::string text;
  if (!read(reading, field, value, text)) return;
  const auto slash = text.find('/');
  std::int64_t runs = 0;
  std::int64_t ms = 0;
  if (slash == std::string::npos || parse_number(text.substr(0, slash), runs) ||
      parse_duration(text.substr(slash + 1), ms) || runs < 1 || runs > kMostRuns || ms < 1000 || ms > kDay) {
    reading.fault(value.mark(),
                  "rate: found " + found(value) + "; allowed: a number of runs and a time from 1s to 1d, as 10/1h");
    return;
  }
  out.rate = static_cast<int>(runs);
  out.per = base::milliseconds(ms);
}

const Table<EventHook>& event_hook_table() {
  static const Table<EventHook> table(
      "event_hook",
      {
          custom<EventHook>({.key = "command",
                             .type = Type::kText,
                             .help = "The program and its arguments, each an item. It gets the event as JSON on its "
                                     "standard input, and in WIDEIP_ variables.",
                             .required = true,
                             .list = true},
                            read_command),
          row<EventHook>({.key = "events",
                          .type = Type::kText,
                          .help = "Of which events: their names in the journal, * standing for any text.",
                          .list = true,
                          .standard = "pool.state, pool.status, pool.alarm, pool.alarm_over, pool.promotion_failed, "
                                      "fence.*, checkpoint.no_quorum, guard.dead, state.failed"},
                         &EventHook::events),
          choice<EventHook>({.key = "level",
                             .help = "The least level of an event that is told.",
                             .standard = "info",
                             .words = {"info", "warn", "error"}},
                            &EventHook::level, {base::Level::kInfo, base::Level::kWarn, base::Level::kError}),
          custom<EventHook>({.key = "rate",
                             .type = Type::kText,
                             .help = "How many runs in how long, as 10/1h. What comes beyond it is held back, counted, "
                                     "and told of by one run as soon as there may be one.",
                             .standard = "10/1h"},
                            read_rate),
          row<EventHook>({.key = "timeout",
                          .type = Type::kDuration,
                          .help = "A run that takes longer is killed, with all that it started; the event is then "
                                  "written to the log.",
                          .standard = "10s",
                          .min = 100,
                          .max = 600'000},
                         &EventHook::timeout),
      });
  return table;
}

}  // namespace

Row<Sitecheck> event_hook_row() {
  return custom<Sitecheck>({.key = "event_hook",
                            .type = Type::kMapping,
                            .help = "Runs a program for what the journal tells, to send mail or to call a pager.",
                            .standard_note = "none",
                            .shape = &event_hook_table().shape()},
                           [](Reading& r, const Field& f, const Value& v, Sitecheck& out) {
                             if (is_mapping(r, f, v)) read_fields(r, event_hook_table(), v, out.event_hook.emplace());
                           });
}

}  // namespace conf
