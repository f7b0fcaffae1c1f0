#include "dnsd/data/udp_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

namespace data {

namespace {

constexpr std::size_t kQuerySize = 4096;    // no query is near this; longer ones are answered FORMERR
constexpr std::size_t kAnswerAlign = 64;    // a cache line
constexpr std::size_t kAlwaysWhole = 1232;  // with its headers, what every link carries (RFC 8200 section 5)
// Distance of two queries' buffers: not a multiple of 4096, or all of them would share a few cache sets.
constexpr std::size_t kQueryStride = kQuerySize + 64;
constexpr std::size_t kControlSize = CMSG_SPACE(sizeof(in6_pktinfo));

// Turns what the kernel said about a query's way in into the reply's way out: from the address that was asked
// (ip(7) IP_PKTINFO, RFC 3542 section 6). The interface is left to routing, but for link-local addresses.
void turn_around(msghdr& head) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&head); c != nullptr; c = CMSG_NXTHDR(&head, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      __builtin_memcpy(&info, CMSG_DATA(c), sizeof info);
      info.ipi_ifindex = 0;
      __builtin_memcpy(CMSG_DATA(c), &info, sizeof info);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      __builtin_memcpy(&info, CMSG_DATA(c), sizeof info);
      if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
      __builtin_memcpy(CMSG_DATA(c), &info, sizeof info);
    }
  }
}

// The octets of a peer's address; `peer` holds an IPv4 address as well (sockaddr_in). At a socket of both families a
// client of IPv4 counts as one: as ::ffff:a.b.c.d all of them would share one network's limit.
base::ByteView address_of(const sockaddr_in6& peer) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(&peer);
  if (peer.sin6_family != AF_INET6) return {octets + offsetof(sockaddr_in, sin_addr), 4};
  const base::ByteView whole(octets + offsetof(sockaddr_in6, sin6_addr), 16);
  return IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr) ? whole.last(4) : whole;
}

constexpr std::size_t kTypeAndClass = 4;  // octets behind the name of a question

// TTL of the first record of the answer, whose owner is a pointer to the question; 0: there is none.
std::uint32_t first_ttl(base::ByteView message, std::size_t question) {
  constexpr std::size_t kAnswers = 6;    // where the header has the number of answers
  constexpr std::size_t kBeforeTtl = 6;  // owner, type, class
  const std::size_t at = wire::kHeaderSize + question + kBeforeTtl;
  if (message.size() < at + 4 || (message[kAnswers] | message[kAnswers + 1]) == 0) return 0;
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8U | message[at + i];
  return out;
}

}  // namespace

struct UdpSocket::Buffers {
  struct alignas(cmsghdr) Control {
    std::array<std::uint8_t, kControlSize> bytes;
  };
  std::array<mmsghdr, kBatch> in{};
  std::array<mmsghdr, kBatch> out{};
  std::array<iovec, kBatch> in_part{};
  std::array<iovec, kBatch> out_part{};
  std::array<sockaddr_in6, kBatch> peer{};
  std::array<Control, kBatch> control{};
  std::vector<std::uint8_t> in_bytes = std::vector<std::uint8_t>(kBatch * kQueryStride);
  std::vector<std::uint8_t> out_bytes;
  std::size_t out_used = 0;  // octets of out_bytes that hold answers
  unsigned used = 0;         // heads filled by the last receive
};

UdpSocket::UdpSocket(base::Fd fd, bool v6, bool wildcard, const Identity& identity, snapshot::Publisher::Reader& reader,
                     Scratch& scratch, snapshot::WorkerCounters& counters)
    : fd_(std::move(fd)),
      transport_(v6 ? Transport::kUdp6 : Transport::kUdp4),
      wildcard_(wildcard),
      identity_(identity),
      reader_(reader),
      scratch_(scratch),
      counters_(counters),
      buffers_(std::make_unique<Buffers>()) {
  wait_in_calls();
  let_fragment(transport_ == Transport::kUdp6 || identity.udp_payload > kAlwaysWhole);
  Buffers& b = *buffers_;
  b.out_bytes.resize(kBatch * (identity.udp_payload + kAnswerAlign));
  for (unsigned i = 0; i < kBatch; ++i) {
    b.in_part[i] = {b.in_bytes.data() + i * kQueryStride, kQuerySize};
    b.in[i].msg_hdr.msg_namelen = sizeof b.peer[i];
    b.in[i].msg_hdr.msg_iov = &b.in_part[i];
    b.in[i].msg_hdr.msg_iovlen = 1;
    b.in[i].msg_hdr.msg_name = &b.peer[i];
    if (wildcard) {
      b.in[i].msg_hdr.msg_control = b.control[i].bytes.data();
      b.in[i].msg_hdr.msg_controllen = kControlSize;
    }
    b.out[i].msg_hdr.msg_iov = &b.out_part[i];
    b.out[i].msg_hdr.msg_iovlen = 1;
  }
}

UdpSocket::~UdpSocket() = default;

// No answer of up to 1,232 octets meets a link that is too narrow for it. Larger ones may be fragmented, but no message
// from the network decides when. Packets that are never fragmented need no number, which saves the kernel some work.
// RFC 9715 section 3.1.
void UdpSocket::let_fragment(bool yes) {
  const int how = yes ? IP_PMTUDISC_OMIT : IP_PMTUDISC_PROBE;
  if (transport_ == Transport::kUdp4) setsockopt(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof how);
  fragments_ = yes;
}

// Whether a call waits belongs to the open socket, so another process that shares it may have a say: see serve().
void UdpSocket::wait_in_calls() {
  const int flags = fcntl(fd_.get(), F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) != 0) fcntl(fd_.get(), F_SETFL, flags & ~O_NONBLOCK);
}

