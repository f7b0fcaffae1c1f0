// The perfdata of a monitoring plugin's line, by the grammar of the monitoring plugins' guidelines ("Performance
// data"): 'label'=value[UOM];[warn];[crit];[min];[max], separated by spaces.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace testing_support {

struct Perfdata {
  std::string label;
  std::string value;
  std::string unit;
};

// Nothing if the line has no perfdata, or one item that the grammar does not know.
inline std::optional<std::vector<Perfdata>> parse_perfdata(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  const auto bar = line.find('|');
  if (bar == std::string::npos || line.find('|', bar + 1) != std::string::npos) return std::nullopt;
  static const std::string kNumber = "-?[0-9]+(?:\\.[0-9]+)?";
  static const std::string kRange = "(?:@?(?:(?:~|" + kNumber + ")?:)?(?:" + kNumber + ")?)?";
  static const std::regex kItem(" ?('(?:[^'=]|'')+'|[^ '=]+)=(" + kNumber + ")(s|us|ms|%|B|KB|MB|TB|c)?;" + kRange +
                                ";" + kRange + ";(?:" + kNumber + ")?(?:;(?:" + kNumber + ")?)?");
  std::vector<Perfdata> out;
  std::string rest = line.substr(bar + 1);
  std::smatch item;
  while (!rest.empty()) {
    if (!std::regex_search(rest, item, kItem, std::regex_constants::match_continuous)) return std::nullopt;
    out.push_back({item[1], item[2], item[3]});
    rest = item.suffix();
  }
  return out;
}

}  // namespace testing_support
