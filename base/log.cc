#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

#include "base/text.h"
#include "base/time.h"

namespace base {

namespace {

std::atomic<LogFormat> g_format{LogFormat::kText};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("wideip", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug: return "DEBUG";
    case Level::kInfo: return "INFO";
    case Level::kWarn: return "WARN";
    case Level::kError: return "ERROR";
  }
  return "ERROR";
}

// Quotes a value that a reader could not tell from what follows it.
std::string text_value(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \"=\\") == std::string::npos && printable(value)) return value;
  return "\"" + escape_json(value) + "\"";
}

}  // namespace

void configure_log(LogFormat format, Level level) {
  g_format = format;
  logger().set_level(to_spdlog(level));
}

void log(Level level, std::string_view id, std::string_view message, std::initializer_list<LogField> fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  const std::string time = format_utc(read_wall_clock());
  std::string line;
  if (g_format == LogFormat::kJson) {
    line = "{\"time\":\"" + time + "\",\"level\":\"" + std::string(level_name(level)) + "\",\"id\":\"" +
           escape_json(id) + "\",\"message\":\"" + escape_json(message) + "\"";
    for (const auto& f : fields) line += ",\"" + escape_json(f.key) + "\":\"" + escape_json(f.value) + "\"";
    line += "}";
  } else {
    line = time + " " + std::string(level_name(level)) + " " + std::string(id) + " " + escape_json(message);
    for (const auto& f : fields) line += " " + std::string(f.key) + "=" + text_value(f.value);
  }
  logger().log(to_spdlog(level), "{}", line);
}

}  // namespace base
