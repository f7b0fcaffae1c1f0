// Asks a name server at a steady rate and says how long the answers took.
// usage: dns_load ADDRESS@PORT FILE RATE SECONDS        FILE: one name a line, asked for A in turn
// Prints {"sent":…,"answered":…,"p50_us":…,"p90_us":…,"p99_us":…,"p999_us":…,"max_us":…}.
//
// A latency runs from right before the query is sent to the moment at which the kernel got the answer: how soon this
// program is woken to read it does not count. A query whose time has passed is sent at once and the next a whole
// interval later, so a late wake-up makes no burst.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/ip.h"
#include "zones/wire/name.h"
#include "zones/wire/types.h"

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::int64_t ns_of(const timespec& t) { return std::int64_t{t.tv_sec} * kSecondNs + t.tv_nsec; }
std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return ns_of(now);
}
void sleep_until(std::int64_t ns) {
  const timespec to{ns / kSecondNs, ns % kSecondNs};
  while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &to, nullptr) == EINTR) {
  }
}

std::vector<base::Bytes> read_queries(const char* file) {
  std::vector<base::Bytes> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto name = wire::Name::parse(line);
    if (!name) continue;
    base::ByteWriter packet;
    for (const bool one : {false, false, true, false, false, false}) packet.u16(one ? 1 : 0);  // one question
    packet.bytes(name->wire());
    packet.u16(wire::kTypeA);
    packet.u16(wire::kClassIn);
    out.push_back(packet.take());
  }
  return out;
}

class Load {
 public:
  explicit Load(base::Fd fd) : fd_(std::move(fd)) {}

  void run(std::vector<base::Bytes>& queries, std::int64_t interval_ns, std::int64_t count) {
    auto next = now_ns();
    for (std::int64_t i = 0; i < count; ++i) {
      sleep_until(next);
      ask(queries[static_cast<std::size_t>(i) % queries.size()]);
      receive();
      next = std::max(next + interval_ns, now_ns());
    }
    const auto end = now_ns() + kSecondNs;
    while (answered() < sent_ && now_ns() < end) {
      sleep_until(now_ns() + kSecondNs / 1000);
      receive();
    }
  }

  void report() {
    std::sort(took_us_.begin(), took_us_.end());
    const auto quantile = [this](double share) {
      return took_us_.empty() ? 0.0 : took_us_[static_cast<std::size_t>(share * static_cast<double>(answered() - 1))];
    };
    std::printf(
        "{\"sent\":%zu,\"answered\":%zu,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,"
        "\"max_us\":%.1f}\n",
        sent_, answered(), quantile(.5), quantile(.9), quantile(.99), quantile(.999), quantile(1));
  }

 private:
  [[nodiscard]] std::size_t answered() const { return took_us_.size(); }

  void ask(base::Bytes& packet) {
    const auto id = static_cast<std::uint16_t>(sent_++);
    packet[0] = static_cast<std::uint8_t>(id >> 8);
    packet[1] = static_cast<std::uint8_t>(id);
    asked_ns_[id] = now_ns();
    if (send(fd_.get(), packet.data(), packet.size(), 0) < 0) asked_ns_[id] = 0;
  }

  void receive() {
    std::array<std::uint8_t, 2048> bytes;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(timespec))> control;
    for (;;) {
      iovec part{bytes.data(), bytes.size()};
      msghdr head{};
      head.msg_iov = &part;
      head.msg_iovlen = 1;
      head.msg_control = control.data();
      head.msg_controllen = control.size();
      const auto size = recvmsg(fd_.get(), &head, MSG_DONTWAIT);
      if (size < static_cast<ssize_t>(wire::kHeaderSize)) return;
      auto& asked = asked_ns_[static_cast<std::size_t>(bytes[0] << 8 | bytes[1])];
      const cmsghdr* stamp = CMSG_FIRSTHDR(&head);
      if (asked == 0 || stamp == nullptr || stamp->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec at{};
      std::memcpy(&at, CMSG_DATA(stamp), sizeof at);
      took_us_.push_back(static_cast<double>(ns_of(at) - asked) / 1000);
      asked = 0;
    }
  }

  base::Fd fd_;
  std::size_t sent_ = 0;
  std::vector<double> took_us_;
  std::array<std::int64_t, 65536> asked_ns_{};  // by id; 0: not waited for
};

int run(const char* server, const char* file, double rate, double seconds) {
  const auto address = base::SocketAddress::parse(server);
  auto queries = read_queries(file);
  if (!address || queries.empty() || rate <= 0) return 2;
  base::Fd fd(socket(address->ip.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  sockaddr_storage at{};
  const auto size = address->to_sockaddr(at);
  if (!fd || setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) != 0 ||
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), size) != 0) {
    std::perror(server);
    return 1;
  }
  const auto load = std::make_unique<Load>(std::move(fd));
  load->run(queries, static_cast<std::int64_t>(static_cast<double>(kSecondNs) / rate),
            static_cast<std::int64_t>(rate * seconds));
  load->report();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int status = argc == 5 ? run(argv[1], argv[2], std::atof(argv[3]), std::atof(argv[4])) : 2;
  if (status == 2) std::fprintf(stderr, "usage: dns_load ADDRESS@PORT FILE RATE SECONDS\n");
  return status;
}
