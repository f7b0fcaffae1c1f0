// The targets and the floor of looking at many HTTP servers, for tests/bench/measure_monitors.
//
// Usage: http_floor serve PORT                answers every request on every address, until it is ended
//        http_floor probe PORT COUNT SECONDS  looks at COUNT addresses once a second, evenly spread: connect, a GET,
//        the
//                                             answer, close; prints its share of a core
// The addresses are 127.1.x.y.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nfine\n";

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in at(std::uint32_t host, unsigned port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(host);
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Answers whatever comes in one piece, as the requests of both do.
void answer(int epoll, int client) {
  std::array<char, 4096> buffer;
  const auto size = ::recv(client, buffer.data(), buffer.size(), 0);
  if (size > 0) {
    (void)!::send(client, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    return;
  }
  ::epoll_ctl(epoll, EPOLL_CTL_DEL, client, nullptr);
  ::close(client);
}

int serve(unsigned port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto where = at(INADDR_ANY, port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) fail("bind");
  if (::listen(listener, 4096) != 0) fail("listen");
  const int epoll = ::epoll_create1(0);
  const auto watch = [&](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  std::puts("ready");
  std::fflush(stdout);
  std::array<epoll_event, 256> events;
  while (true) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd != listener) {
        answer(epoll, fd);
        continue;
      }
      for (int client; (client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) watch(client);
    }
  }
}

void look(int number, unsigned port) {
  const auto where = at((127U << 24) | (1U << 16) | static_cast<std::uint32_t>(number / 250) << 8 |
                            static_cast<std::uint32_t>(number % 250 + 1),
                        port);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) fail("connect");
  static constexpr std::string_view kRequest = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
  if (::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) fail("send");
  std::array<char, 4096> buffer;
  const auto size = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0 || ::memmem(buffer.data(), static_cast<std::size_t>(size), "fine", 4) == nullptr) fail("recv");
  ::close(fd);
}

int probe(unsigned port, int count, int seconds) {
  const double before = cpu_seconds();
  const auto begin = Clock::now();
  for (int round = 0; round < seconds; ++round) {
    for (int i = 0; i < count; ++i) {
      std::this_thread::sleep_until(begin + std::chrono::seconds(round) +
                                    std::chrono::nanoseconds(1'000'000'000LL * i / count));
      look(i, port);
    }
  }
  std::this_thread::sleep_until(begin + std::chrono::seconds(seconds));
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("%.4f\n", (cpu_seconds() - before) / took.count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 2 ? argv[1] : "";
  const auto number = [&](int i) { return static_cast<int>(std::strtol(argv[i], nullptr, 10)); };
  if (mode == "serve" && argc == 3) return serve(static_cast<unsigned>(number(2)));
  if (mode == "probe" && argc == 5) return probe(static_cast<unsigned>(number(2)), number(3), number(4));
  std::fprintf(stderr, "usage: http_floor serve PORT | probe PORT COUNT SECONDS\n");
  return 2;
}
