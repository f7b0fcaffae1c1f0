#include "sitecheck/io/packet_filter.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "sitecheck/io/child.h"

namespace sitecheck {

namespace {

constexpr auto kNftLimit = base::seconds(1);
// The kernel counts element timeouts in ticks of up to 10 ms.
constexpr std::int64_t kKernelTickMs = 10;
constexpr const char* kPermitSet = "permit";

// Netlink messages, one after the other in one buffer (include/uapi/linux/netlink.h): integers of the headers in host
// order, those of nf_tables' attributes big-endian.
class NetlinkBatch {
 public:
  void begin(std::uint16_t type, std::uint16_t flags, std::uint32_t seq, std::uint8_t family, std::uint16_t resource) {
    message_ = bytes_.size();
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    header.nlmsg_seq = seq;
    put(&header, sizeof header);
    const std::array<std::uint8_t, 4> general = {family, NFNETLINK_V0, static_cast<std::uint8_t>(resource >> 8U),
                                                 static_cast<std::uint8_t>(resource)};
    put(general.data(), general.size());
  }
  void end() { patch(message_, static_cast<std::uint32_t>(bytes_.size() - message_)); }

  void attribute(std::uint16_t type, base::ByteView content) {
    const auto at = open(type);
    put(content.data(), content.size());
    close(at);
  }
  void text(std::uint16_t type, const std::string& value) {
    attribute(type, {reinterpret_cast<const std::uint8_t*>(value.c_str()), value.size() + 1});
  }
  void u64(std::uint16_t type, std::uint64_t value) {
    base::ByteWriter w;
    w.u64(value);
    attribute(type, w.data());
  }
  std::size_t nest(std::uint16_t type) { return open(static_cast<std::uint16_t>(type | NLA_F_NESTED)); }
  // The length, without the padding that follows.
  void close(std::size_t at) {
    const auto size = static_cast<std::uint16_t>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at, &size, sizeof size);
    bytes_.resize((bytes_.size() + 3) & ~std::size_t{3});
  }
  [[nodiscard]] const base::Bytes& bytes() const { return bytes_; }

 private:
  std::size_t open(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    const nlattr header{0, type};
    put(&header, sizeof header);
    return at;
  }
  void put(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }
  void patch(std::size_t at, std::uint32_t value) { std::memcpy(bytes_.data() + at, &value, sizeof value); }

  base::Bytes bytes_;
  std::size_t message_ = 0;
};

constexpr std::uint16_t nft_message(std::uint16_t type) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8U | type);
}

base::Result<base::Fd> open_netlink() {
  base::Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd) return base::fail(std::string("netlink: ") + std::strerror(errno));
  return fd;
}

// Sends, and reads what the kernel answers: it has handled the request when send() returns. `on_message` sees every
// message that is no acknowledgement. Error: the first refusal, or fewer acknowledgements than `wanted`.
template <typename OnMessage>
base::Result<void> exchange(int fd, const base::Bytes& request, std::uint32_t first_seq, int wanted,
                            OnMessage on_message) {
  alignas(nlmsghdr) std::array<std::uint8_t, 8192> in{};
  while (::recv(fd, in.data(), in.size(), MSG_DONTWAIT) > 0) {  // left over from an exchange that failed
  }
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(fd, request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) !=
      static_cast<ssize_t>(request.size())) {
    return base::fail(std::string("netlink: ") + std::strerror(errno));
  }
  int acknowledged = 0;
  while (acknowledged < wanted) {
    const ssize_t n = ::recv(fd, in.data(), in.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return base::fail("netlink: no answer");
    auto left = static_cast<unsigned>(n);
    for (auto* m = reinterpret_cast<nlmsghdr*>(in.data()); NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
      if (m->nlmsg_seq < first_seq) continue;
      if (m->nlmsg_type != NLMSG_ERROR) {
        on_message(*m);
        continue;
      }
      const int code = static_cast<const nlmsgerr*>(NLMSG_DATA(m))->error;
      if (code != 0) return base::fail(std::string("nftables: ") + std::strerror(-code));
      ++acknowledged;
    }
  }
  return {};
}

// NFTA_TABLE_HANDLE of an answer to NFT_MSG_GETTABLE; 0 if it has none.
std::uint64_t handle_of(const nlmsghdr& m) {
  const auto* at = static_cast<const std::uint8_t*>(NLMSG_DATA(&m)) + sizeof(nfgenmsg);
  const auto* end = reinterpret_cast<const std::uint8_t*>(&m) + m.nlmsg_len;
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(nlattr))) {
    nlattr a{};
    std::memcpy(&a, at, sizeof a);
    if (a.nla_len < sizeof a || a.nla_len > end - at) return 0;
    if ((a.nla_type & NLA_TYPE_MASK) == NFTA_TABLE_HANDLE) {
      return base::ByteReader({at + sizeof a, a.nla_len - sizeof a}).u64();
    }
    at += std::min<std::ptrdiff_t>((a.nla_len + 3) & ~3, end - at);
  }
  return 0;
}

