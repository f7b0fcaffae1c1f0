// Scenarios as text: one line "key value…" each, so that a failure can be kept, edited and replayed.
#include <sstream>

#include "tests/sim/scenario.h"

namespace sim {

namespace {

constexpr const char* kArbiters[] = {"checkpoints", "witness", "etcd"};
constexpr const char* kThemes[] = {"any", "standby-losses", "switchovers", "calm"};

// The fields that are one number each, by name: both directions read this list.
template <typename S, typename Visit>
void numbers(S& s, Visit visit) {
  visit("seed", s.seed);
  visit("promote-on-silence", s.promote_on_silence);
  visit("sites", s.sites);
  visit("witnesses", s.witnesses);
  visit("checkpoints", s.checkpoints);
  visit("fresh", s.fresh);
  visit("peer-unguarded", s.peer_unguarded);
  visit("semi-sync", s.semi_sync);
  visit("service", s.service);
  visit("max-loss", s.max_loss);
  visit("anti-flap", s.anti_flap);
  visit("dnsds", s.dnsds);
  visit("relays", s.relays);
  visit("wire", s.wire);
  visit("slow-fence", s.slow_fence);
  visit("fence-beyond", s.fence_beyond);
  visit("brief", s.brief);
  visit("full-tail", s.full_tail);
  visit("replication-lag", s.replication_lag);
  visit("open-lost", s.open_lost);
  visit("loss", s.loss);
  visit("duplicates", s.duplicates);
  visit("tail", s.tail);
  visit("tail-length", s.tail_length);
  visit("checkpoint-loss", s.checkpoint_loss);
  visit("client-writes", s.client_writes);
  visit("etcd-rate", s.etcd_rate);
  visit("quiet-at", s.quiet_at);
  visit("end", s.end);
}

template <typename T, typename Visit>
void times(T& t, Visit visit) {
  visit("lease", t.lease);
  visit("promote-wait", t.promote_wait);
  visit("grant-wait", t.grant_wait);
  visit("etcd-ttl", t.etcd_ttl);
}

void write_segment(std::ostream& out, const Segment& s) {
  out << "segment " << s.at;
  const auto masks = [&](const char* key, const auto& values) {
    out << ' ' << key;
    for (const auto v : values) out << ' ' << static_cast<int>(v);
  };
  for (const auto& path : s.cut) masks("cut", path);
  for (const auto& path : s.clean) masks("clean", path);
  masks("checkpoints", s.checkpoint_cut);
  masks("dnsd", std::array{s.dnsd_cut});
  masks("service", std::array{s.service_cut});
  masks("etcd", s.etcd);
  masks("blind", std::array{s.watch_blind});
  out << '\n';
}

template <typename Values>
void read_values(std::istream& in, Values& values) {
  std::string key;
  in >> key;
  for (auto& v : values) {
    int n = 0;
    in >> n;
    v = static_cast<std::remove_reference_t<decltype(v)>>(n);
  }
}

Segment read_segment(std::istream& in) {
  Segment s;
  in >> s.at;
  for (auto& path : s.cut) read_values(in, path);
  for (auto& path : s.clean) read_values(in, path);
  read_values(in, s.checkpoint_cut);
  std::array<Mask, 1> one{};
  read_values(in, one);
  s.dnsd_cut = one[0];
  read_values(in, one);
  s.service_cut = one[0];
  read_values(in, s.etcd);
  read_values(in, one);
  s.watch_blind = one[0];
  return s;
}

bool read_incident(std::istream& in, Incident& i) {
  std::string fault;
  std::string whom;
  in >> i.at >> fault >> i.site >> i.length >> whom;
  i.standby_only = whom == "standby";
  i.active_only = whom == "active";
  for (int f = 0; f < static_cast<int>(Fault::kCount); ++f) {
    if (fault != name(static_cast<Fault>(f))) continue;
    i.fault = static_cast<Fault>(f);
    return true;
  }
  return false;
}

template <std::size_t N>
int index_of(const char* const (&names)[N], const std::string& word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (word == names[i]) return static_cast<int>(i);
  }
  return -1;
}

// False if the key is unknown or its value makes no sense.
bool read_line(Scenario& s, const std::string& key, std::istream& in) {
  std::string word;
  if (key == "segment") {
    s.segments.push_back(read_segment(in));
    return !in.fail();
  }
  if (key == "incident") return read_incident(in, s.incidents.emplace_back()) && !in.fail();
  if (key == "arbiter" || key == "theme") {
    in >> word;
    const int index = key == "arbiter" ? index_of(kArbiters, word) : index_of(kThemes, word);
    if (index < 0) return false;
    if (key == "arbiter") s.arbiter = static_cast<core::ArbiterKind>(index);
    if (key == "theme") s.theme = static_cast<Theme>(index);
    return true;
  }
  if (key == "preset") {
    in >> s.preset;
    const auto t = ecv::preset(s.preset);
    if (t) s.timing = *t;
    return t.has_value();
  }
  if (key == "rates") {
    for (auto& rate : s.rate) in >> rate;
    return !in.fail();
  }
  bool known = false;
  numbers(s, [&](const char* name, auto& value) {
    if (key != name) return;
    known = true;
    in >> value;
  });
  times(s.timing, [&](const char* name, base::Duration& value) {
    if (key != name) return;
    known = true;
    Time n = 0;
    in >> n;
    value = base::Duration(n);
  });
  return known && !in.fail();
}

}  // namespace

std::string write(const Scenario& s) {
  std::ostringstream out;
  out.precision(17);
  out << "arbiter " << kArbiters[static_cast<int>(s.arbiter)] << "\ntheme " << kThemes[static_cast<int>(s.theme)]
      << "\npreset " << s.preset << '\n';
  times(s.timing, [&](const char* key, const base::Duration& d) { out << key << ' ' << d.count() << '\n'; });
  numbers(s, [&](const char* key, const auto& value) { out << key << ' ' << value << '\n'; });
  out << "rates";
  for (const auto rate : s.rate) out << ' ' << rate;
  out << '\n';
  for (const auto& segment : s.segments) write_segment(out, segment);
  for (const auto& i : s.incidents) {
    out << "incident " << i.at << ' ' << name(i.fault) << ' ' << i.site << ' ' << i.length << ' '
        << (i.standby_only  ? "standby"
            : i.active_only ? "active"
                            : "any")
        << '\n';
  }
  return out.str();
}

base::Result<Scenario> read(const std::string& text) {
  Scenario s;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream in(line);
    std::string key;
    if (!(in >> key) || key.starts_with('#')) continue;
    if (!read_line(s, key, in)) return base::fail("line " + std::to_string(number) + ": \"" + line + "\"");
  }
  if (s.segments.empty() || s.sites < 1 || s.sites > kMaxSites || s.parties() > kMaxParties || s.checkpoints < 1 ||
      s.checkpoints > kMaxCheckpoints) {
    return base::fail("a scenario needs a segment, 1 to 4 sites, at most 8 parties and 1 to 5 checkpoints");
  }
  return s;
}

}  // namespace sim
