// Which of many wide-IPs a page shows: those that are searched for, those in trouble first, a page at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/io/http_server.h"
#include "base/result.h"
#include "dnsd/control/engine.h"

namespace control {

struct Listing {
  static constexpr std::size_t kMost = 200;           // wide-IPs of a page
  static constexpr std::size_t kLongestSearch = 253;  // a domain name

  std::string search;  // in lower case; part of a wide-IP's name, or of a member's "site/pool"; empty: all
  std::size_t from = 0;
  std::size_t limit = 50;

  // ?search=TEXT&from=N&limit=N, each optional. Error: what is wrong with one, for people.
  [[nodiscard]] static base::Result<Listing> parse(const io::ServerRequest& request);
};

struct Listed {
  std::vector<std::size_t> indices;  // of Engine::names()
  std::size_t matched = 0;           // wide-IPs that the search finds
  bool operator==(const Listed&) const = default;
};

[[nodiscard]] Listed list(const Engine& engine, const Listing& listing);

// No live claim stands behind the answer, or the claims contradict each other.
[[nodiscard]] bool in_trouble(const Standing& standing);

}  // namespace control
