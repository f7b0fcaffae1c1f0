// A cable that delays, loses and doubles: joins two interfaces of one network namespace in place of a bridge.
//
// Usage: slow_wire A B DELAY_MS JITTER_MS LOSS_PERCENT
//
// Each frame that comes in at one interface goes out at the other after DELAY_MS and an even share of JITTER_MS, so
// that frames overtake each other; LOSS_PERCENT of them, at random, never. Ends with its parent.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Frame {
  int to = -1;  // socket
  std::vector<unsigned char> bytes;
};

// A socket for whole frames of `name`, non-blocking; ends the program if there is none.
int open_interface(const char* name) {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_protocol = htons(ETH_P_ALL);
  at.sll_ifindex = static_cast<int>(::if_nametoindex(name));
  if (fd < 0 || at.sll_ifindex == 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) {
    std::perror(name);
    std::exit(2);
  }
  return fd;
}

class Wire {
 public:
  Wire(int one, int other, double delay_ms, double jitter_ms, double loss)
      : ends_{one, other}, delay_ms_(delay_ms), jitter_ms_(jitter_ms), loss_(loss) {}

  [[noreturn]] void run() {
    for (;;) {
      pollfd looked[2] = {{ends_[0], POLLIN, 0}, {ends_[1], POLLIN, 0}};
      ::poll(looked, 2, wait_ms());
      for (int n = 0; n < 2; ++n) read(n);
      send_due();
    }
  }

 private:
  int wait_ms() const {
    if (queue_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(queue_.begin()->first - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
  }

  // Everything that came in at end `n`; not what left there.
  void read(int n) {
    for (;;) {
      unsigned char bytes[65536];
      sockaddr_ll from{};
      socklen_t size = sizeof from;
      const auto got = ::recvfrom(ends_[n], bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) return;
      if (from.sll_pkttype == PACKET_OUTGOING || share_(random_) * 100 < loss_) continue;
      const std::chrono::duration<double, std::milli> late(delay_ms_ + share_(random_) * jitter_ms_);
      queue_.emplace(Clock::now() + std::chrono::duration_cast<Clock::duration>(late),
                     Frame{ends_[1 - n], {bytes, bytes + got}});
    }
  }

  void send_due() {
    while (!queue_.empty() && queue_.begin()->first <= Clock::now()) {
      const Frame& frame = queue_.begin()->second;
      // One that no longer fits (the link is down) is lost, as on any cable.
      [[maybe_unused]] const auto sent = ::send(frame.to, frame.bytes.data(), frame.bytes.size(), 0);
      queue_.erase(queue_.begin());
    }
  }

  int ends_[2];
  double delay_ms_, jitter_ms_, loss_;
  std::multimap<Clock::time_point, Frame> queue_;
  std::mt19937 random_{std::random_device{}()};
  std::uniform_real_distribution<double> share_{0, 1};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: slow_wire A B DELAY_MS JITTER_MS LOSS_PERCENT\n");
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Wire(open_interface(argv[1]), open_interface(argv[2]), std::atof(argv[3]), std::atof(argv[4]), std::atof(argv[5]))
      .run();
}
