// Sites of many pools, for tests/bench/scale: they sign ECV reports and hold requests as sitecheck does (protocol.md
// section 8), without databases behind them, so that what is measured is the server that polls them.
//
//   report_sites POOLS KEYFILE ADDRESS@PORT...
//
// One address a site, site1 first. Pools are p0, p1…; site 1 is ACTIVE in all of them, with counter 1. Commands on
// standard input: "move POOL SITE": from now on that site is the ACTIVE one, with the next counter. Each is answered by
// "moved POOL SITE NANOSECONDS", CLOCK_MONOTONIC right before the first report that says so was sent; "answers" by how
// many reports were given so far. Ends with its standard input.
#include <unistd.h>

#include <charconv>
#include <ctime>
#include <iostream>
#include <list>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/io/http_server.h"
#include "base/uv.h"
#include "ecv/mac.h"
#include "ecv/report.h"

namespace {

constexpr std::int64_t kLeaseMs = 2000;
constexpr base::Duration kLongestHold = base::milliseconds(250);

std::uint64_t number(const io::ServerRequest& request, const char* key) {
  std::uint64_t out = 0;
  const std::string* text = request.argument(key);
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), out);
  return out;
}

struct Held {
  io::ServerRequest request;
  io::Responder responder;
  base::Timer timer;
};

// One pool as one site tells of it.
struct Pool {
  std::string name;
  ecv::Epoch epoch;
  bool active = false;
  std::uint64_t seq = 1;
  std::uint64_t last_change = 1;
  std::list<Held> held;
};

class Site {
 public:
  Site(base::Loop& loop, std::size_t number, std::size_t pools, const ecv::Key& key)
      : loop_(loop), name_("site" + std::to_string(number)), key_(key), pools_(pools) {
    for (std::size_t i = 0; i < pools; ++i) {
      pools_[i].name = "p" + std::to_string(i);
      pools_[i].active = number == 1;
      if (number == 1) pools_[i].epoch = ecv::Epoch::make(1, 1);
    }
  }

  base::Result<void> listen(const base::SocketAddress& address) {
    io::ServerOptions options;
    options.max_connections = 4096;
    auto server = io::HttpServer::listen(
        loop_, address, options,
        [this](const io::ServerRequest& request, io::Responder responder) { ask(request, std::move(responder)); });
    if (!server) return base::fail(server.error().message);
    server_ = *std::move(server);
    return {};
  }

  void claim(std::size_t pool, bool active, ecv::Epoch epoch) {
    Pool& at = pools_[pool];
    at.active = active;
    at.epoch = epoch;
    at.last_change = at.seq;
    auto held = std::move(at.held);
    at.held.clear();
    for (Held& one : held) answer(at, one.request, one.responder);
  }

  [[nodiscard]] std::uint64_t answers() const { return answers_; }

 private:
  // A request that waits for news is held until there is some, or for as long as it asks.
  void ask(const io::ServerRequest& request, io::Responder responder) {
    std::size_t index = pools_.size();
    const std::string prefix = "/ecv/v1/p";
    if (request.path.starts_with(prefix)) {
      std::from_chars(request.path.data() + prefix.size(), request.path.data() + request.path.size(), index);
    }
    if (index >= pools_.size()) return responder.respond({404, "no such pool\n"});
    Pool& pool = pools_[index];
    if (number(request, "wait") <= pool.last_change) return answer(pool, request, responder);
    const auto asked = base::milliseconds(static_cast<std::int64_t>(number(request, "hold")));
    const auto hold = asked > base::Duration::zero() && asked < kLongestHold ? asked : kLongestHold;
    const auto at = pool.held.emplace(pool.held.end(), Held{request, std::move(responder), base::Timer(loop_, [] {})});
    at->timer = base::Timer(loop_, [this, &pool, at] {
      Held done = std::move(*at);
      pool.held.erase(at);
      answer(pool, done.request, done.responder);
    });
    at->timer.start(hold);
  }

