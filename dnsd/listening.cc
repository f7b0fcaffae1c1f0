#include "dnsd/listening.h"

#include <algorithm>

#include "base/log.h"
#include "dnsd/data/sockets.h"

namespace dnsd {

namespace {

// An IPv6 address that is new may be bound only once no neighbour has claimed it (RFC 4862 section 5.4), and the kernel
// gives no notice of that to who may not bind yet.
constexpr base::Duration kRetry = base::seconds(1);

}  // namespace

Listening::Listening(base::Loop& loop, data::Server& server) : server_(server), retry_(loop, [this] { look(); }) {
  auto watch = io::AddressWatch::open(loop, [this] { look(); });
  if (watch) {
    addresses_ = *std::move(watch);
  } else {
    base::log(base::Level::kWarn, "listen.unwatched", watch.error().message);
  }
  look();
}

void Listening::look() {
  bind();
  tell();
  if (server_.missing().empty()) return retry_.stop();
  retry_.start(kRetry);
}

void Listening::bind() {
  const auto bound = server_.bind_missing();
  if (!bound) {
    base::log(base::Level::kError, "listen.refused", "an address that has appeared cannot be bound",
              {{"why", bound.error().message}});
    return;
  }
  for (const auto& address : *bound) {
    base::log(base::Level::kInfo, "listen.bound", "the address has appeared and is served from now on",
              {{"address", address.to_string()}});
    absent_.erase(address);
  }
}

void Listening::tell() {
  const auto& missing = server_.missing();
  for (const auto& address : server_.addresses()) {
    if (data::is_present(address.ip)) {
      if (absent_.erase(address) == 0) continue;
      base::log(base::Level::kInfo, "listen.present", "the address has appeared: queries reach this server there",
                {{"address", address.to_string()}});
    } else if (absent_.insert(address).second) {
      const bool waits = std::find(missing.begin(), missing.end(), address) != missing.end();
      base::log(base::Level::kWarn, "listen.absent",
                waits ? "no interface has the address: it is bound as soon as one has it"
                      : "no interface has the address: it is bound, but no query can arrive until one has it",
                {{"address", address.to_string()}});
    }
  }
}

}  // namespace dnsd
