#include "tests/sim/network.h"

#include <algorithm>

#include "tests/sim/witness_model.h"
#include "tests/sim/world.h"

namespace sim {

namespace {

constexpr std::size_t kOverheard = 64;
// A copy that comes so soon after another one meets the same process, which has taken that one: it changes nothing. One
// in kSampled of them comes nevertheless. And of the datagrams of a run that uses the codec, one in kCoded passes it.
constexpr Time kSoon = 10 * kMs;
constexpr std::uint64_t kSampled = 64;
constexpr std::uint64_t kCoded = 8;

ecv::Key key(const char* id, std::uint8_t fill) {
  ecv::Key k{id, ecv::Purpose::kPeers, {}};
  k.secret.fill(fill);
  return k;
}

const ecv::KeyRing& ring() {
  static const ecv::KeyRing kRing({key("k1", 7)}, ecv::Purpose::kPeers);
  return kRing;
}

// Of a key rotation that is half-done: the same id with another secret, or an id that nobody else knows.
const ecv::Key& wrong_key(bool unknown) {
  static const ecv::Key kUnknown = key("k2", 9);
  static const ecv::Key kOther = key("k1", 8);
  return unknown ? kUnknown : kOther;
}

}  // namespace

Network::Network(World& world) : world_(&world) {
  const auto& sc = world.scenario();
  for (int i = 0; i < sc.parties(); ++i) streams_.emplace_back(sc.seed, 100 + static_cast<std::uint64_t>(i));
  keeps_ = std::any_of(sc.incidents.begin(), sc.incidents.end(),
                       [](const Incident& i) { return i.fault == Fault::kReplay; });
}

Network::~Network() { overheard_.clear(); }

std::string Network::party_name(int party) const {
  const int sites = world_->scenario().sites;
  return party < sites ? site_name(party) : "w" + std::to_string(party - sites + 1);
}

int Network::party_of(const std::string& name) const {
  if (name.size() == 5 && name.starts_with("site")) return name[4] - '1';
  if (name.size() == 2 && name[0] == 'w') return world_->scenario().sites + name[1] - '1';
  return -1;
}

bool Network::connected(int a, int b) const {
  if (!world_->hosts[static_cast<std::size_t>(a)]->up() || !world_->hosts[static_cast<std::size_t>(b)]->up())
    return false;
  const auto& cut = world_->segment().cut;
  return std::any_of(cut.begin(), cut.end(), [a, b](const auto& path) {
    return !has(path[static_cast<std::size_t>(a)], b) && !has(path[static_cast<std::size_t>(b)], a);
  });
}

bool Network::reaches_checkpoint(int site, int checkpoint) {
  return !has(world_->segment().checkpoint_cut[static_cast<std::size_t>(site)], checkpoint) &&
         !stream(site).chance(world_->scenario().checkpoint_loss);
}

Parcel& Network::take_parcel() {
  if (free_.empty()) {
    parcels_.push_back(std::make_unique<Parcel>());
    return *parcels_.back();
  }
  Parcel& p = *free_.back();
  free_.pop_back();
  return p;
}

Time Network::delay(Random& r, bool clean) {
  const auto& sc = world_->scenario();
  if (clean) return r.range(kMs / 2, std::max<Time>(kMs, sc.timing.timeout.count() / 4));
  if (r.chance(sc.tail)) return r.range(0, sc.tail_length);
  return r.range(kMs / 2, 8 * kMs);
}

void Network::transmit(int from, ecv::Datagram&& d) {
  const auto& sc = world_->scenario();
  const int to = party_of(d.to);
  if (to < 0 || to >= sc.parties()) return;
  Parcel& parcel = take_parcel();
  Hold hold(*this, parcel);
  parcel.from = from;
  parcel.to = to;
  parcel.verifies = from >= sc.sites || !world_->hosts[static_cast<std::size_t>(from)]->wrong_key();
  parcel.peer().datagram = std::move(d);
  parcel.wired = sc.wire && parcel.datagram().seq % kCoded == 0;
  parcel.decoded.reset();
  if (parcel.wired) {
    world_->checker.coverage.count(Deed::kWired);
    auto bytes = ecv::encode(parcel.datagram(), parcel.verifies ? *ring().signer() : wrong_key(sc.seed % 2 == 0));
    if (!bytes) return world_->checker.broken_always(world_->heap.now(), "codec", bytes.error().message);
    parcel.wire = std::move(*bytes);
  }
  if (world_->checker.tracing()) say(parcel, -1);
  send_copies(parcel);
}

void Network::send_copies(Parcel& parcel) {
  const auto& sc = world_->scenario();
  Random& r = stream(parcel.from);
  struct Copy {
    Time delay;
    int path;
  };
  std::array<Copy, 2 * kPaths> all;
  std::size_t count = 0;
  for (int p = 0; p < kPaths; ++p) {
    const auto path = static_cast<std::size_t>(p);
    const auto sender = static_cast<std::size_t>(parcel.from);
    if (has(world_->segment().cut[path][sender], parcel.to)) continue;
    const bool clean = has(world_->segment().clean[path][sender], parcel.to);
    if (!clean && r.chance(sc.loss)) continue;
    const int copies = r.chance(sc.duplicates) ? 2 : 1;
    for (int i = 0; i < copies; ++i) all[count++] = {delay(r, clean), p};
    if (!keeps_) continue;
    if (overheard_.size() < kOverheard) {
      overheard_.emplace_back(Hold(*this, parcel), p);
    } else if (++overheard_next_ % 7 == 0) {
      overheard_[overheard_next_ / 7 % kOverheard] = {Hold(*this, parcel), p};
    }
  }
  const auto first = all.begin();
  std::sort(first, first + static_cast<std::ptrdiff_t>(count),
            [](const Copy& a, const Copy& b) { return a.delay < b.delay; });
  const bool sampled = parcel.datagram().seq % kSampled == 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && !sampled && all[i].delay - all[i - 1].delay < kSoon) continue;
    world_->heap.after(all[i].delay, [this, hold = Hold(*this, parcel), p = all[i].path] { deliver(*hold, p, false); });
  }
}

