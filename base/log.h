// Log events: an interface for operators, not a diary. Each has a stable id, a level and fields.
//
//   base::log(base::Level::kWarn, "ecv.mac_mismatch", "report dropped: its MAC does not verify",
//             {{"site", "site2"}, {"url", url}});
//
// Text form: `2026-11-22T02:21:47.123Z WARN ecv.mac_mismatch report dropped: … site=site2 url=…`; JSON: one object a
// line with time, level, id, message and the fields. Log transitions, not polls; packets become counters.
// Any thread may call it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace base {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

struct LogField {
  std::string_view key;
  std::string value;
};

// Sends everything from `level` up to standard error in `format`. The default is text from kInfo up.
void configure_log(LogFormat format, Level level);

// `id` is "area.event", lower case, stable over releases. Control characters in values are escaped.
void log(Level level, std::string_view id, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace base
