#include <algorithm>

#include "conf/monitor_table.h"
#include "conf/server_table.h"
#include "conf/stats_table.h"
#include "conf/tables.h"
#include "conf/topology_table.h"
#include "conf/wideip_table.h"

namespace conf {

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;

const Table<EcvSite>& site_table() {
  static const Table<EcvSite> table(
      "sites.NAME",
      {
          row<EcvSite>({.key = "ecv",
                        .type = Type::kUrl,
                        .help = "Base URLs of the site's sitecheck, one for each path.",
                        .required = true},
                       &EcvSite::ecv),
          row<EcvSite>({.key = "peer",
                        .type = Type::kAddress,
                        .help = "Where the site takes datagrams, one for each path; relays and votes go there."},
                       &EcvSite::peer),
          mapping<EcvSite>({.key = "tls", .help = "Of its https URLs."}, &EcvSite::tls, client_tls_table()),
      });
  return table;
}

// That it is there; what it holds is for zones/compile.
void read_zone_file(Reading& reading, const Field& field, const Value& value, Zone& out) {
  if (!read(reading, field, value, out.file)) return;
  if (const auto why = reading.outside.unreadable(out.file)) {
    reading.fault(value.mark(), std::string(field.key) + ": " + *why);
  }
}

const Table<Zone>& zone_table() {
  static const Table<Zone> table(
      "zones[]",
      {
          row<Zone>({.key = "origin", .type = Type::kDomain, .help = "The zone's name.", .required = true},
                    &Zone::origin),
          custom<Zone>({.key = "file", .type = Type::kPath, .help = "Its master file (RFC 1035).", .required = true},
                       read_zone_file),
      });
  return table;
}

}  // namespace

const Table<Dnsd>& dnsd_table() {
  static const Table<Dnsd> table(
      "dnsd.yaml",
      {
          mapping<Dnsd>({.key = "server", .help = "The name server itself.", .required = true}, &Dnsd::server,
                        server_table()),
          mapping<Dnsd>({.key = "rate_limit",
                         .help = "How many responses each network of clients gets by UDP, so that the server is no "
                                 "weapon against whose addresses are forged. Without it there is no limit. Clients "
                                 "that ask by TCP or with a good cookie (RFC 7873) are not limited."},
                        &Dnsd::rate_limit, rate_limit_table()),
          mapping<Dnsd>({.key = "log", .help = "What is written to standard error.", .implied = true}, &Dnsd::log,
                        log_table()),
          stats_row<Dnsd>("HTTP port for /metrics, /healthz, /readyz and /api/v1. Without it there is none.",
                          &Dnsd::stats),
          listener<Dnsd>({.key = "relay",
                          .help = "UDP port of the datagrams to and from the sites: relays, and votes where this "
                                  "server is a witness (mode witness; it then has a key for: peers). Without it this "
                                  "server does neither."},
                         &Dnsd::relay),
          row<Dnsd>({.key = "reload_on_change",
                     .type = Type::kSwitch,
                     .help = "Reload by itself when this file, one that it includes, a zone's file, one that it "
                             "includes, or a secret changes; else on SIGHUP and `dnsd reload` only.",
                     .standard = "false"},
                    &Dnsd::reload_on_change),
          row<Dnsd>({.key = "poll",
                     .type = Type::kDuration,
                     .help = "Longest wait between two reports of a site; a change is reported at once.",
                     .standard = "250ms",
                     .min = 20,
                     .max = kMinute},
                    &Dnsd::poll),
          mappings<Dnsd>({.key = "keys", .help = "The secrets by which messages are verified."}, &Dnsd::keys,
                         key_table()),
          named_mappings<Dnsd>({.key = "sites", .help = "The sites, by name."}, &Dnsd::sites, &EcvSite::name,
                               site_table()),
          mapping<Dnsd>({.key = "topology",
                         .help = "Where clients are, for wide-IPs whose answer depends on it. A client is who asks, "
                                 "or the network that its resolver tells (EDNS Client Subnet, RFC 7871)."},
                        &Dnsd::topology, topology_table()),
          mappings<Dnsd>({.key = "zones", .help = "The zones that are served.", .required = true}, &Dnsd::zones,
                         zone_table()),
          mappings<Dnsd>({.key = "monitors",
                          .help = "How members without a sitecheck are looked at. A member is SILENT until it was "
                                  "looked at for the first time."},
                         &Dnsd::monitors, monitor_table()),
          row<Dnsd>(
              {.key = "checkpoints",
               .type = Type::kName,
               .help = "Monitors with an address of their own, at places that have nothing to do with the members, "
                       "as two routers of different carriers. While the latest look of every one of them failed, "
                       "this server is the one that is cut off: looks at members that fail count for nothing. "
                       "Signed reports of sites need none of this.",
               .standard_note = "none: every failed look counts"},
              &Dnsd::checkpoints),
          row<Dnsd>({.key = "wait_first_round",
                     .type = Type::kDuration,
                     .help = "The longest that a start waits for the first look of every monitor before it answers. "
                             "Members that were not looked at by then are SILENT.",
                     .standard = "3s",
                     .min = 0,
                     .max = kMinute},
                    &Dnsd::wait_first_round),
          mappings<Dnsd>({.key = "wideips", .help = "The names whose answer health decides."}, &Dnsd::wideips,
                         wideip_table()),
          include_row<Dnsd>(),
      });
  return table;
}

const Shape& dnsd_shape() { return dnsd_table().shape(); }

}  // namespace conf
