// Metrics in the Prometheus text format (exposition format 0.0.4), built anew for each scrape from plain counters: the
// programs count in their own structures, and nothing is registered anywhere.
//
//   MetricsText out;
//   out.counter("wideip_dnsd_reloads_total", "Reloads, by result.", {{"result", "done"}}, reloads.done);
//   out.gauge("wideip_dnsd_uptime_seconds", "Seconds since the start.", {}, uptime);
//   return out.text();
//
// Names and units follow the Prometheus conventions: base units in the name (_seconds, _bytes), counters end in _total.
// Labels take values from small fixed sets, or from the configuration with a bound of the caller's.
// Shared by dnsd and sitecheck.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace io {

// The content type of text().
inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

class MetricsText {
 public:
  using Label = std::pair<std::string, std::string>;
  using Labels = std::vector<Label>;

  MetricsText();
  ~MetricsText();
  MetricsText(MetricsText&&) noexcept;
  MetricsText& operator=(MetricsText&&) noexcept;

  // One sample. Samples of one name form a family, which has the help of its first sample. A name has one type, and a
  // family never has the same labels twice: a second one is dropped.
  void counter(std::string_view name, std::string_view help, const Labels& labels, double value);
  void gauge(std::string_view name, std::string_view help, const Labels& labels, double value);

  // A histogram. `counts[i]`: observations above `bounds[i - 1]` and up to `bounds[i]`; one more, the last, for those
  // above every bound. `sum`: of all that was observed.
  void histogram(std::string_view name, std::string_view help, const Labels& labels, const std::vector<double>& bounds,
                 const std::vector<std::uint64_t>& counts, double sum);

  // Of this process: memory, processor time, open files, start; `prefix` as "wideip_dnsd". What /proc does not tell is
  // left out.
  void process(std::string_view prefix);

  // When the certificate in `pem` (its first one) ends, as `prefix`_certificate_expiry_timestamp_seconds with the
  // labels port and part ("cert", "client_ca"). Without one in it nothing is added.
  void certificate(std::string_view prefix, const std::string& port, const std::string& part, std::string_view pem);

  // HELP, TYPE and the samples of every family, in the order of their first samples.
  [[nodiscard]] std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

// Seconds as metrics want them.
[[nodiscard]] constexpr double to_seconds(base::Duration d) { return static_cast<double>(d.count()) / 1e6; }

}  // namespace io
