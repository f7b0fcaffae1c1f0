#include "dnsd/data/respond.h"

#include <algorithm>

#include "dnsd/data/chaos.h"
#include "zones/snapshot/answer.h"
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
};

class Response {
 public:
  Response(const Identity& identity, Transport transport, std::span<std::uint8_t> out, const Pending& pending,
           wire::MessageWriter& writer, snapshot::WorkerCounters& counters)
      : identity_(identity),
        transport_(transport),
        out_(out),
        pending_(pending),
        writer_(writer),
        counters_(counters) {}

  std::size_t run(const snapshot::Snapshot* snapshot, base::ByteView packet) {
    counters_.add(kTransportCounter[static_cast<std::size_t>(transport_)]);
    counters_.add(Counter::kBytesIn, packet.size());
    switch (pending_.parsed) {
      case wire::Parsed::kTooShort: return drop(Counter::kDropShort);
      case wire::Parsed::kResponse: return drop(Counter::kDropResponse);
      case wire::Parsed::kMalformed: return fault(Counter::kFormerr, wire::kFormErr);
      case wire::Parsed::kBadOpcode: return fault(Counter::kNotimp, wire::kNotImp);
      case wire::Parsed::kBadVersion: return fault(Counter::kBadvers, wire::kBadVers);
      case wire::Parsed::kOk: break;
    }
    writer().start(out_, limit(), query().question);
    return finish(decide(snapshot));
  }

 private:
  [[nodiscard]] const wire::Query& query() const { return pending_.query; }
  wire::MessageWriter& writer() { return writer_; }

  std::size_t drop(Counter why) {
    counters_.add(why);
    return 0;
  }

  // A query that is not looked up: the question goes back if it could be read.
  std::size_t fault(Counter outcome, wire::Rcode rcode) {
    writer().start(out_, limit(), query().has_question ? query().question : base::ByteView{});
    Verdict verdict;
    verdict.outcome = outcome;
    verdict.rcode = rcode;
    return finish(verdict);
  }

  // Largest response without its OPT record: 512 octets by UDP unless EDNS allows more (RFC 6891 section 6.2.3-5).
  std::size_t limit() {
    std::size_t size = wire::kMaxMessage;
    if (!is_tcp(transport_)) {
      size = wire::kMinUdpPayload;
      if (query().edns.present) size = std::clamp<std::size_t>(query().edns.payload, size, identity_.udp_payload);
    }
    size = std::min(size, out_.size());
    if (!query().edns.present) return size;
    wire::OptReply largest = opt(Verdict{});
    largest.has_ede = true;
    return size - wire::opt_size(largest);
  }

  wire::OptReply opt(const Verdict& verdict) {
    wire::OptReply out;
    out.payload = identity_.udp_payload;
    out.dnssec_ok = query().edns.dnssec_ok;
    out.rcode = verdict.rcode;
    // RFC 5001 section 2.2: only to whom asks for it.
    if (query().edns.nsid) out.nsid = base::as_bytes(identity_.nsid);
    out.has_ede = verdict.has_ede;
    out.ede = verdict.ede;
    return out;
  }

  Verdict decide(const snapshot::Snapshot* snapshot) {
    const auto type = query().type;
    Verdict out;
    if (query().klass == wire::kClassChaos) {
      if (!answer_chaos(identity_, query(), writer())) return out;
      out.outcome = Counter::kChaos;
      out.rcode = wire::kNoError;
      out.authoritative = true;
      return out;
    }
    // Class ANY asks for data of several classes; this server has only one and gives it to those who name it.
    if (query().klass != wire::kClassIn) return out;
    // Transfers are not offered; other meta types are no questions (RFC 6895 section 3.1).
    if (type == wire::kTypeAxfr || type == wire::kTypeIxfr) return out;
    if (type == wire::kTypeOpt) return {Counter::kFormerr, wire::kFormErr};
    if (type >= 128 && type < wire::kTypeAny) return {Counter::kNotimp, wire::kNotImp};
    if (!pending_.looked_up) return {Counter::kServfail, wire::kServFail, false, false, true, wire::kEdeNotReady};

    const auto answer = snapshot::answer(*snapshot, query().name, pending_.hash, type, writer());
    if (answer.dynamic) counters_.add(Counter::kDynamic);
    return {counter_of(answer.outcome), answer.rcode,   answer.authoritative,
            answer.truncated,           answer.has_ede, answer.ede};
  }

  std::size_t finish(const Verdict& verdict) {
    auto& out = writer();
    if (query().edns.present) {
      counters_.add(Counter::kEdns);
      out.set_limit(out_.size());
      wire::write_opt(out, opt(verdict));
    }
    // RD and CD are copied (RFC 1035 section 4.1.1, RFC 4035 section 3.1.6); CD means nothing under other opcodes.
    const bool is_query = query().opcode() == wire::kOpcodeQuery;
    unsigned flags = wire::kFlagQr;
    flags |= query().flags & (wire::kOpcodeMask | wire::kFlagRd | (is_query ? wire::kFlagCd : 0U));
    if (verdict.authoritative) flags |= wire::kFlagAa;
    if (verdict.truncated) flags |= wire::kFlagTc;
    flags |= verdict.rcode & 0xfU;
    out.finish(query().id, static_cast<std::uint16_t>(flags));

    counters_.add(verdict.outcome);
    counters_.add_rcode(verdict.rcode);
    if (verdict.truncated) counters_.add(Counter::kTruncated);
    if (verdict.has_ede && verdict.ede == wire::kEdeStaleAnswer) counters_.add(Counter::kStale);
    if (verdict.has_ede && verdict.ede == wire::kEdeNotReady) counters_.add(Counter::kNotReady);
    counters_.add(Counter::kBytesOut, out.size());
    return out.size();
  }

  const Identity& identity_;
  const Transport transport_;
  const std::span<std::uint8_t> out_;
  const Pending& pending_;
  wire::MessageWriter& writer_;
  snapshot::WorkerCounters& counters_;
};

}  // namespace

void read(const snapshot::Snapshot* snapshot, base::ByteView packet, Pending& into) {
  into.parsed = wire::parse_query(packet, into.query);
  into.looked_up = into.parsed == wire::Parsed::kOk && snapshot != nullptr;
  if (into.looked_up) into.hash = snapshot::Prefetch::begin(*snapshot, into.query.name);
}

void prefetch(const snapshot::Snapshot& snapshot, const Pending& pending) {
  if (pending.looked_up) snapshot::Prefetch::follow(snapshot, pending.hash);
}

std::size_t respond(const Identity& identity, const snapshot::Snapshot* snapshot, base::ByteView packet,
                    Transport transport, std::span<std::uint8_t> out, const Pending& pending,
                    wire::MessageWriter& writer, snapshot::WorkerCounters& counters) {
  return Response(identity, transport, out, pending, writer, counters).run(snapshot, packet);
}

std::size_t respond(const Identity& identity, const snapshot::Snapshot* snapshot, base::ByteView packet,
                    Transport transport, std::span<std::uint8_t> out, Scratch& scratch,
                    snapshot::WorkerCounters& counters) {
  Pending& pending = scratch.pending[0];
  read(snapshot, packet, pending);
  return respond(identity, snapshot, packet, transport, out, pending, scratch.writer, counters);
}

}  // namespace data