std::size_t UdpSocket::serve(PolicySlot& news) {
  const unsigned received = receive(MSG_WAITFORONE);
  if (received > 0) {
    news.take(scratch_.policy);  // now and not before the wait, which may have been long
    send(answer(received));
  } else if (errno == EAGAIN) {
    pollfd wait{fd_.get(), POLLIN, 0};
    poll(&wait, 1, -1);
  }
  return received;
}

std::size_t UdpSocket::drain() {
  std::size_t total = 0;
  for (unsigned i = 0; i < kMaxBatches; ++i) {
    const unsigned received = receive(MSG_DONTWAIT);
    if (received == 0) break;
    total += received;
    send(answer(received));
  }
  return total;
}

unsigned UdpSocket::receive(int flags) {
  Buffers& b = *buffers_;
  // The kernel has changed the heads that it used last time.
  for (unsigned i = 0; i < b.used; ++i) {
    msghdr& head = b.in[i].msg_hdr;
    head.msg_namelen = sizeof b.peer[i];
    if (wildcard_) head.msg_controllen = kControlSize;
  }
  const int n = recvmmsg(fd_.get(), b.in.data(), kBatch, flags, nullptr);
  // Errors here are of single peers (e.g. ICMP), or mean "nothing there" or "a signal came": the caller comes back.
  b.used = n > 0 ? static_cast<unsigned>(n) : 0;
  return b.used;
}

base::ByteView UdpSocket::packet(unsigned i) {
  const Buffers& b = *buffers_;
  const base::ByteView whole{static_cast<const std::uint8_t*>(b.in_part[i].iov_base), b.in[i].msg_len};
  if ((b.in[i].msg_hdr.msg_flags & MSG_TRUNC) == 0) return whole;
  // Longer than any query: its header alone makes it a FORMERR.
  counters_.add(snapshot::Counter::kOversize);
  return whole.first(wire::kHeaderSize);
}

// Writes the answers of a batch; returns how many there are.
unsigned UdpSocket::answer(unsigned received) {
  buffers_->out_used = 0;
  const snapshot::Snapshot* snapshot = reader_.enter();
  unsigned count = 0;
  for (unsigned first = 0; first < received; first += Scratch::kGroup) {
    const auto end = std::min<unsigned>(received, first + Scratch::kGroup);
    count = answer_group(snapshot, first, end, count);
    if (first == 0) note_who_asks(count);
  }
  reader_.leave();
  return count;
}

// Step by step through the group, not query by query: the waits on memory of all queries overlap. The answers stand
// close together behind the `count` before them, so that short ones need few cache lines and pages.
unsigned UdpSocket::answer_group(const snapshot::Snapshot* snapshot, unsigned first, unsigned end, unsigned count) {
  Buffers& b = *buffers_;
  std::array<base::ByteView, Scratch::kGroup> packets;
  bool timed = false;
  for (unsigned i = first; i < end; ++i) {
    Pending& pending = scratch_.pending[i - first];
    packets[i - first] = packet(i);
    read(snapshot, packets[i - first], pending);
    timed = timed || wants_time(pending, scratch_);
  }
  if (timed) scratch_.now = read_moment();
  for (unsigned i = first; snapshot != nullptr && i < end; ++i) prefetch(*snapshot, scratch_.pending[i - first]);
  for (unsigned i = first; i < end; ++i) {
    msghdr& from = b.in[i].msg_hdr;
    std::uint8_t* to = b.out_bytes.data() + b.out_used;
    const std::size_t size = respond(identity_, snapshot, packets[i - first], {transport_, address_of(b.peer[i])},
                                     {to, identity_.udp_payload}, scratch_.pending[i - first], scratch_, counters_);
    if (size == 0) continue;
    b.out_used += (size + kAnswerAlign - 1) / kAnswerAlign * kAnswerAlign;
    b.out_part[count] = {to, size};
    msghdr& head = b.out[count].msg_hdr;
    head.msg_name = from.msg_name;
    head.msg_namelen = from.msg_namelen;
    if (wildcard_) {
      turn_around(from);
      head.msg_control = from.msg_control;
      head.msg_controllen = from.msg_controllen;
    }
    ++count;
  }
  return count;
}

// A sample for people: one query for a dynamic name of each batch, so that each counts while few come, and none costs
// while many do. Of the first group, whose answers are the first `count`.
void UdpSocket::note_who_asks(unsigned count) {
  const Pending* asked = std::exchange(scratch_.dynamic, nullptr);
  if (asked == nullptr) return;
  const Buffers& b = *buffers_;
  const sockaddr_in6& peer = b.peer[static_cast<std::size_t>(asked - scratch_.pending.data())];
  for (unsigned i = 0; i < count; ++i) {
    if (b.out[i].msg_hdr.msg_name != &peer) continue;
    const base::ByteView message(static_cast<const std::uint8_t*>(b.out_part[i].iov_base), b.out_part[i].iov_len);
    const wire::Query& query = asked->query;
    const base::ByteView name = query.question.first(query.question.size() - kTypeAndClass);
    counters_.seen().record(address_of(peer), name, first_ttl(message, query.question.size()));
    return;
  }
}

// sendmmsg stops before an entry that fails and says so only on the next call: that entry is counted and skipped.
void UdpSocket::send(unsigned count) {
  unsigned sent = 0;
  while (sent < count) {
    const int n = sendmmsg(fd_.get(), buffers_->out.data() + sent, count - sent, MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<unsigned>(n);
    } else if (errno == EMSGSIZE && !fragments_) {
      let_fragment(true);  // a local link is narrower than any that the Internet knows
    } else if (errno != EINTR) {
      counters_.add(snapshot::Counter::kSendFailed);
      ++sent;
    }
  }
}

}  // namespace data
