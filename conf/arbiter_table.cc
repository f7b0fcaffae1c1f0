#include "conf/arbiter_table.h"

namespace conf {

std::string_view name(ArbiterMode mode) {
  switch (mode) {
    case ArbiterMode::kCheckpoints: return "checkpoints";
    case ArbiterMode::kWitness: return "witness";
    case ArbiterMode::kEtcd: return "etcd";
  }
  return "";
}

namespace {

using Arbiter = Sitecheck::Arbiter;

constexpr std::int64_t kDay = 86'400'000;  // milliseconds

Field time_field(std::string_view key, std::string_view help) {
  return {
      .key = key, .type = Type::kDuration, .help = help, .standard_note = "from the preset", .min = 10, .max = kDay};
}

const Table<ecv::Timing>& timing_table() {
  using ecv::Timing;
  static const Table<Timing> table(
      "arbiter.timing",
      {
          row<Timing>(time_field("interval", "I: between probes, datagrams and steps."), &Timing::interval),
          row<Timing>(time_field("timeout", "T_o: of one probe, at most the interval."), &Timing::timeout),
          row<Timing>({.key = "fall",
                       .type = Type::kNumber,
                       .help = "Failed polls in a row that fail a node.",
                       .standard_note = "from the preset",
                       .min = 1,
                       .max = 20,
                       .unit = "polls"},
                      &Timing::fall),
          row<Timing>(time_field("lease",
                                 "L: what one grant, credited checkpoint round or etcd keepalive is worth. "
                                 "Mode etcd: by default what etcd_ttl allows."),
                      &Timing::lease),
          row<Timing>(time_field("guard_tick", "G: how often the guard looks at its deadline."), &Timing::guard_tick),
          row<Timing>(time_field("fence_bound", "F: within this a fence is confirmed, soft and hard together."),
                      &Timing::fence_bound),
          row<Timing>(time_field("promote_wait",
                                 "T_promote (mode checkpoints): for how long the peer must be silent, "
                                 "and the checkpoints well, before this site takes its place."),
                      &Timing::promote_wait),
          row<Timing>(time_field("grant_wait",
                                 "T_grant (mode witness): for how long a voter that granted one site "
                                 "grants no other."),
                      &Timing::grant_wait),
          row<Timing>(time_field("etcd_ttl", "TTL (mode etcd) of the lease in etcd: whole seconds, at least 2."),
                      &Timing::etcd_ttl),
      });
  return table;
}

void read_preset(Reading& reading, const Field& field, const Value& value, Arbiter& out) {
  std::size_t word = 0;
  if (!read_word(reading, field, value, word)) return;
  out.preset = std::string(field.words[word]);
  if (const auto timing = ecv::preset(out.preset)) out.timing = *timing;
}

const Table<Voter>& voter_table() {
  static const Table<Voter> table(
      "arbiter.voters[]",
      {
          row<Voter>({.key = "id",
                      .type = Type::kName,
                      .help = "The voter's name: server.id of its dnsd.yaml. No site has the same.",
                      .required = true},
                     &Voter::id),
          row<Voter>({.key = "addr",
                      .type = Type::kAddress,
                      .help = "Where the dnsd takes datagrams (relay of its dnsd.yaml): every path.",
                      .required = true},
                     &Voter::addr),
      });
  return table;
}

// A file that must be there; the program that uses it reads it.
Store<Etcd> readable(std::filesystem::path Etcd::*member) {
  return [member](Reading& r, const Field& f, const Value& v, Etcd& out) {
    if (!read(r, f, v, out.*member)) return;
    if (const auto why = r.outside.unreadable(out.*member)) r.fault(v.mark(), std::string(f.key) + ": " + *why);
  };
}

std::vector<Row<Etcd>> etcd_trust_rows() {
  return {
      custom<Etcd>({.key = "ca",
                    .type = Type::kPath,
                    .help = "Certificates (PEM) of the authorities that sign etcd's certificate.",
                    .standard_note = "those of the system"},
                   readable(&Etcd::ca)),
      custom<Etcd>({.key = "cert",
                    .type = Type::kPath,
                    .help = "The client certificate (PEM) shown to etcd; goes with key. Together with user it has no "
                            "CommonName: etcd's JSON gateway refuses one that has."},
                   readable(&Etcd::cert)),
      custom<Etcd>({.key = "key", .type = Type::kPath, .help = "The private key (PEM) of cert."}, readable(&Etcd::key)),
      row<Etcd>({.key = "user",
                 .type = Type::kText,
                 .help = "The user by whom etcd knows this site; it needs to read and write below prefix."},
                &Etcd::user),
      custom<Etcd>({.key = "password_file",
                    .type = Type::kPath,
                    .help = "A file with the user's password; white space around it is left out. ${NAME} in the path "
                            "is expanded."},
                   [](Reading& r, const Field& f, const Value& v, Etcd& out) {
                     std::filesystem::path path;
                     if (auto text = read_secret_file(r, f, v, path)) out.password = std::move(*text);
                   }),
      row<Etcd>({.key = "password",
                 .type = Type::kVariable,
                 .help = "Instead of a file: the variable that holds the password."},
                &Etcd::password),
  };
}

const Table<Etcd>& etcd_table() {
  static const Table<Etcd> table("arbiter.etcd", [] {
    std::vector<Row<Etcd>> rows{
        row<Etcd>({.key = "endpoints",
                   .type = Type::kUrl,
                   .help = "Base URLs of etcd's client ports; the one that answered last is asked first.",
                   .required = true},
                  &Etcd::endpoints),
        row<Etcd>({.key = "prefix",
                   .type = Type::kText,
                   .help = "Stands before every key; begins and ends with a slash. The same at all sites of a pool, "
                           "another for every other set of sites.",
                   .standard = "/wideip/"},
                  &Etcd::prefix),
    };
    for (auto& each : etcd_trust_rows()) rows.push_back(std::move(each));
    return rows;
  }());
  return table;
}

void read_etcd(Reading& reading, const Field& field, const Value& value, Arbiter& out) {
  if (!is_mapping(reading, field, value)) return;
  out.etcd.emplace();
  read_fields(reading, etcd_table(), value, *out.etcd);
}

Row<Arbiter> mode_row() {
  return choice<Arbiter>(
      {.key = "mode",
       .help =
           "Who grants the right to write. checkpoints: the one peer, or the external checkpoints while the peer is "
           "silent. witness: a majority of this site, its peers and the voters; it assumes nothing of the links, "
           "and is advised wherever a dnsd stands at a third place. etcd: an etcd cluster.",
       .standard = "checkpoints",
       .words = {"checkpoints", "witness", "etcd"}},
      &Arbiter::mode, {ArbiterMode::kCheckpoints, ArbiterMode::kWitness, ArbiterMode::kEtcd});
}

}  // namespace

const Table<Arbiter>& arbiter_table() {
  static const Table<Arbiter> table(
      "arbiter",
      {
          mode_row(),
          choice<Arbiter>({.key = "on_silence",
                           .help = "When the writer's site is silent: take its place once the arbiter allows it "
                                   "(promote), or leave it to a person (hold).",
                           .standard = "promote",
                           .words = {"promote", "hold"}},
                          &Arbiter::promote_on_silence, {true, false}),
          custom<Arbiter>({.key = "preset",
                           .type = Type::kChoice,
                           .help = "The times of the protocol, the same at all sites.",
                           .standard = "lan",
                           .words = {"lan", "fast", "wan"}},
                          read_preset),
          mapping<Arbiter>({.key = "timing",
                            .help = "Single times that differ from the preset; refused if they are not safe together."},
                           &Arbiter::timing, timing_table()),
          mappings<Arbiter>({.key = "voters",
                             .help = "Mode witness: the dnsds that vote besides this site and its peers. Each has a "
                                     "relay port and a key for peers. The same list at all sites."},
                            &Arbiter::voters, voter_table()),
          custom<Arbiter>({.key = "etcd",
                           .type = Type::kMapping,
                           .help = "Mode etcd: the cluster that is asked.",
                           .shape = &etcd_table().shape()},
                          read_etcd),
      });
  return table;
}

}  // namespace conf
