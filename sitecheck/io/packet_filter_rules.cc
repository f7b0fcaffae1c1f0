// The table of a guard of kind nft as text for nft(8).
#include "sitecheck/io/packet_filter.h"

namespace sitecheck {

namespace {

template <typename Items, typename Text>
std::string set(const std::string& name, const std::string& definition, const Items& items, Text text) {
  std::string elements;
  for (const auto& item : items) elements += (elements.empty() ? "" : ", ") + text(item);
  return "  set " + name + " { " + definition + (elements.empty() ? "" : " elements = { " + elements + " };") + " }\n";
}

template <typename Item, typename Ip>
std::vector<Item> of_family(const std::vector<Item>& items, bool v6, Ip ip) {
  std::vector<Item> out;
  for (const auto& item : items) {
    if (ip(item).is_v6() == v6) out.push_back(item);
  }
  return out;
}

std::string address_sets(const FilterOptions& o, bool v6) {
  const std::string n = v6 ? "6" : "4";
  const std::string type = v6 ? "ipv6_addr" : "ipv4_addr";
  const auto service = of_family(o.service, v6, [](const auto& s) -> const base::IpAddress& { return s.ip; });
  const auto allow = of_family(o.allow, v6, [](const auto& p) -> const base::IpAddress& { return p.ip; });
  return set("service" + n, "type " + type + " . inet_service;", service,
             [](const base::SocketAddress& s) { return s.ip.to_string() + " . " + std::to_string(s.port); }) +
         set("allow" + n, "type " + type + "; flags interval; auto-merge;", allow,
             [](const base::Prefix& p) { return p.to_string(); }) +
         // The flows of own sockets, learnt from what they send: less than TIME-WAIT, so no port is reused within it.
         "  set own" + n + " { type " + type + " . inet_service; size 4096; flags dynamic,timeout; timeout 30s; }\n";
}

// One direction. A reset always passes: it carries no data and ends what is to be ended. `flows`: those of own sockets
// pass; what a local socket sends is told apart by its user, never by a port that may have had another owner.
std::string judge(const std::string& chain, const std::string& ip, const std::string& port, bool flows,
                  const std::string& more) {
  std::string out = "  chain " + chain + " {\n    meta l4proto @permit accept\n    tcp flags & rst == rst accept\n";
  for (const std::string n : {"4", "6"}) {
    const std::string field = (n == "4" ? "ip " : "ip6 ") + ip;
    out += "    " + field + " @allow" + n + " accept\n";
    if (flows) out += "    " + field + " . tcp " + port + " @own" + n + " accept\n";
  }
  return out + more + "    counter reject with tcp reset\n  }\n";
}

std::string hook(const std::string& name, const std::string& rules) {
  return "  chain " + name + " {\n    type filter hook " + name + " priority -10; policy accept;\n" + rules + "  }\n";
}

std::string jumps(const std::string& ip, const std::string& port, const std::string& chain) {
  std::string out;
  for (const std::string n : {"4", "6"}) {
    out += std::string("    ") + (n == "4" ? "ip " : "ip6 ") + ip + " . tcp " + port + " @service" + n + " goto " +
           chain + "\n";
  }
  return out;
}

// Sockets of own users announce their flow with what they send, so that the answers are known too. Others withdraw what
// stands there from an earlier owner of their port.
std::string own_flows(const FilterOptions& o) {
  std::string users;
  for (const auto uid : o.own) users += (users.empty() ? "" : ", ") + std::to_string(uid);
  if (users.empty()) return "";
  std::string out;
  for (const std::string n : {"4", "6"}) {
    const std::string ip = n == "4" ? "ip " : "ip6 ";
    const std::string to = "    " + ip + "daddr . tcp dport @service" + n + " ";
    const std::string flow = " @own" + n + " { " + ip + "saddr . tcp sport }";
    out += to + "meta skuid { " + users + " } update" + flow + " accept\n" + to + "delete" + flow + "\n";
  }
  return out;
}

// A FIN without data may leave: the client of a session that was killed learns it at once. RFC 9293: doff 5 is a
// header without options, 8 one with timestamps (RFC 7323); the length says that nothing follows.
constexpr const char* kEmptyFin =
    "    tcp flags & fin == fin ip length 40 tcp doff 5 accept\n"
    "    tcp flags & fin == fin ip length 52 tcp doff 8 accept\n"
    "    tcp flags & fin == fin ip6 length 20 tcp doff 5 accept\n"
    "    tcp flags & fin == fin ip6 length 32 tcp doff 8 accept\n";

}  // namespace

std::string filter_table(const std::string& pool) { return "wideip_" + pool; }

std::string filter_ruleset(const FilterOptions& o, base::Duration left) {
  const std::string table = "table inet " + filter_table(o.pool);
  const auto ms = base::to_ms(left);
  const std::string element = ms > 0 ? " elements = { tcp timeout " + std::to_string(ms) + "ms };" : "";
  return table + " {}\ndelete " + table + "\n" + table + " {\n" + "  set permit { type inet_proto; flags timeout;" +
         element + " }\n" + address_sets(o, false) + address_sets(o, true) +
         judge("to_service", "saddr", "sport", true, "") + judge("sent_here", "saddr", "sport", false, "") +
         judge("from_service", "daddr", "dport", true, kEmptyFin) +
         hook("input", jumps("daddr", "dport", "to_service")) +
         hook("forward", jumps("daddr", "dport", "to_service") + jumps("saddr", "sport", "from_service")) +
         hook("output", own_flows(o) + jumps("daddr", "dport", "sent_here") + jumps("saddr", "sport", "from_service")) +
         "}\n";
}

}  // namespace sitecheck
