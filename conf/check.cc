#include "conf/check.h"

#include <nlohmann/json.hpp>
#include <ostream>

namespace conf {

namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<Fault>& faults) {
  Json out = Json::array();
  for (const auto& fault : faults) {
    out.push_back({{"file", fault.mark.file},
                   {"line", fault.mark.line},
                   {"column", fault.mark.column},
                   {"message", fault.message}});
  }
  return out;
}

template <typename T>
int print(const Loaded<T>& loaded, bool json, std::ostream& out, std::ostream& err, const std::string& against = "") {
  if (json) {
    Json object{{"ok", loaded.ok()}, {"faults", to_json(loaded.faults)}, {"warnings", to_json(loaded.warnings)}};
    if (loaded.ok()) object["implies"] = Json::parse(implications(loaded).json, nullptr, false);
    if (!against.empty()) object["against"] = Json::parse(against, nullptr, false);
    out << object.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else if (loaded.ok()) {
    out << implications(loaded).text;
    for (const auto& warning : loaded.warnings) out << "warning: " << to_string(warning) << "\n";
    out << "ok\n";
  } else {
    print_faults(loaded.faults, err);
  }
  return loaded.ok() ? 0 : 2;
}

}  // namespace

void print_faults(const std::vector<Fault>& faults, std::ostream& err) {
  for (const auto& fault : faults) err << to_string(fault) << "\n";
  err << faults.size() << (faults.size() == 1 ? " fault" : " faults") << "\n";
}

int print_check(const Loaded<Dnsd>& loaded, bool json, std::ostream& out, std::ostream& err,
                const std::string& against) {
  return print(loaded, json, out, err, against);
}
int print_check(const Loaded<Sitecheck>& loaded, bool json, std::ostream& out, std::ostream& err) {
  return print(loaded, json, out, err);
}

}  // namespace conf
