#include "conf/pool_table.h"

#include "conf/database_table.h"
#include "conf/guard_table.h"
#include "conf/kind_table.h"
#include "conf/node_table.h"
#include "conf/role_table.h"

namespace conf {

Account Pool::service_account() const {
  if (!service_test.user.empty()) return service_test;
  return monitor.user.empty() ? Account{kServiceUser, ""} : monitor;
}

std::string_view name(RoleKind k) { return k == RoleKind::kExclusive ? "exclusive" : "balanced"; }

namespace {

constexpr std::int64_t kDay = 86'400'000;  // milliseconds

std::vector<Row<Pool>> account_rows() {
  return {
      mapping<Pool>({.key = "monitor",
                     .help = "The account of the probes; it must not bypass read_only. Needed where there are nodes."},
                    &Pool::monitor, account_table()),
      mapping<Pool>({.key = "admin", .help = "The account that fences and promotes. Needed where there are nodes."},
                    &Pool::admin, account_table()),
      mapping<Pool>({.key = "replication",
                     .help = "The account by which nodes replicate; needed where there is more than one node."},
                    &Pool::replication, account_table()),
  };
}

// `service_at: {SITE: ADDRESS@PORT}`.
void read_service_at(Reading& reading, const Field& field, const Value& value, Pool& out) {
  if (!is_mapping(reading, field, value)) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Field one = field;
    one.named = false;
    ServiceAt at{value.keys[i].text, {}, value.keys[i].mark()};
    if (value.items[i].kind == Value::Kind::kNull) {
      reading.fault(at.mark, "service_at: site \"" + at.site + "\" has no address; allowed: " + allowed(one));
    } else if (value.items[i].kind != Value::Kind::kBad && read(reading, one, value.items[i], at.address)) {
      out.service_at.push_back(std::move(at));
    }
  }
}

// A number, or the word `unlimited`.
void read_max_loss(Reading& reading, const Field& field, const Value& value, Pool& out) {
  std::int64_t number = 0;
  if (value.kind == Value::Kind::kScalar && value.text == "unlimited") {
    out.max_loss.reset();
  } else if (read(reading, field, value, number)) {
    out.max_loss = static_cast<std::uint64_t>(number);
  }
}

// A duration, or the word `off`.
void read_heartbeat(Reading& reading, const Field& field, const Value& value, Pool& out) {
  base::Duration every{};
  if (value.kind == Value::Kind::kScalar && value.text == "off") {
    out.heartbeat.reset();
  } else if (read(reading, field, value, every)) {
    out.heartbeat = every;
  }
}

const Table<AntiFlap>& anti_flap_table() {
  static const Table<AntiFlap> table("anti_flap",
                                     {
                                         row<AntiFlap>({.key = "block",
                                                        .type = Type::kDuration,
                                                        .help = "For so long after a promotion this site promotes "
                                                                "nothing again while another site could.",
                                                        .standard = "60s",
                                                        .min = 0,
                                                        .max = kDay},
                                                       &AntiFlap::block),
                                         row<AntiFlap>({.key = "max_per_hour",
                                                        .type = Type::kNumber,
                                                        .help = "More promotions than this within an hour wait.",
                                                        .standard = "3",
                                                        .min = 1,
                                                        .max = 1000,
                                                        .unit = "promotions"},
                                                       &AntiFlap::max_per_hour),
                                     });
  return table;
}

Row<Pool> kind_row() {
  static const std::string help = [] {
    std::string out;
    for (const auto& kind : pool_kinds()) {
      out += (out.empty() ? "" : " ") + std::string(kind.name) + ": " + std::string(kind.help);
    }
    return out;
  }();
  std::vector<std::string_view> words;
  std::vector<std::string> values;
  for (const auto& kind : pool_kinds()) {
    words.push_back(kind.name);
    values.emplace_back(kind.name);
  }
  return choice<Pool>({.key = "kind", .help = help, .standard = pool_kinds().front().name, .words = words}, &Pool::kind,
                      std::move(values));
}

const Table<Galera>& galera_table() {
  static const Table<Galera> table(
      "galera",
      {
          choice<Galera>({.key = "wsrep",
                          .help = "required: a node serves while wsrep_cluster_status is Primary, wsrep_ready and "
                                  "wsrep_connected are ON, wsrep_local_state is 4 and wsrep_reject_queries is NONE. "
                                  "off: the servers are no Galera nodes; that they answer and take writes will do.",
                          .standard = "required",
                          .words = {"required", "off"}},
                         &Galera::wsrep, {true, false}),
          choice<Galera>({.key = "donor",
                          .help = "What a node does that is a donor or was desynced (wsrep_local_state 2). avoid: it "
                                  "takes no writes meanwhile, and is STANDBY. allow: it serves as before.",
                          .standard = "avoid",
                          .words = {"avoid", "allow"}},
                         &Galera::donor_serves, {false, true}),
          row<Galera>({.key = "cluster_size",
                       .type = Type::kNumber,
                       .help = "A node that sees fewer nodes in its cluster (wsrep_cluster_size) is OK WARN.",
                       .standard_note = "the number of the pool's nodes",
                       .min = 1,
                       .max = 1000,
                       .unit = "nodes"},
                      &Galera::cluster_size),
          row<Galera>({.key = "flow_control",
                       .type = Type::kNumber,
                       .help = "A node whose replication was paused by flow control for a larger share of the last "
                               "five seconds is OK WARN.",
                       .standard = "20",
                       .min = 1,
                       .max = 100,
                       .unit = "per cent"},
                      &Galera::flow_control),
      });
  return table;
}

std::vector<Row<Pool>> multi_writer_rows() {
  return {
      row<Pool>({.key = "preferred_writer",
                 .type = Type::kSwitch,
                 .help = "Kind multi_writer: one node of this site is ACTIVE, the others that are well are STANDBY. It "
                         "is the first by priority, and stays until it is not well any more. Otherwise every node "
                         "that is well is ACTIVE.",
                 .standard = "false"},
                &Pool::preferred_writer),
      mapping<Pool>(
          {.key = "galera", .help = "Kind multi_writer: what a node must show before it serves.", .implied = true},
          &Pool::galera, galera_table()),
  };
}

std::vector<Row<Pool>> service_rows() {
  return {
      row<Pool>({.key = "service",
                 .type = Type::kAddress,
                 .help = "What the wide-IP hands out for this site. The other sites are told of it and test it, and so "
                         "does every dnsd; if none of them gets through while the database is well, the writer is "
                         "handed over."},
                &Pool::service),
      custom<Pool>({.key = "service_at",
                    .type = Type::kAddress,
                    .help = "Where to test the service address of another site, by the site's name, if from here it is "
                            "another than the one that the site tells.",
                    .named = true,
                    .standard_note = "what each site tells under service"},
                   read_service_at),
      mapping<Pool>({.key = "service_test",
                     .help = "The account of the MySQL handshake by which service addresses are tested, from here and "
                             "from every dnsd; it needs no right, and `sitecheck grants` prints how to create it.",
                     .standard_note = "from here the monitor account; from a dnsd wideip_probe without a password"},
                    &Pool::service_test, account_table()),
  };
}

std::vector<Row<Pool>> limit_rows() {
  return {
      custom<Pool>({.key = "max_loss",
                    .type = Type::kNumber,
                    .help = "A failover that is known to lose more transactions than this is not made: a person "
                            "decides. What a failover lost is reported in any case.",
                    .standard = "unlimited",
                    .min = 0,
                    .max = 1'000'000'000,
                    .unit = "transactions",
                    .words = {"unlimited"}},
                   read_max_loss),
      row<Pool>({.key = "warn_lag",
                 .type = Type::kDuration,
                 .help = "A standby that is further behind the writer than this is OK WARN.",
                 .standard_note = "no limit",
                 .min = 1000,
                 .max = kDay},
                &Pool::warn_lag),
      row<Pool>(
          {.key = "max_lag",
           .type = Type::kDuration,
           .help = "A standby that is further behind the writer than this is not eligible, and has no address of a "
                   "balanced role.",
           .standard_note = "no limit",
           .min = 1000,
           .max = kDay},
          &Pool::max_lag),
      custom<Pool>({.key = "heartbeat",
                    .type = Type::kDuration,
                    .help = "Kind failover: how often the writer writes its row into the table heartbeat of `schema`, "
                            "by which every node shows how far it is behind, also while its replication is stopped. "
                            "off: it writes none, and lag is what the server says itself (Seconds_Behind).",
                    .standard = "1s",
                    .min = 100,
                    .max = 60'000,
                    .words = {"off"}},
                   read_heartbeat),
      row<Pool>({.key = "switchover_limit",
                 .type = Type::kDuration,
                 .help = "For how long a switchover stops writes at most while its target catches up; then it is "
                         "aborted and the old writer writes on.",
                 .standard = "5s",
                 .min = 100,
                 .max = kDay},
                &Pool::switchover_limit),
      choice<Pool>(
          {.key = "failback",
           .help = "Kind failover: where a node of this site writes that is not the one that comes first (promote: "
                   "prefer, then priority). none: it stays so until a person moves the writer (move-role). "
                   "auto: the writer moves to the node that comes first, by a switchover, once that has been a "
                   "standby that is well for failback_after. Between sites there is no failback.",
           .standard = "none",
           .words = {"none", "auto"}},
          &Pool::failback, {false, true}),
      row<Pool>({.key = "failback_after",
                 .type = Type::kDuration,
                 .help = "For how long without a break that node must have been well.",
                 .standard = "10m",
                 .min = 1000,
                 .max = 30 * kDay},
                &Pool::failback_after),
      mapping<Pool>({.key = "anti_flap",
                     .help = "Blocks promotions that come too often, never fences, and never the only eligible site; "
                             "recover clears it.",
                     .implied = true},
                    &Pool::anti_flap, anti_flap_table()),
  };
}

}  // namespace

