#include "base/io/metrics_text.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <sstream>
#include <unordered_map>

#include "base/certificate.h"

namespace io {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Fields of /proc/self/stat behind the command, which may hold spaces; proc(5) counts from 1, with the command as 2.
std::vector<std::string> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto command_end = line.rfind(')');
  if (command_end == std::string::npos) return {};
  std::istringstream rest(line.substr(command_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

// When the machine booted, seconds since 1970; 0 if unknown.
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    if (word != "btime") continue;
    double seconds = 0;
    file >> seconds;
    return seconds;
  }
  return 0;
}

// How many descriptors are open; nothing if that cannot be told.
std::optional<double> open_files() {
  std::error_code error;
  std::filesystem::directory_iterator at("/proc/self/fd", error);
  double count = -1;  // the iterator holds one of its own
  for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error)) ++count;
  return error ? std::nullopt : std::optional(count);
}

}  // namespace

struct MetricsText::Families {
  std::vector<MetricFamily> list;
  std::vector<std::set<Labels>> seen;  // parallel to list
  std::unordered_map<std::string, std::size_t> by_name;

  // Null if the sample is dropped.
  ClientMetric* add(std::string_view name, std::string_view help, MetricType type, const Labels& labels) {
    const auto [at, first] = by_name.try_emplace(std::string(name), list.size());
    if (first) {
      list.push_back({std::string(name), std::string(help), type, {}});
      seen.emplace_back();
    }
    auto& family = list[at->second];
    if (family.type != type || !seen[at->second].insert(labels).second) return nullptr;
    auto& metric = family.metric.emplace_back();
    for (const auto& [key, value] : labels) metric.label.push_back({key, value});
    return &metric;
  }
};

MetricsText::MetricsText() : families_(std::make_unique<Families>()) {}
MetricsText::~MetricsText() = default;
MetricsText::MetricsText(MetricsText&&) noexcept = default;
MetricsText& MetricsText::operator=(MetricsText&&) noexcept = default;

void MetricsText::counter(std::string_view name, std::string_view help, const Labels& labels, double value) {
  if (auto* metric = families_->add(name, help, MetricType::Counter, labels)) metric->counter.value = value;
}

void MetricsText::gauge(std::string_view name, std::string_view help, const Labels& labels, double value) {
  if (auto* metric = families_->add(name, help, MetricType::Gauge, labels)) metric->gauge.value = value;
}

void MetricsText::histogram(std::string_view name, std::string_view help, const Labels& labels,
                            const std::vector<double>& bounds, const std::vector<std::uint64_t>& counts, double sum) {
  auto* metric = families_->add(name, help, MetricType::Histogram, labels);
  if (metric == nullptr) return;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.size() && i <= bounds.size(); ++i) {
    so_far += counts[i];
    const bool last = i == bounds.size();
    metric->histogram.bucket.push_back({so_far, last ? std::numeric_limits<double>::infinity() : bounds[i]});
  }
  metric->histogram.sample_count = so_far;
  metric->histogram.sample_sum = sum;
}

void MetricsText::process(std::string_view prefix) {
  constexpr std::size_t kUserTicks = 11;  // field 14 of proc(5), and so on
  constexpr std::size_t kSystemTicks = 12;
  constexpr std::size_t kStartTicks = 19;
  constexpr std::size_t kResidentPages = 21;
  const auto name = [&](std::string_view what) { return std::string(prefix) + "_process_" + std::string(what); };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto stat = read_stat();
  if (stat.size() > kResidentPages && ticks > 0) {
    counter(name("cpu_seconds_total"), "Processor time used, user and system.", {},
            (number(stat[kUserTicks]) + number(stat[kSystemTicks])) / ticks);
    gauge(name("resident_memory_bytes"), "Resident memory.", {},
          number(stat[kResidentPages]) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    if (const auto boot = boot_time(); boot > 0) {
      gauge(name("start_time_seconds"), "Start of the process, seconds since 1970-01-01 UTC.", {},
            boot + number(stat[kStartTicks]) / ticks);
    }
  }
  if (const auto open = open_files()) gauge(name("open_fds"), "Open file descriptors.", {}, *open);
}

void MetricsText::certificate(std::string_view prefix, const std::string& port, const std::string& part,
                              std::string_view pem) {
  const auto found = base::read_certificate(pem);
  if (!found) return;
  const auto ends = std::chrono::duration_cast<std::chrono::seconds>(found->not_after.time_since_epoch()).count();
  gauge(std::string(prefix) + "_certificate_expiry_timestamp_seconds",
        "When the certificate of a port ends, seconds since 1970-01-01 UTC.", {{"port", port}, {"part", part}},
        static_cast<double>(ends));
}

std::string MetricsText::text() const { return prometheus::TextSerializer().Serialize(families_->list); }

}  // namespace io
