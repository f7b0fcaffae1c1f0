#include "conf/arbiter_table.h"
#include "conf/checkpoint_table.h"
#include "conf/outlet_table.h"
#include "conf/pool_table.h"
#include "conf/stats_table.h"
#include "conf/tables.h"

namespace conf {

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

const Table<Sitecheck::Site>& site_table() {
  using Site = Sitecheck::Site;
  static const Table<Site> table(
      "site", {
                  row<Site>({.key = "name",
                             .type = Type::kName,
                             .help = "This site, as the peer and every dnsd call it.",
                             .required = true},
                            &Site::name),
                  row<Site>({.key = "id",
                             .type = Type::kNumber,
                             .help = "Part of every epoch of this site; no other site may have it. The lower id "
                                     "stands first when a new pair starts.",
                             .required = true,
                             .min = 1,
                             .max = 255},
                            &Site::id),
              });
  return table;
}

const Table<Peer>& peer_table() {
  static const Table<Peer> table(
      "peers[]",
      {
          row<Peer>({.key = "site", .type = Type::kName, .help = "The other site's name.", .required = true},
                    &Peer::site),
          row<Peer>({.key = "id",
                     .type = Type::kNumber,
                     .help = "The other site's id.",
                     .required = true,
                     .min = 1,
                     .max = 255},
                    &Peer::id),
          row<Peer>({.key = "addr",
                     .type = Type::kAddress,
                     .help = "Where the other site takes datagrams: every path. Two paths, one over the public "
                             "address, are what the safety of automatic failover stands on in mode checkpoints.",
                     .required = true},
                    &Peer::addr),
      });
  return table;
}

Row<Rotated> size_row(std::string_view standard) {
  return custom<Rotated>(
      {.key = "size",
       .type = Type::kSize,
       .help = "Of one file; a full one is put aside.",
       .standard = standard,
       .min = 64 * 1024,
       .max = std::int64_t{1} << 40},
      [](Reading& r, const Field& f, const Value& v, Rotated& out) { read_size(r, f, v, out.size); });
}
Row<Rotated> keep_row(std::string_view standard) {
  return row<Rotated>({.key = "keep",
                       .type = Type::kNumber,
                       .help = "Files put aside that are kept.",
                       .standard = standard,
                       .min = 0,
                       .max = 1000,
                       .unit = "files"},
                      &Rotated::keep);
}
const Table<Rotated>& journal_table() {
  static const Table<Rotated> table("journal", {size_row("16MiB"), keep_row("4")});
  return table;
}
const Table<Rotated>& recorder_table() {
  static const Table<Rotated> table("recorder", {size_row("64MiB"), keep_row("1")});
  return table;
}

std::vector<Row<Sitecheck>> place_rows() {
  return {
      mapping<Sitecheck>({.key = "site", .help = "Which site this is.", .required = true}, &Sitecheck::site,
                         site_table()),
      mapping<Sitecheck>({.key = "log", .help = "What is written to standard error.", .implied = true}, &Sitecheck::log,
                         log_table()),
      mapping<Sitecheck>(
          {.key = "ecv", .help = "HTTP port of the reports, for dnsd, balancers and people.", .required = true},
          &Sitecheck::ecv, ecv_port_table()),
      listener<Sitecheck>({.key = "peer", .help = "UDP port of the datagrams; needed where there is a peer."},
                          &Sitecheck::peer),
      stats_row<Sitecheck>("HTTP port for /metrics, /healthz, /readyz and the REST API under /api/v1 (its description: "
                           "/api/v1/openapi.json). Without it there is none.",
                           &Sitecheck::stats),
      agent_row(),
      row<Sitecheck>({.key = "control",
                      .type = Type::kPath,
                      .help = "The Unix socket by which the commands reach sitecheck.",
                      .standard = "/run/wideip/sitecheck.sock"},
                     &Sitecheck::control),
      row<Sitecheck>({.key = "state_dir",
                      .type = Type::kPath,
                      .help = "Where epochs, the permit and the journal are kept.",
                      .standard = "/var/lib/wideip/sitecheck"},
                     &Sitecheck::state_dir),
      mappings<Sitecheck>({.key = "keys", .help = "The secrets by which messages are signed and verified."},
                          &Sitecheck::keys, key_table()),
      mappings<Sitecheck>({.key = "peers",
                           .help = "The other sites of these pools; exactly one in mode checkpoints. Without any, a "
                                   "pool of a single site takes its permit from itself."},
                          &Sitecheck::peers, peer_table()),
      mapping<Sitecheck>({.key = "arbiter", .help = "Who grants the right to write, and when.", .implied = true},
                         &Sitecheck::arbiter, arbiter_table()),
  };
}

const Table<Levels>& levels_table() {
  const auto level = [](std::string_view key, std::string_view help) {
    return Field{.key = key,
                 .type = Type::kNumber,
                 .help = help,
                 .required = true,
                 .min = 1,
                 .max = 1000,
                 .unit = "failed polls"};
  };
  static const Table<Levels> table(
      "levels", {row<Levels>(level("warn", "In a row: from here on OK_WARN."), &Levels::warn),
                 row<Levels>(level("critical", "In a row: from here on OK_CRITICAL."), &Levels::critical)});
  return table;
}

std::vector<Row<Sitecheck>> rule_rows() {
  const auto duration = [](std::string_view key, std::string_view standard, std::string_view help) {
    return Field{.key = key, .type = Type::kDuration, .help = help, .standard = standard, .min = 0, .max = 30 * kDay};
  };
  return {
      mappings<Sitecheck>({.key = "checkpoints",
                           .help = "What stands outside the pool and whose loss tells a site that it is the one cut "
                                   "off. The quorum is more than half of the external ones."},
                          &Sitecheck::checkpoints, checkpoint_table()),
      row<Sitecheck>(duration("checkpoints_clear_after", "30s",
                              "After this long of good rounds a lost quorum counts "
                              "as found again."),
                     &Sitecheck::checkpoints_clear_after),
      row<Sitecheck>({.key = "checkpoints_latch",
                      .type = Type::kSwitch,
                      .help = "Leaves a lost quorum to a person: only recover clears it.",
                      .standard = "false"},
                     &Sitecheck::checkpoints_latch),
      row<Sitecheck>(duration("auto_recover_after", "5s",
                              "After this long a node that came back is taken as a standby "
                              "if its data is a subset of the writer's."),
                     &Sitecheck::auto_recover_after),
      custom<Sitecheck>({.key = "levels",
                         .type = Type::kMapping,
                         .help = "When the STATUS of a node that fails its polls rises: OK_INFO at the first, FAIL at "
                                 "fall of arbiter.timing, the others here.",
                         .standard_note = "spread evenly up to fall",
                         .shape = &levels_table().shape()},
                        [](Reading& r, const Field& f, const Value& v, Sitecheck& out) {
                          if (is_mapping(r, f, v)) read_fields(r, levels_table(), v, out.levels.emplace());
                        }),
      choice<Sitecheck>({.key = "heal",
                         .help = "What a good poll does to the count of failed ones: reset takes it to zero, step one "
                                 "down.",
                         .standard = "reset",
                         .words = {"reset", "step"}},
                        &Sitecheck::heal_by_step, {false, true}),
      row<Sitecheck>({.key = "flap_count",
                      .type = Type::kNumber,
                      .help = "A node that fails more often than this within flap_window stays out until a person "
                              "brings it back.",
                      .standard = "3",
                      .min = 1,
                      .max = 1000,
                      .unit = "failures"},
                     &Sitecheck::flap_count),
      row<Sitecheck>(duration("flap_window", "1h", "The window of flap_count."), &Sitecheck::flap_window),
      mapping<Sitecheck>({.key = "journal",
                          .help = "The journal in state_dir: every transition and action, told by sitecheck events.",
                          .implied = true},
                         &Sitecheck::journal, journal_table()),
      event_hook_row(),
      mapping<Sitecheck>({.key = "recorder",
                          .help = "The recording in state_dir: every input of the state machine, enough to replay an "
                                  "outage.",
                          .implied = true},
                         &Sitecheck::recorder, recorder_table()),
      mappings<Sitecheck>({.key = "pools", .help = "The pools that this sitecheck manages.", .required = true},
                          &Sitecheck::pools, pool_table()),
      row<Sitecheck>(
          {.key = "reload_on_change",
           .type = Type::kSwitch,
           .help = "Reload by itself, and the guard likewise, when this file, one that it includes (or would "
                   "include from now on), or a secret changes; else on SIGHUP and `sitecheck reload` only.",
           .standard = "false"},
          &Sitecheck::reload_on_change),
      include_row<Sitecheck>(),
  };
}

}  // namespace

const Table<Sitecheck>& sitecheck_table() {
  static const Table<Sitecheck> table("sitecheck.yaml", [] {
    auto rows = place_rows();
    for (auto& each : rule_rows()) rows.push_back(std::move(each));
    return rows;
  }());
  return table;
}

const Shape& sitecheck_shape() { return sitecheck_table().shape(); }

}  // namespace conf