const Table<Pool>& pool_table() {
  static const Table<Pool> table("pools[]", [] {
    std::vector<Row<Pool>> rows{
        row<Pool>({.key = "name",
                   .type = Type::kName,
                   .help = "Names the pool, the same at all sites and in dnsd.",
                   .required = true},
                  &Pool::name),
        kind_row(),
        row<Pool>({.key = "schema",
                   .type = Type::kName,
                   .help = "The database of the epoch table and the write probe.",
                   .standard = "wideip"},
                  &Pool::schema),
    };
    for (auto& each : service_rows()) rows.push_back(std::move(each));
    for (auto& each : account_rows()) rows.push_back(std::move(each));
    rows.push_back(
        tls_row<Pool>("Encrypts every connection to the pool's databases: probes, fences, promotions and the "
                      "tests of service addresses; a server that offers no TLS is refused. Replication that "
                      "is set up here then uses TLS too.",
                      "in the clear"));
    rows.push_back(custom<Pool>({.key = "guard",
                                 .type = Type::kMapping,
                                 .help = "What closes the writer when sitecheck hangs or dies.",
                                 .standard_note = "{kind: process}",
                                 .shape = &guard_shape()},
                                read_guard));
    rows.push_back(row<Pool>({.key = "accept_unfenced",
                              .type = Type::kSwitch,
                              .help = "Takes the place of a silent peer even if the peer has no guard. Split-brain is "
                                      "possible then.",
                              .standard = "false"},
                             &Pool::accept_unfenced));
    for (auto& each : multi_writer_rows()) rows.push_back(std::move(each));
    for (auto& each : limit_rows()) rows.push_back(std::move(each));
    rows.push_back(mappings<Pool>({.key = "nodes",
                                   .help = "The MySQL servers of the pool. Only in mode witness it may be left out: "
                                           "this site then votes and has no database."},
                                  &Pool::nodes, node_table()));
    rows.push_back(mappings<Pool>({.key = "roles",
                                   .help = "Floating addresses that go with the writer, or are spread over the nodes "
                                           "that may be read."},
                                  &Pool::roles, role_table()));
    return rows;
  }());
  return table;
}

}  // namespace conf
