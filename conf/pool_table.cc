#include "conf/pool_table.h"

#include "conf/kind_table.h"
#include "conf/role_table.h"

namespace conf {

std::string_view name(GuardKind k) {
  switch (k) {
    case GuardKind::kNone: return "none";
    case GuardKind::kProcess: return "process";
    case GuardKind::kNft: return "nft";
  }
  return "none";
}

Account Pool::service_account() const {
  if (!service_test.user.empty()) return service_test;
  return monitor.user.empty() ? Account{kServiceUser, ""} : monitor;
}

std::string_view name(RoleKind k) { return k == RoleKind::kExclusive ? "exclusive" : "balanced"; }

const Table<Account>& account_table() {
  static const Table<Account> table(
      "account",
      {
          row<Account>({.key = "user", .type = Type::kText, .help = "The account's name.", .required = true},
                       &Account::user),
          custom<Account>({.key = "password_file",
                           .type = Type::kPath,
                           .help = "A file with the password; white space around it is left out. ${NAME} in the path "
                                   "is expanded."},
                          [](Reading& r, const Field& f, const Value& v, Account& out) {
                            std::filesystem::path path;
                            if (auto text = read_secret_file(r, f, v, path)) out.password = std::move(*text);
                          }),
          row<Account>({.key = "password",
                        .type = Type::kVariable,
                        .help = "Instead of a file: the variable that holds the password."},
                       &Account::password),
      });
  return table;
}

namespace {

constexpr std::int64_t kDay = 86'400'000;  // milliseconds

Store<DatabaseTls> readable(std::filesystem::path DatabaseTls::*member) {
  return [member](Reading& r, const Field& f, const Value& v, DatabaseTls& out) {
    if (!read(r, f, v, out.*member)) return;
    if (const auto why = r.outside.unreadable(out.*member)) r.fault(v.mark(), std::string(f.key) + ": " + *why);
  };
}

const Table<DatabaseTls>& tls_table() {
  static const Table<DatabaseTls> table(
      "tls",
      {
          custom<DatabaseTls>({.key = "ca",
                               .type = Type::kPath,
                               .help = "Certificates (PEM) of the authorities that sign the servers' certificates.",
                               .standard_note = "those of the system"},
                              readable(&DatabaseTls::ca)),
          custom<DatabaseTls>({.key = "cert",
                               .type = Type::kPath,
                               .help = "The client certificate (PEM) shown to the servers, where an account demands "
                                       "one; goes with key."},
                              readable(&DatabaseTls::cert)),
          custom<DatabaseTls>({.key = "key", .type = Type::kPath, .help = "The private key (PEM) of cert."},
                              readable(&DatabaseTls::key)),
          choice<DatabaseTls>({.key = "verify",
                               .help = "full: the server's certificate must be signed by ca, and be for the address "
                                       "that is connected to (a subject alternative name of type IP). none: it is not "
                                       "looked at; who stands between could read the account's password.",
                               .standard = "full",
                               .words = {"full", "none"}},
                              &DatabaseTls::verify, {true, false}),
      });
  return table;
}

template <typename T>
Row<T> tls_row(std::string_view help, std::string_view standard) {
  return custom<T>(
      {.key = "tls", .type = Type::kMapping, .help = help, .standard_note = standard, .shape = &tls_table().shape()},
      [](Reading& reading, const Field& field, const Value& value, T& out) {
        if (!is_mapping(reading, field, value)) return;
        DatabaseTls tls;
        tls.mark = value.mark();
        read_fields(reading, tls_table(), value, tls);
        if (tls.cert.empty() != tls.key.empty()) {
          reading.fault(value.mark(), "tls: cert and key go together: one of them is missing");
        }
        out.tls = std::move(tls);
      });
}

struct Guard {
  GuardKind kind = GuardKind::kProcess;
  std::filesystem::path socket;
  std::optional<base::SocketAddress> address;
  std::vector<base::Prefix> allow;
};

const Table<Guard>& guard_table() {
  static const Table<Guard> table(
      "guard",
      {
          choice<Guard>({.key = "kind",
                         .help = "process: `sitecheck guard` beside mysqld closes the writer when the permit "
                                 "ends. nft: it does so, and besides the kernel's packet filter cuts the "
                                 "writer's clients off at that moment, even if no process lives any more; "
                                 "needs CAP_NET_ADMIN and the program nft. none: nothing does; the peer then "
                                 "never takes this site's place.",
                         .standard = "process",
                         .words = {"process", "nft", "none"}},
                        &Guard::kind, {GuardKind::kProcess, GuardKind::kNft, GuardKind::kNone}),
          row<Guard>({.key = "socket",
                      .type = Type::kPath,
                      .help = "The Unix socket between sitecheck and the guard.",
                      .standard_note = "guard-POOL.sock in state_dir"},
                     &Guard::socket),
          row<Guard>({.key = "address",
                      .type = Type::kAddress,
                      .help = "Where the guard listens for sitecheck's signed datagrams (UDP), if mysqld is on "
                              "another host. `sitecheck guard` runs there with the same configuration.",
                      .standard_note = "the guard runs on this host"},
                     &Guard::address),
          row<Guard>({.key = "allow",
                      .type = Type::kPrefix,
                      .help = "nft: who reaches the writer's addresses while they are closed: replication, "
                              "monitors, readers. sitecheck and the guard on this host always do.",
                      .standard_note = "nobody"},
                     &Guard::allow),
      });
  return table;
}

void read_guard(Reading& reading, const Field& field, const Value& value, Pool& out) {
  if (!is_mapping(reading, field, value)) return;
  Guard guard;
  read_fields(reading, guard_table(), value, guard);
  out.guard = guard.kind;
  out.guard_socket = guard.socket;
  out.guard_address = guard.address;
  out.guard_allow = guard.allow;
}

const Table<Node>& node_table() {
  constexpr std::string_view kInterval = "arbiter.timing";
  static const Table<Node> table(
      "nodes[]",
      {
          row<Node>({.key = "name", .type = Type::kName, .help = "Names the node.", .required = true}, &Node::name),
          custom<Node>({.key = "address", .type = Type::kIp, .help = "Its address.", .required = true},
                       [](Reading& r, const Field& f, const Value& v, Node& out) {
                         base::IpAddress ip;
                         if (read(r, f, v, ip)) out.host = ip.to_string();
                       }),
          row<Node>(
              {.key = "port", .type = Type::kNumber, .help = "Its port.", .standard = "3306", .min = 1, .max = 65535},
              &Node::port),
          row<Node>({.key = "priority",
                     .type = Type::kNumber,
                     .help = "The lowest of the local nodes is the PRIMARY. No two local nodes have the same.",
                     .standard = "100",
                     .min = 1,
                     .max = 10'000},
                    &Node::priority),
          row<Node>({.key = "site",
                     .type = Type::kName,
                     .help = "The other site, for a node that stands there: it is watched only. Without it the node "
                             "is local: it may be fenced and promoted."},
                    &Node::site),
          row<Node>({.key = "replicate_from",
                     .type = Type::kAddress,
                     .help = "The direct address from which the node replicates while it is a standby; never a "
                             "floating one."},
                    &Node::replicate_from),
          row<Node>({.key = "pid_file",
                     .type = Type::kPath,
                     .help = "The pid file of a mysqld on this host: lets a hard fence kill it."},
                    &Node::pid_file),
          row<Node>({.key = "data_dir",
                     .type = Type::kPath,
                     .help = "The data directory of a mysqld on this host, where `galera-candidate` finds how far it "
                             "got."},
                    &Node::data_dir),
          row<Node>({.key = "interval",
                     .type = Type::kDuration,
                     .help = "Between two polls of this node.",
                     .standard_note = kInterval,
                     .min = 10,
                     .max = 3'600'000},
                    &Node::interval),
          row<Node>({.key = "timeout",
                     .type = Type::kDuration,
                     .help = "Of one poll of this node, at most its interval.",
                     .standard_note = kInterval,
                     .min = 10,
                     .max = 3'600'000},
                    &Node::timeout),
          choice<Node>({.key = "promote",
                        .help = "Of the local nodes that are fit, one with prefer becomes the writer before others, "
                                "whatever the priorities; one with never does not become the writer at all. If "
                                "every local node has never, this site only votes and is read.",
                        .standard = "allow",
                        .words = {"allow", "prefer", "never"}},
                       &Node::promote, {PromoteWish::kAllow, PromoteWish::kPrefer, PromoteWish::kNever}),
          tls_row<Node>("As the pool's tls, for this node alone: it takes the place of all of it.", "the pool's"),
      });
  return table;
}

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
                                 .shape = &guard_table().shape()},
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
