#include "dnsd/data/chaos.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace data {

namespace {

using namespace std::string_view_literals;

// What the text for this name is; empty if there is none.
std::string_view text_for(const Identity& identity, base::ByteView name) {
  const auto asked = base::as_text(name);
  if (asked == "\2id\6server\0"sv || asked == "\10hostname\4bind\0"sv) return identity.id;
  if (asked == "\7version\4bind\0"sv || asked == "\7version\6server\0"sv) return identity.version;
  return {};
}

}  // namespace

bool answer_chaos(const Identity& identity, const wire::Query& query, wire::MessageWriter& out) {
  if (query.type != wire::kTypeTxt && query.type != wire::kTypeAny) return false;
  const auto text = text_for(identity, query.name.suffix(0));
  if (text.empty()) return false;
  std::array<std::uint8_t, 256> rdata;  // one character-string (RFC 1035 section 3.3)
  const auto size = std::min<std::size_t>(text.size(), 255);
  rdata[0] = static_cast<std::uint8_t>(size);
  std::copy_n(text.begin(), size, rdata.begin() + 1);
  if (!out.record(query.name.suffix(0), wire::kTypeTxt, wire::kClassChaos, 0, {rdata.data(), size + 1})) return false;
  out.count(wire::Section::kAnswer);
  return true;
}

}  // namespace data
