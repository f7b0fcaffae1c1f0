#include "ecv/witness.h"

#include <algorithm>

#include "ecv/peer_link.h"
#include "ecv/vote.h"

namespace ecv {

namespace {

// How long after a nonce was sent its echo still proves a new process of a site. Nothing depends on it but how late a
// restarted site may be.
constexpr base::Duration kMemory = base::seconds(5);

struct Party {
  WitnessSettings::Site site;
  PeerLink link;
};

}  // namespace

struct Witness::Impl {
  Impl(WitnessSettings s, base::Instant now) : settings(std::move(s)), vote(now), booted_at(now) {
    auto seed = settings.nonce_seed;
    for (const auto& site : settings.sites) {
      parties.push_back({site, PeerLink(kMemory, settings.boot_id, seed, site.paths)});
      seed += 0x2545F4914F6CDD1DULL;
    }
  }

  [[nodiscard]] Party* find(std::string_view site) {
    const auto found =
        std::find_if(parties.begin(), parties.end(), [&](const Party& p) { return p.site.name == site; });
    return found == parties.end() ? nullptr : &*found;
  }
  [[nodiscard]] Datagram reply(Party& to, base::Instant now) const;
  [[nodiscard]] Answer answer(const Datagram& d, base::Instant now);
  [[nodiscard]] std::string refusal(const Datagram& d, base::Instant now);
  [[nodiscard]] bool disputed(const Datagram& d, base::Duration grant_wait, base::Instant now) const;

  WitnessSettings settings;
  Vote vote;
  base::Instant booted_at;
  base::Duration grant_wait{};  // as last asked with
  std::vector<Party> parties;
  std::uint64_t granted = 0;
  std::uint64_t refused = 0;
  std::uint64_t stale = 0;
};

Datagram Witness::Impl::reply(Party& to, base::Instant now) const {
  Datagram d;
  d.pool = settings.pool;
  d.from = settings.id;
  d.to = to.site.name;
  d.guard = "none";
  if (to.link.said()) d.config_hash = to.link.said()->config_hash;  // it has none of its own
  to.link.stamp(d, true, now);  // with a nonce: its echo proves a later process of the site fresh (rule 11)
  return d;
}

// Rule 9: another site, heard within T_grant, has another configuration.
bool Witness::Impl::disputed(const Datagram& d, base::Duration wait, base::Instant now) const {
  return std::any_of(parties.begin(), parties.end(), [&](const Party& p) {
    return p.site.name != d.from && p.link.heard_at() && now - *p.link.heard_at() < wait &&
           p.link.said()->config_hash != d.config_hash;
  });
}

// Why there is no grant; "" if there is.
std::string Witness::Impl::refusal(const Datagram& d, base::Instant now) {
  if (d.nonce == 0) return "no nonce";
  if (d.grant_wait_ms == 0) return "another arbiter";
  const auto wait = base::milliseconds(d.grant_wait_ms);
  grant_wait = wait;
  // Rule 10: the renewals of the present holder go on.
  if (disputed(d, wait, now) && (d.want == Want::kPromote || vote.holder(now) != d.from)) return "config";
  switch (vote.ask(d.from, wait, now)) {
    case Vote::Verdict::kGranted: return "";
    case Vote::Verdict::kMoratorium: return "moratorium";
    case Vote::Verdict::kHeld: break;
  }
  return ("promised to " + std::string(vote.holder(now))).substr(0, 64);
}

Answer Witness::Impl::answer(const Datagram& d, base::Instant now) {
  Answer out;
  out.nonce = d.nonce;
  out.reason = refusal(d, now);
  out.kind = out.reason.empty() ? AnswerKind::kGrant : AnswerKind::kRefuse;
  ++(out.reason.empty() ? granted : refused);
  return out;
}

Witness::Witness(WitnessSettings settings, base::Instant now)
    : impl_(std::make_unique<Impl>(std::move(settings), now)) {}
Witness::~Witness() = default;
Witness::Witness(Witness&&) noexcept = default;
Witness& Witness::operator=(Witness&&) noexcept = default;

std::optional<Datagram> Witness::take(const Datagram& d, std::size_t path, base::Instant now) {
  auto& w = *impl_;
  Party* party = d.pool == w.settings.pool && d.to == w.settings.id ? w.find(d.from) : nullptr;
  if (party == nullptr) {
    ++w.stale;
    return std::nullopt;
  }
  switch (party->link.receive(d, path, now)) {
    case PeerLink::Freshness::kCopy: return std::nullopt;
    case PeerLink::Freshness::kStale: ++w.stale; return std::nullopt;
    case PeerLink::Freshness::kUnproven:
      // It learns our nonce from this, and is believed with its next word.
      if (!party->link.take_greeting()) return std::nullopt;
      return w.reply(*party, now);
    case PeerLink::Freshness::kAccepted: break;
  }
  if (d.want == Want::kRelease) w.vote.release(d.from);
  std::optional<Answer> answer;
  if (d.want == Want::kPromote || d.want == Want::kRenew) answer = w.answer(d, now);
  auto out = w.reply(*party, now);
  if (answer) out.answers.push_back(std::move(*answer));
  return out;
}

Witness::View Witness::view(base::Instant now) const {
  const auto& w = *impl_;
  View v;
  v.holder = w.vote.holder(now);
  v.moratorium = w.grant_wait == base::Duration::zero() || now - w.booted_at < w.grant_wait;
  v.until = v.moratorium ? w.booted_at + w.grant_wait : w.vote.until();
  v.granted = w.granted;
  v.refused = w.refused;
  v.stale = w.stale;
  std::vector<std::uint64_t> hashes;
  for (const auto& p : w.parties) {
    if (p.link.said()) hashes.push_back(p.link.said()->config_hash);
  }
  const bool match = std::adjacent_find(hashes.begin(), hashes.end(), std::not_equal_to<>()) == hashes.end();
  for (const auto& p : w.parties) {
    SiteView s;
    s.site = p.site.name;
    s.last_heard = p.link.heard_at();
    s.config_match = match;
    if (p.link.said()) {
      s.state = p.link.said()->state;
      s.epoch = p.link.said()->epoch;
    }
    v.sites.push_back(std::move(s));
  }
  return v;
}

}  // namespace ecv
