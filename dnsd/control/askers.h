// Who asks for dynamic names, and until when they keep what they were told: a bounded table made of the samples of the
// data plane. Reads no clock. On the control loop's thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "zones/snapshot/seen_queries.h"

namespace control {

struct Asker {
  base::IpAddress client;
  std::string name;       // lower case, without the final dot
  base::Instant asked;    // to a second, and not before it was
  base::Instant expires;  // when the answers that it was given have left its cache, if it keeps to the TTL
};

class Askers {
 public:
  static constexpr std::size_t kKept = 512;
  static constexpr std::size_t kShown = 50;

  // What was seen in the last second. Of more than kKept those who asked longest ago are forgotten.
  void take(const std::vector<snapshot::SeenQuery>& seen, base::Instant now);
  // Those who asked last come first; at most kShown.
  [[nodiscard]] std::vector<Asker> newest() const;

 private:
  std::map<std::pair<base::IpAddress, std::string>, Asker> known_;
};

}  // namespace control
