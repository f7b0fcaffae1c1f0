#include "dnsd/control/listing.h"

#include <algorithm>
#include <charconv>

#include "base/io/url.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

// False: there is one, and it is no number up to `most`.
bool read_number(const std::string* word, std::size_t most, std::size_t& into) {
  if (word == nullptr) return true;
  const char* end = word->data() + word->size();
  std::size_t number = 0;
  const auto [stopped, fault] = std::from_chars(word->data(), end, number);
  if (fault != std::errc() || stopped != end || word->empty() || number > most) return false;
  into = number;
  return true;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What a search finds by its members: the same for all names of a standing.
bool members_match(const Standing& standing, const std::string& search) {
  const auto& members = standing.config.members;
  return std::any_of(members.begin(), members.end(), [&](const decide::Member& member) {
    return contains(io::lower_case(decide::member_text(member.id)), search);
  });
}

}  // namespace

base::Result<Listing> Listing::parse(const io::ServerRequest& request) {
  Listing out;
  if (const auto* search = request.argument("search")) {
    if (search->size() > kLongestSearch) return base::fail("search: longer than any name");
    out.search = io::lower_case(*search);
  }
  if (!read_number(request.argument("from"), std::size_t{1} << 30U, out.from)) {
    return base::fail("from: allowed: a whole number, the place of the first wide-IP");
  }
  if (!read_number(request.argument("limit"), kMost, out.limit) || out.limit == 0) {
    return base::fail("limit: allowed: 1 to " + std::to_string(kMost));
  }
  return out;
}

bool in_trouble(const Standing& standing) { return !standing.decision.accepted() || standing.decision.alarm(); }

Listed list(const Engine& engine, const Listing& listing) {
  const auto& standings = engine.standings();
  std::vector<bool> by_members(standings.size(), listing.search.empty());
  std::vector<bool> troubled(standings.size());
  for (std::size_t i = 0; i < standings.size(); ++i) {
    by_members[i] = by_members[i] || members_match(standings[i], listing.search);
    troubled[i] = in_trouble(standings[i]);
  }
  std::vector<std::size_t> found;
  std::vector<std::size_t> calm;
  const auto& names = engine.names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!by_members[names[i].standing] && !contains(names[i].name, listing.search)) continue;
    (troubled[names[i].standing] ? found : calm).push_back(i);
  }
  found.insert(found.end(), calm.begin(), calm.end());
  Listed out{{}, found.size()};
  const std::size_t first = std::min(listing.from, found.size());
  const std::size_t last = std::min(first + listing.limit, found.size());
  out.indices.assign(found.begin() + static_cast<std::ptrdiff_t>(first),
                     found.begin() + static_cast<std::ptrdiff_t>(last));
  return out;
}

}  // namespace control
