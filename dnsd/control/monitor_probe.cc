#include "dnsd/control/monitor_probe.h"

#include "base/io/etcd_message.h"
#include "probes/dns.h"
#include "probes/dns_message.h"
#include "probes/exec.h"
#include "probes/galera_probe.h"
#include "probes/icmp.h"
#include "probes/mysql_query.h"
#include "probes/tcp.h"

namespace control {

namespace {

using Kind = conf::MonitorKind;

std::string literal(const base::IpAddress& ip) { return ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string(); }

probes::ServiceAccount account_of(const conf::Monitor& m) {
  probes::ServiceAccount out{m.user, m.password, {}};
  if (m.tls.enabled) {
    out.tls = probes::MysqlTls{m.tls.ca.string(), m.tls.cert.string(), m.tls.key.string(), m.tls.verify};
  }
  return out;
}

std::unique_ptr<probes::Probe> make_dns(base::Loop& loop, const conf::Monitor& m, const base::SocketAddress& at) {
  probes::DnsCheck check{.server = at, .name = m.question, .type = m.type, .timeout = m.timeout, .rcode = m.rcode};
  for (const std::string& each : m.expect) {
    if (auto text = probes::record_text(m.type, each)) check.expect.push_back(*std::move(text));
  }
  return std::make_unique<probes::DnsProbe>(loop, check);
}

std::unique_ptr<probes::Probe> make_mysql(base::Loop& loop, const conf::Monitor& m, const base::SocketAddress& at) {
  probes::MysqlCheck check{
      .address = at, .account = account_of(m), .query = m.query, .column = m.column, .timeout = m.timeout};
  if (!m.expect.empty()) check.expect = m.expect.front();
  return std::make_unique<probes::MysqlQueryProbe>(loop, check);
}

std::unique_ptr<probes::Probe> make_galera(base::Loop& loop, const conf::Monitor& m, const base::SocketAddress& at) {
  probes::GaleraCheck check{.address = at, .account = account_of(m), .writable = m.writable, .timeout = m.timeout};
  check.policy.donor_serves = m.donor_serves;
  return std::make_unique<probes::GaleraProbe>(loop, check);
}

std::unique_ptr<probes::Probe> make_tcp(base::Loop& loop, const conf::Monitor& m, const base::SocketAddress& at) {
  return std::make_unique<probes::TcpProbe>(
      loop, probes::TcpCheck{at, m.timeout, m.send, m.receive, static_cast<std::size_t>(m.max_body)});
}

std::unique_ptr<probes::Probe> make_exec(base::Loop& loop, const conf::Monitor& m,
                                         const std::optional<base::IpAddress>& place) {
  probes::ExecCheck check{.argv = m.command, .environment = m.environment, .timeout = m.timeout};
  check.environment.emplace_back("WIDEIP_MONITOR", m.name);
  check.environment.emplace_back("WIDEIP_ADDRESS", place ? place->to_string() : "");
  check.environment.emplace_back("WIDEIP_PORT", m.port == 0 ? "" : std::to_string(m.port));
  check.environment.emplace_back("WIDEIP_TIMEOUT_MS", std::to_string(base::to_ms(m.timeout)));
  return std::make_unique<probes::ExecProbe>(loop, std::move(check));
}

}  // namespace

std::optional<base::IpAddress> place_of(const conf::Monitor& monitor, const std::optional<base::IpAddress>& member) {
  return monitor.address ? monitor.address : member;
}

probes::HttpCheck http_check(const conf::Monitor& m, const base::IpAddress& place) {
  const bool https = m.kind == Kind::kHttps;
  const bool usual = m.port == (https ? 443 : 80);
  const std::string port = usual ? "" : ":" + std::to_string(m.port);
  const std::string& named = m.tls.server_name.empty() ? m.host : m.tls.server_name;
  probes::HttpCheck out;
  out.url = (https ? "https://" : "http://") + (named.empty() ? literal(place) : named) + port + m.path;
  out.connect_to = base::SocketAddress{place, m.port};
  out.method = m.method;
  out.headers = m.headers;
  if (!m.host.empty() && m.host != named) out.headers.emplace_back("Host", m.host + port);
  if (!m.user.empty()) {  // RFC 7617
    out.headers.emplace_back("Authorization", "Basic " + io::etcd::encode_base64(m.user + ":" + m.password));
  }
  out.body = m.body;
  out.statuses.clear();
  for (const conf::StatusSpan& span : m.statuses) out.statuses.push_back({span.first, span.last});
  out.receive = m.receive;
  out.receive_disable = m.receive_disable;
  out.timeout = m.timeout;
  out.max_body = static_cast<std::size_t>(m.max_body);
  out.verify_tls = m.tls.verify;
  out.tls = {m.tls.ca.string(), m.tls.cert.string(), m.tls.key.string()};
  return out;
}

std::unique_ptr<probes::Probe> make_probe(base::Loop& loop, io::HttpClient& client, const conf::Monitor& m,
                                          const std::optional<base::IpAddress>& place) {
  if (m.kind == Kind::kExec) return make_exec(loop, m, place);
  if (!place) return nullptr;
  const base::SocketAddress at{*place, m.port};
  switch (m.kind) {
    case Kind::kHttp:
    case Kind::kHttps: return std::make_unique<probes::HttpProbe>(client, http_check(m, *place));
    case Kind::kTcp: return make_tcp(loop, m, at);
    case Kind::kMysql: return make_mysql(loop, m, at);
    case Kind::kGalera: return make_galera(loop, m, at);
    case Kind::kDns: return make_dns(loop, m, at);
    case Kind::kIcmp: return std::make_unique<probes::IcmpProbe>(loop, *place, m.timeout);
    default: return nullptr;
  }
}

}  // namespace control
