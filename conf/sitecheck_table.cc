#include "conf/pool_table.h"
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
                             "address, are what the safety of automatic failover stands on.",
                     .required = true},
                    &Peer::addr),
      });
  return table;
}

const Table<ecv::Timing>& timing_table() {
  using ecv::Timing;
  static const Table<Timing> table = [] {
    constexpr std::string_view kPreset = "from the preset";
    const auto duration = [=](std::string_view key, std::string_view help) {
      return Field{.key = key, .type = Type::kDuration, .help = help, .standard_note = kPreset, .min = 10, .max = kDay};
    };
    return Table<Timing>(
        "arbiter.timing",
        {
            row<Timing>(duration("interval", "I: between probes, datagrams and steps."), &Timing::interval),
            row<Timing>(duration("timeout", "T_o: of one probe, at most the interval."), &Timing::timeout),
            row<Timing>({.key = "fall",
                         .type = Type::kNumber,
                         .help = "Failed polls in a row that fail a node.",
                         .standard_note = kPreset,
                         .min = 1,
                         .max = 20,
                         .unit = "polls"},
                        &Timing::fall),
            row<Timing>(duration("lease", "L: what one grant or credited checkpoint round is worth."), &Timing::lease),
            row<Timing>(duration("guard_tick", "G: how often the guard looks at its deadline."), &Timing::guard_tick),
            row<Timing>(duration("fence_bound", "F: within this a fence is confirmed, soft and hard together."),
                        &Timing::fence_bound),
            row<Timing>(duration("promote_wait",
                                 "T_promote: for how long the peer must be silent, and the checkpoints "
                                 "well, before this site takes its place."),
                        &Timing::promote_wait),
        });
  }();
  return table;
}

void read_preset(Reading& reading, const Field& field, const Value& value, Sitecheck::Arbiter& out) {
  std::size_t word = 0;
  if (!read_word(reading, field, value, word)) return;
  out.preset = std::string(field.words[word]);
  if (const auto timing = ecv::preset(out.preset)) out.timing = *timing;
}

const Table<Sitecheck::Arbiter>& arbiter_table() {
  using Arbiter = Sitecheck::Arbiter;
  static const Table<Arbiter> table(
      "arbiter",
      {
          choice<Arbiter>({.key = "mode",
                           .help = "Who grants the right to write. checkpoints: the peer, or the external checkpoints "
                                   "while the peer is silent.",
                           .standard = "checkpoints",
                           .words = {"checkpoints"}},
                          &Arbiter::mode, {std::string("checkpoints")}),
          choice<Arbiter>({.key = "on_silence",
                           .help = "When the peer is silent: take its place after T_promote (promote), or leave it to "
                                   "a person (hold).",
                           .standard = "promote",
                           .words = {"promote", "hold"}},
                          &Arbiter::promote_on_silence, {true, false}),
          custom<Arbiter>({.key = "preset",
                           .type = Type::kChoice,
                           .help = "The times of the protocol, the same at both sites.",
                           .standard = "lan",
                           .words = {"lan", "fast", "wan"}},
                          read_preset),
          mapping<Arbiter>({.key = "timing",
                            .help = "Single times that differ from the preset; refused if they are not safe together."},
                           &Arbiter::timing, timing_table()),
      });
  return table;
}

const Table<Checkpoint>& checkpoint_table() {
  static const Table<Checkpoint> table(
      "checkpoints[]",
      {
          row<Checkpoint>({.key = "id",
                           .type = Type::kName,
                           .help = "Names the checkpoint; the same at both sites.",
                           .required = true},
                          &Checkpoint::id),
          choice<Checkpoint>({.key = "scope",
                              .help = "Where it stands. Only external ones count for the quorum, and both sites use "
                                      "the same; internal and edge ones tell where a cut is.",
                              .required = true,
                              .words = {"internal", "edge", "external"}},
                             &Checkpoint::scope,
                             {CheckpointScope::kInternal, CheckpointScope::kEdge, CheckpointScope::kExternal}),
          row<Checkpoint>({.key = "tcp", .type = Type::kAddress, .help = "Good if it accepts a TCP connection."},
                          &Checkpoint::tcp),
          custom<Checkpoint>({.key = "http", .type = Type::kUrl, .help = "Good if it answers over HTTP."},
                             [](Reading& r, const Field& f, const Value& v, Checkpoint& out) {
                               out.kind = CheckpointKind::kHttp;
                               read(r, f, v, out.url);
                             }),
      });
  return table;
}

std::vector<Row<Sitecheck>> place_rows() {
  return {
      mapping<Sitecheck>({.key = "site", .help = "Which site this is.", .required = true}, &Sitecheck::site,
                         site_table()),
      mapping<Sitecheck>({.key = "log", .help = "What is written to standard error.", .implied = true}, &Sitecheck::log,
                         log_table()),
      listener<Sitecheck>(
          {.key = "ecv", .help = "HTTP port of the reports, for dnsd, balancers and people.", .required = true},
          &Sitecheck::ecv),
      listener<Sitecheck>({.key = "peer", .help = "UDP port of the datagrams; needed where there is a peer."},
                          &Sitecheck::peer),
      listener<Sitecheck>(
          {.key = "stats", .help = "HTTP port for /metrics, /healthz, /readyz and /api/v1. Without it there is none."},
          &Sitecheck::stats),
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
                           .help = "The other site; exactly one in mode checkpoints. Without any, a pool of a single "
                                   "site takes its permit from itself."},
                          &Sitecheck::peers, peer_table()),
      mapping<Sitecheck>({.key = "arbiter", .help = "Who grants the right to write, and when.", .implied = true},
                         &Sitecheck::arbiter, arbiter_table()),
  };
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
      mappings<Sitecheck>({.key = "pools", .help = "The pools that this sitecheck manages.", .required = true},
                          &Sitecheck::pools, pool_table()),
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