base::Result<std::uint64_t> table_handle(int fd, std::uint32_t seq, const std::string& table) {
  NetlinkBatch batch;
  batch.begin(nft_message(NFT_MSG_GETTABLE), NLM_F_ACK, seq, NFPROTO_INET, 0);
  batch.text(NFTA_TABLE_NAME, table);
  batch.end();
  std::uint64_t handle = 0;
  const auto asked = exchange(fd, batch.bytes(), seq, 1, [&](const nlmsghdr& m) { handle = handle_of(m); });
  if (!asked) return base::fail(asked.error().message);
  return handle;
}

}  // namespace

PacketFilter::PacketFilter(FilterOptions options, base::Fd netlink)
    : options_(std::move(options)), netlink_(std::move(netlink)) {}

base::Result<PacketFilter> PacketFilter::load(FilterOptions options, base::Instant deadline) {
  auto netlink = open_netlink();
  if (!netlink) return base::fail(netlink.error().message);
  PacketFilter out(std::move(options), std::move(*netlink));
  const auto left = std::max(deadline - base::read_boot_clock() - base::milliseconds(kKernelTickMs),
                             base::Duration(base::Duration::zero()));
  const auto made = run_child({"nft", "-f", "-"}, filter_ruleset(out.options_, left), kNftLimit);
  if (!made) return base::fail(made.error().message);
  if (const auto opened = out.open_until(deadline); !opened) return base::fail(opened.error().message);
  const auto handle = table_handle(out.netlink_.get(), ++out.seq_, filter_table(out.options_.pool));
  if (!handle) return base::fail(handle.error().message);
  out.handle_ = *handle;
  return out;
}

base::Result<void> PacketFilter::remove(const std::string& pool) {
  const std::string table = "table inet " + filter_table(pool);
  return run_child({"nft", "-f", "-"}, table + " {}\ndelete " + table + "\n", kNftLimit);
}

base::Result<void> PacketFilter::open_until(base::Instant deadline) {
  // What lies between reading the clock and the kernel's deed would lengthen the permit. So the element ends a margin
  // early, and is set again with a wider one if the clock shows afterwards that the margin was too small.
  std::int64_t margin_ms = 5;
  for (int tries = 0; tries < 5; ++tries) {
    const auto before = base::read_boot_clock();
    const auto timeout = base::to_ms(deadline - before) - margin_ms - kKernelTickMs;
    if (timeout <= 0) return close();
    if (const auto done = renew(timeout); !done) return done;
    const auto took = base::to_ms(base::read_boot_clock() - before) + 1;
    if (took <= margin_ms) return {};
    margin_ms = 2 * took;
  }
  const auto closed = close();
  return closed ? base::fail("nftables: the kernel is too slow to hold a deadline") : closed;
}

base::Result<void> PacketFilter::close() { return renew(0); }

// Deleting all elements of the set succeeds with none there, too; both in one transaction, so that no packet meets a
// gap.
base::Result<void> PacketFilter::renew(std::int64_t timeout_ms) {
  const std::string table = filter_table(options_.pool);
  const std::uint32_t first = seq_ + 1;
  NetlinkBatch batch;
  batch.begin(NFNL_MSG_BATCH_BEGIN, 0, ++seq_, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  batch.end();
  batch.begin(nft_message(NFT_MSG_DELSETELEM), NLM_F_ACK, ++seq_, NFPROTO_INET, 0);
  batch.text(NFTA_SET_ELEM_LIST_TABLE, table);
  batch.text(NFTA_SET_ELEM_LIST_SET, kPermitSet);
  batch.end();
  if (timeout_ms > 0) {
    batch.begin(nft_message(NFT_MSG_NEWSETELEM), NLM_F_ACK | NLM_F_CREATE, ++seq_, NFPROTO_INET, 0);
    batch.text(NFTA_SET_ELEM_LIST_TABLE, table);
    batch.text(NFTA_SET_ELEM_LIST_SET, kPermitSet);
    const auto list = batch.nest(NFTA_SET_ELEM_LIST_ELEMENTS);
    const auto element = batch.nest(NFTA_LIST_ELEM);
    const auto key = batch.nest(NFTA_SET_ELEM_KEY);
    const std::array<std::uint8_t, 1> tcp = {IPPROTO_TCP};
    batch.attribute(NFTA_DATA_VALUE, tcp);
    batch.close(key);
    batch.u64(NFTA_SET_ELEM_TIMEOUT, static_cast<std::uint64_t>(timeout_ms));
    batch.close(element);
    batch.close(list);
    batch.end();
  }
  batch.begin(NFNL_MSG_BATCH_END, 0, ++seq_, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  batch.end();
  return exchange(netlink_.get(), batch.bytes(), first, timeout_ms > 0 ? 2 : 1, [](const nlmsghdr&) {});
}

base::Result<void> PacketFilter::look() {
  const auto handle = table_handle(netlink_.get(), ++seq_, filter_table(options_.pool));
  if (!handle) return base::fail("the table " + filter_table(options_.pool) + " is gone: " + handle.error().message);
  if (*handle != handle_) return base::fail("another table stands in place of " + filter_table(options_.pool));
  return {};
}

bool PacketFilter::allows(const base::IpAddress& address) const {
  return std::any_of(options_.allow.begin(), options_.allow.end(),
                     [&](const base::Prefix& p) { return p.contains(address); });
}

}  // namespace sitecheck
