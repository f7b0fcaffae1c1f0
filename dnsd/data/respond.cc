#include "dnsd/data/respond.h"

#include <algorithm>

#include "dnsd/data/chaos.h"
#include "zones/wire/edns.h"

namespace data {

namespace {

using snapshot::Counter;

constexpr Counter kTransportCounter[] = {Counter::kUdp4, Counter::kUdp6, Counter::kTcp4, Counter::kTcp6};

Counter counter_of(snapshot::Outcome outcome) {
  switch (outcome) {
    case snapshot::Outcome::kAnswer: return Counter::kAnswer;
    case snapshot::Outcome::kNodata: return Counter::kNodata;
    case snapshot::Outcome::kNxdomain: return Counter::kNxdomain;
    case snapshot::Outcome::kReferral: return Counter::kReferral;
    case snapshot::Outcome::kRefused: return Counter::kRefused;
    case snapshot::Outcome::kServfail: return Counter::kServfail;
    case snapshot::Outcome::kYxdomain: return Counter::kYxdomain;
  }
  return Counter::kServfail;
}

// What a response will say besides its sections.
struct Verdict {
  Counter outcome = Counter::kRefused;
  wire::Rcode rcode = wire::kRefused;
  bool authoritative = false;
  bool truncated = false;
  bool has_ede = false;
  std::uint16_t ede = 0;
  std::uint32_t source = snapshot::kNone;  // what was answered, for the limits of rates
};

RateKind kind_of(wire::Rcode rcode) {
  if (rcode == wire::kNoError || rcode == wire::kYxDomain) return RateKind::kResponse;
  return rcode == wire::kNxDomain ? RateKind::kNxdomain : RateKind::kError;
}

class Response {
 public:
  Response(const Identity& identity, const Asker& asker, std::span<std::uint8_t> out, const Pending& pending,
           Scratch& scratch, snapshot::WorkerCounters& counters)
      : identity_(identity), asker_(asker), out_(out), pending_(pending), scratch_(scratch), counters_(counters) {}

  std::size_t run(const snapshot::Snapshot* snapshot, base::ByteView packet) {
    counters_.add(kTransportCounter[static_cast<std::size_t>(asker_.transport)]);
    counters_.add(Counter::kBytesIn, packet.size());
    if (pending_.parsed == wire::Parsed::kTooShort) return drop(Counter::kDropShort);
    if (pending_.parsed == wire::Parsed::kResponse) return drop(Counter::kDropResponse);
    if (query().edns.present) prepare_opt();
    start();
    return send(decide(snapshot));
  }

 private:
  [[nodiscard]] const wire::Query& query() const { return pending_.query; }
  [[nodiscard]] bool by_tcp() const { return is_tcp(asker_.transport); }
  wire::MessageWriter& writer() { return scratch_.desk.writer; }

  std::size_t drop(Counter why) {
    counters_.add(why);
    return 0;
  }

  // An empty response; the question goes back if it could be read.
  void start() { writer().start(out_, limit(), query().has_question ? query().question : base::ByteView{}); }

  // Largest response without its OPT record: 512 octets by UDP unless EDNS allows more (RFC 6891 section 6.2.3-5).
  std::size_t limit() {
    std::size_t size = wire::kMaxMessage;
    if (!by_tcp()) {
      size = wire::kMinUdpPayload;
      if (query().edns.present) size = std::clamp<std::size_t>(query().edns.payload, size, identity_.udp_payload);
    }
    size = std::min(size, out_.size());
    if (!query().edns.present) return size;
    return size - wire::opt_size(opt_) - wire::kEdeOption;
  }

  // What the OPT record says whatever the answer will be.
  void prepare_opt() {
    const auto& edns = query().edns;
    opt_.payload = identity_.udp_payload;
    opt_.dnssec_ok = edns.dnssec_ok;
    // RFC 5001 section 2.2: only to whom asks for it.
    if (edns.nsid) opt_.nsid = base::as_bytes(identity_.nsid);
    // RFC 7828 section 3.2: only by TCP, and only to whom asks for it.
    if (edns.keepalive && by_tcp()) opt_.keepalive = std::min(identity_.tcp_keepalive, scratch_.tcp_keepalive_most);
    // RFC 7871 section 7.2.1: given back, with the scope of the answer, which is 0 as long as none is found.
    opt_.subnet = edns.subnet;
    if (!edns.cookie.empty() && scratch_.policy != nullptr) prepare_cookie(*scratch_.policy);
  }