void Network::deliver(Parcel& parcel, int path, bool replayed) {
  if (world_->options().datagrams) say(parcel, path);
  const auto& sc = world_->scenario();
  if (parcel.wired && !parcel.decoded) parcel.decoded = ecv::decode(parcel.wire, ring());
  const auto fault = parcel.wired      ? parcel.decoded->fault
                     : parcel.verifies ? ecv::DatagramFault::kNone
                                       : ecv::DatagramFault::kUnknownKey;
  if (parcel.wired && fault == ecv::DatagramFault::kNone) {
    parcel.peer().datagram = std::move(parcel.decoded->datagram);
    parcel.wired = false;
  }
  if (parcel.to >= sc.sites) {
    if (fault == ecv::DatagramFault::kNone) {
      world_->witnesses[static_cast<std::size_t>(parcel.to - sc.sites)]->give(parcel.datagram(), path);
    }
    return;
  }
  Host& host = *world_->hosts[static_cast<std::size_t>(parcel.to)];
  if (fault == ecv::DatagramFault::kNone) {
    parcel.peer().path = static_cast<std::size_t>(path);
    host.give_peer(parcel.event, parcel.from, replayed);
  } else {
    host.give_unverifiable(fault, path, party_name(parcel.from));
  }
}

// What is worth telling: all of it with WIDEIP_SIM_DATAGRAMS, else only what asks for or gives away the writer.
void Network::say(const Parcel& parcel, int path) const {
  const auto& d = parcel.datagram();
  const bool answers = std::any_of(d.answers.begin(), d.answers.end(), [](const ecv::Answer& a) {
    return a.kind == ecv::AnswerKind::kRelease || (a.kind == ecv::AnswerKind::kRefuse && a.reason != "ACTIVE");
  });
  const bool matters = d.want == ecv::Want::kPromote || answers;
  if (!world_->options().datagrams && !matters) return;
  static constexpr const char* kWants[] = {"", " wants renewal", " wants to promote", " gives its votes back"};
  std::string line = party_name(parcel.from) + (path < 0 ? " says to " : " is heard by ") + party_name(parcel.to) +
                     ": " + std::string(ecv::name(d.state)) + kWants[static_cast<std::size_t>(d.want)];
  for (const auto& a : d.answers) {
    line += a.kind == ecv::AnswerKind::kGrant     ? "; grants"
            : a.kind == ecv::AnswerKind::kRelease ? "; releases"
                                                  : "; refuses (" + a.reason + ")";
  }
  if (world_->options().datagrams) {
    line += " [seq " + std::to_string(d.seq) + " boot " + std::to_string(d.boot_id % 1000) + " nonce " +
            std::to_string(d.nonce % 1000) + " echo " + std::to_string(d.echo % 1000) + "]" +
            (parcel.verifies ? "" : " unverifiable");
  }
  world_->checker.say(world_->heap.now(), line);
}

void Network::replay(int to) {
  for (const auto& [hold, path] : overheard_) {
    if ((*hold).to != to) continue;
    world_->heap.after(stream(to).range(0, 2 * kSecond),
                       [this, hold = hold, path = path] { deliver(*hold, path, true); });
  }
}

void Network::forge(int to) {
  const auto& sc = world_->scenario();
  Random& r = stream(to);
  for (int i = 0; i < 8; ++i) {
    const int from =
        static_cast<int>((static_cast<std::uint64_t>(to) + 1 + r.below(static_cast<std::uint64_t>(sc.sites - 1))) %
                         static_cast<std::uint64_t>(sc.sites));
    base::Bytes bytes(static_cast<std::size_t>(r.range(0, 300)));
    for (auto& b : bytes) b = static_cast<std::uint8_t>(r.next());
    if (bytes.size() > 4) std::copy_n(std::array<std::uint8_t, 4>{1, 2, 'k', '1'}.begin(), 4, bytes.begin());
    const auto fault = ecv::decode(bytes, ring()).fault;
    if (fault == ecv::DatagramFault::kNone) {
      return world_->checker.broken_always(world_->heap.now(), "I16", "random bytes verify");
    }
    world_->heap.after(r.range(0, kSecond), [this, to, from, fault] {
      world_->checker.coverage.count(Deed::kForged);
      world_->hosts[static_cast<std::size_t>(to)]->give_unverifiable(fault, 0, site_name(from));
    });
  }
}

}  // namespace sim
