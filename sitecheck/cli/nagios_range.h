// Thresholds as the monitoring plugins' guidelines write them ("Threshold and ranges"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sitecheck::cli {

// "10": alarm below 0 or above 10. "10:": below 10. "~:10": above 10. "10:20": outside. "@10:20": inside, ends
// included.
struct NagiosRange {
  std::optional<double> start = 0;  // nothing: no limit
  std::optional<double> end;        // nothing: no limit
  bool inside = false;              // alarm if the value is in the range
  std::string text;                 // as it was written, for perfdata

  [[nodiscard]] bool alarms(double value) const;
};

// Nothing if `text` is no range, or if its start lies above its end.
[[nodiscard]] std::optional<NagiosRange> parse_nagios_range(std::string_view text);

}  // namespace sitecheck::cli
