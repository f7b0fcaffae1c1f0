#include "zones/compile/name_text.h"

#include <string>

#include "base/bytes.h"
#include "base/text.h"

namespace compile {

namespace {

bool is_absolute(std::string_view text) {
  if (!text.ends_with('.')) return false;
  std::size_t escapes = 0;
  for (auto i = text.size() - 1; i > 0 && text[i - 1] == '\\'; --i) ++escapes;
  return escapes % 2 == 0;
}

}  // namespace

base::Result<wire::Name> name_from_text(std::string_view text, const wire::Name& origin) {
  if (text == "@") return origin;
  auto name = wire::Name::parse(text);
  if (!name || is_absolute(text)) return name;
  const auto head = name->wire().first(name->size() - 1);
  base::Bytes whole(head.begin(), head.end());
  whole.insert(whole.end(), origin.wire().begin(), origin.wire().end());
  if (whole.size() <= wire::kMaxName) {
    if (auto full = wire::Name::from_wire(whole)) return *full;
  }
  return base::fail("\"" + base::escape_json(std::string(text)) + "\" with the origin " + origin.to_string() +
                    " exceeds 255 octets");
}

}  // namespace compile
