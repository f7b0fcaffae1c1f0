#include "base/io/http_metrics.h"

#include "base/io/metrics_text.h"

namespace io {

namespace {

// There from the start, so that the first of a kind is an increase that an alert can see.
constexpr int kUsual[] = {200, 400, 401, 403, 404, 405, 413, 429, 503};

double as_number(std::uint64_t n) { return static_cast<double>(n); }

class Port {
 public:
  Port(MetricsText& out, std::string_view prefix, const NamedPort& port)
      : out_(out), prefix_(prefix), name_(port.first), server_(*port.second) {}

  void add() {
    const auto& counters = server_.counters();
    auto responses = counters.responses;
    for (const int status : kUsual) responses.try_emplace(status, 0);
    for (const auto& [status, count] : responses) {
      counter("http_responses_total", "Answers of an HTTP port, by status.", "code", std::to_string(status), count);
    }
    gauge("http_connections", "Connections of an HTTP port now.", server_.connections());
    counter("http_connections_total", "Connections that an HTTP port took.", counters.connections);
    add_failed(counters.failed);
    if (name_ == "stats") add_streams(counters.streams);
  }

 private:
  void add_failed(const FailedConnections& failed) {
    const auto add_one = [&](const char* reason, std::uint64_t count) {
      counter("http_connections_failed_total", "Connections of an HTTP port that came to nothing, by reason.", "reason",
              reason, count);
    };
    add_one("handshake", failed.handshake);
    add_one("slow", failed.slow);
    add_one("crowded_out", failed.crowded_out);
    add_one("no_request", failed.no_request);
  }

  void add_streams(const StreamCounters& streams) {
    gauge("event_stream_clients", "Clients that follow the stream of events now.", server_.streams());
    counter("event_streams_total", "Streams of events that were begun.", streams.opened);
    counter("event_streams_refused_total", "Streams of events that were refused: there were too many.",
            streams.refused);
    counter("event_streams_cut_off_total", "Streams of events whose client was too slow.", streams.slow);
    const char* help = "Events and heartbeats for the clients of the stream, by what became of them.";
    counter("event_stream_events_total", help, "result", "sent", streams.pieces);
    counter("event_stream_events_total", help, "result", "dropped", streams.dropped);
  }

  [[nodiscard]] std::string full(const char* name) const { return prefix_ + "_" + name; }
  void counter(const char* name, const char* help, std::uint64_t count) {
    out_.counter(full(name), help, {{"port", name_}}, as_number(count));
  }
  void counter(const char* name, const char* help, const char* label, const std::string& value, std::uint64_t count) {
    out_.counter(full(name), help, {{"port", name_}, {label, value}}, as_number(count));
  }
  void gauge(const char* name, const char* help, std::size_t count) {
    out_.gauge(full(name), help, {{"port", name_}}, as_number(count));
  }

  MetricsText& out_;
  std::string prefix_;
  const std::string& name_;
  const HttpServer& server_;
};

}  // namespace

std::string http_metrics(std::string_view prefix, const std::vector<NamedPort>& ports) {
  MetricsText out;
  for (const auto& port : ports) {
    if (port.second != nullptr) Port(out, prefix, port).add();
  }
  return out.text();
}

}  // namespace io