  void prepare_cookie(const Policy& policy) {
    cookie_ = answer_cookie(policy.cookie_secrets, query().edns.cookie, asker_.address, scratch_.now.unix_s);
    switch (cookie_.state) {
      case CookieState::kNone: return;
      case CookieState::kNew: counters_.add(Counter::kCookieNew); break;
      case CookieState::kGood: counters_.add(Counter::kCookieGood); break;
      case CookieState::kBad: counters_.add(Counter::kCookieBad); break;
    }
    opt_.cookie = cookie_.octets;
  }

  Verdict decide(const snapshot::Snapshot* snapshot) {
    switch (pending_.parsed) {
      case wire::Parsed::kMalformed: return {Counter::kFormerr, wire::kFormErr};
      case wire::Parsed::kBadOpcode: return {Counter::kNotimp, wire::kNotImp};
      case wire::Parsed::kBadVersion: return {Counter::kBadvers, wire::kBadVers};
      case wire::Parsed::kCookieOnly: return cookie_only();
      default: return query().klass == wire::kClassChaos ? chaos() : look_up(snapshot);
    }
  }

  // RFC 7873 section 5.4: no question, no answer, but a cookie; BADCOOKIE to one of a server that is not good.
  [[nodiscard]] Verdict cookie_only() const {
    if (cookie_.state == CookieState::kNone) return {Counter::kFormerr, wire::kFormErr};
    return {Counter::kCookieOnly, cookie_.state == CookieState::kBad ? wire::kBadCookie : wire::kNoError};
  }

  Verdict chaos() {
    if (!answer_chaos(identity_, query(), writer())) return {};
    return {Counter::kChaos, wire::kNoError, true};
  }

  Verdict look_up(const snapshot::Snapshot* snapshot) {
    const auto type = query().type;
    // Class ANY asks for data of several classes; this server has only one and gives it to those who name it.
    if (query().klass != wire::kClassIn) return {};
    // Transfers are not offered; other meta types are no questions (RFC 6895 section 3.1).
    if (type == wire::kTypeAxfr || type == wire::kTypeIxfr) {
      return {Counter::kRefused, wire::kRefused, false, false, true, wire::kEdeNotSupported};
    }
    if (type == wire::kTypeOpt) return {Counter::kFormerr, wire::kFormErr};
    if (type >= 128 && type < wire::kTypeAny) {
      return {Counter::kNotimp, wire::kNotImp, false, false, true, wire::kEdeNotSupported};
    }
    if (!pending_.looked_up) return {Counter::kServfail, wire::kServFail, false, false, true, wire::kEdeNotReady};

    const auto answer = snapshot::answer(*snapshot, query(), pending_.hash, asker_.address, scratch_.desk);
    if (answer.dynamic) {
      counters_.add(Counter::kDynamic);
      opt_.subnet_scope = answer.scope;
      scratch_.dynamic = &pending_;
    }
    return {counter_of(answer.outcome),
            answer.rcode,
            answer.authoritative,
            answer.truncated,
            answer.has_ede,
            answer.ede,
            answer.source};
  }

  // Counts the response against its client's limit; what is over it is dropped, or slips out small.
  std::size_t send(const Verdict& verdict) {
    const Policy* policy = scratch_.policy.get();
    const bool limited = policy != nullptr && policy->rates != nullptr && !by_tcp() && !asker_.address.empty() &&
                         cookie_.state != CookieState::kGood &&
                         policy->rates->over(kind_of(verdict.rcode), asker_.address, verdict.source, scratch_.now.boot);
    if (!limited) return finish(verdict);
    const auto slip = policy->rates->slip();
    if (slip == 0 || ++scratch_.over_limit % slip != 0) return drop(Counter::kRateDropped);
    counters_.add(Counter::kRateSlipped);
    return finish(slipped(verdict));
  }

