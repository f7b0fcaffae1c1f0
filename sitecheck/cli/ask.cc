#include "sitecheck/cli/ask.h"

#include "base/text.h"
#include "conf/load.h"

namespace sitecheck::cli {

const io::Daemon& daemon() {
  static const io::Daemon daemon{"sitecheck",
                                 [](const std::filesystem::path& config) { return conf::sitecheck_control(config); }};
  return daemon;
}

int ask(const io::Call& call, const std::string& command, const std::string& args, const io::Renderer& render) {
  return io::ask_daemon(call, daemon(), command, args, render);
}

std::string member(const std::string& key, const std::string& value) {
  return "\"" + key + "\":\"" + base::escape_json(value) + "\"";
}

}  // namespace sitecheck::cli