  void answer(Pool& pool, const io::ServerRequest& request, io::Responder& responder) {
    ecv::Report report;
    report.pool = pool.name;
    report.site = name_;
    report.instance = "bench";
    report.boot_id = 1;
    report.seq = ++pool.seq;
    report.epoch = report.max_epoch_seen = pool.epoch;
    report.state = pool.active ? ecv::PoolState::kActive : ecv::PoolState::kStandby;
    report.eligible = true;
    report.lease_ms = pool.active ? kLeaseMs : 0;
    report.guard = "process";
    report.arbiter = "checkpoints";
    io::ServerResponse out{pool.active ? 200 : 503, ecv::encode(report), "application/json"};
    const std::string* nonce = request.argument("nonce");
    out.headers.emplace_back("Wideip-MAC",
                             ecv::sign_http(key_, "GET", request.target, nonce == nullptr ? "" : *nonce, out.body));
    ++answers_;
    responder.respond(std::move(out));
  }

  base::Loop& loop_;
  std::string name_;
  const ecv::Key& key_;
  std::vector<Pool> pools_;
  std::unique_ptr<io::HttpServer> server_;
  std::uint64_t answers_ = 0;
};

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class Commands {
 public:
  Commands(base::Loop& loop, std::vector<std::unique_ptr<Site>>& sites, std::size_t pools)
      : loop_(loop), sites_(sites), counters_(pools, 1), input_(loop, STDIN_FILENO, [this](int, int) { read(); }) {
    input_.start(base::Poll::kReadable);
  }

 private:
  void read() {
    char bytes[4096];
    const ssize_t n = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0) return loop_.stop();
    text_.append(bytes, static_cast<std::size_t>(n));
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      obey(text_.substr(0, end));
      text_.erase(0, end + 1);
    }
  }

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::size_t pool = 0;
    std::size_t site = 0;
    words >> verb;
    if (verb == "answers") {
      std::uint64_t sum = 0;
      for (const auto& one : sites_) sum += one->answers();
      std::cout << "answers " << sum << std::endl;
    } else if (verb == "move" && words >> pool >> site && pool < counters_.size() && site >= 1 &&
               site <= sites_.size()) {
      const auto epoch = ecv::Epoch::make(++counters_[pool], static_cast<std::uint8_t>(site));
      const auto at = monotonic_ns();
      for (std::size_t i = 0; i < sites_.size(); ++i) sites_[i]->claim(pool, i + 1 == site, epoch);
      std::cout << "moved " << pool << ' ' << site << ' ' << at << std::endl;
    } else {
      std::cout << "what? " << line << std::endl;
    }
  }

  base::Loop& loop_;
  std::vector<std::unique_ptr<Site>>& sites_;
  std::vector<std::uint64_t> counters_;
  std::string text_;
  base::Poll input_;
};

int fail(const std::string& why) {
  std::cerr << "report_sites: " << why << '\n';
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return fail("usage: report_sites POOLS KEYFILE ADDRESS@PORT...");
  const auto pools = static_cast<std::size_t>(std::stoul(argv[1]));
  const auto text = base::read_file(argv[2], 4096);
  if (!text) return fail(text.error().message);
  const auto secret = ecv::parse_secret(*text);
  if (!secret) return fail(secret.error().message);
  const ecv::Key key{"d1", ecv::Purpose::kDnsd, *secret};
  base::Loop loop;
  std::vector<std::unique_ptr<Site>> sites;
  for (int i = 3; i < argc; ++i) {
    const auto address = base::SocketAddress::parse(argv[i]);
    if (!address) return fail(std::string(argv[i]) + " is no ADDRESS@PORT");
    sites.push_back(std::make_unique<Site>(loop, sites.size() + 1, pools, key));
    if (auto bound = sites.back()->listen(*address); !bound) return fail(bound.error().message);
  }
  const Commands commands(loop, sites, pools);
  std::cout << "ready" << std::endl;
  loop.run();
  return 0;
}