  // A response that says: ask again by TCP, or with the cookie that is given here (RFC 7873 section 5.2.3). It is no
  // larger than the query, but for that cookie, so it serves nobody as a weapon; a client whose address another forges
  // still gets through. Errors are as small already.
  Verdict slipped(const Verdict& verdict) {
    if (kind_of(verdict.rcode) == RateKind::kError) return verdict;
    start();
    Verdict out;
    out.outcome = verdict.outcome;
    out.rcode = cookie_.state == CookieState::kNone ? verdict.rcode : wire::kBadCookie;
    out.truncated = cookie_.state == CookieState::kNone;
    return out;
  }

  std::size_t finish(const Verdict& verdict) {
    auto& out = writer();
    if (query().edns.present) {
      counters_.add(Counter::kEdns);
      opt_.rcode = verdict.rcode;
      opt_.has_ede = verdict.has_ede;
      opt_.ede = verdict.ede;
      out.set_limit(out_.size());
      wire::write_opt(out, opt_);
    }
    // RD and CD are copied (RFC 1035 section 4.1.1, RFC 4035 section 3.1.6); CD means nothing under other opcodes.
    const bool is_query = query().opcode() == wire::kOpcodeQuery;
    unsigned flags = wire::kFlagQr;
    flags |= query().flags & (wire::kOpcodeMask | wire::kFlagRd | (is_query ? wire::kFlagCd : 0U));
    if (verdict.authoritative) flags |= wire::kFlagAa;
    if (verdict.truncated) flags |= wire::kFlagTc;
    flags |= verdict.rcode & 0xfU;
    out.finish(query().id, static_cast<std::uint16_t>(flags));
    count(verdict);
    return out.size();
  }

  void count(const Verdict& verdict) {
    counters_.add(verdict.outcome);
    counters_.add_rcode(verdict.rcode);
    if (verdict.truncated) counters_.add(Counter::kTruncated);
    if (verdict.has_ede) {
      if (verdict.ede == wire::kEdeStaleAnswer) counters_.add(Counter::kStale);
      if (verdict.ede == wire::kEdeNotReady) counters_.add(Counter::kNotReady);
    }
    counters_.add(Counter::kBytesOut, writer().size());
  }

  const Identity& identity_;
  const Asker& asker_;
  const std::span<std::uint8_t> out_;
  const Pending& pending_;
  Scratch& scratch_;
  snapshot::WorkerCounters& counters_;
  CookieReply cookie_;
  wire::OptReply opt_;
};

}  // namespace

Moment read_moment() {
  const auto wall = std::chrono::duration_cast<base::seconds>(base::read_wall_clock().time_since_epoch()).count();
  return {base::read_boot_clock(), static_cast<std::uint32_t>(wall)};
}

void read(const snapshot::Snapshot* snapshot, base::ByteView packet, Pending& into) {
  into.parsed = wire::parse_query(packet, into.query);
  into.looked_up = into.parsed == wire::Parsed::kOk && snapshot != nullptr;
  if (into.looked_up) into.hash = snapshot::Prefetch::begin(*snapshot, into.query.name);
}

void prefetch(const snapshot::Snapshot& snapshot, const Pending& pending) {
  if (pending.looked_up) snapshot::Prefetch::follow(snapshot, pending.hash);
}

std::size_t respond(const Identity& identity, const snapshot::Snapshot* snapshot, base::ByteView packet,
                    const Asker& asker, std::span<std::uint8_t> out, const Pending& pending, Scratch& scratch,
                    snapshot::WorkerCounters& counters) {
  return Response(identity, asker, out, pending, scratch, counters).run(snapshot, packet);
}

std::size_t respond(const Identity& identity, const snapshot::Snapshot* snapshot, base::ByteView packet,
                    const Asker& asker, std::span<std::uint8_t> out, Scratch& scratch,
                    snapshot::WorkerCounters& counters) {
  Pending& pending = scratch.pending[0];
  read(snapshot, packet, pending);
  return respond(identity, snapshot, packet, asker, out, pending, scratch, counters);
}

}  // namespace data
