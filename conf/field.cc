#include "conf/field.h"

namespace conf {

namespace {

std::string one_of(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

// Milliseconds in the largest unit that divides them: "250ms", "5m".
std::string duration_text(std::int64_t ms) {
  if (ms == 0) return "0s";
  if (ms % 86'400'000 == 0) return std::to_string(ms / 86'400'000) + "d";
  if (ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + "h";
  if (ms % 60'000 == 0) return std::to_string(ms / 60'000) + "m";
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
  return std::to_string(ms) + "ms";
}

// Bytes in the largest unit that divides them: "64MiB".
std::string size_text(std::int64_t bytes) {
  if (bytes % (std::int64_t{1} << 30) == 0) return std::to_string(bytes >> 30) + "GiB";
  if (bytes % (std::int64_t{1} << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  return std::to_string(bytes >> 10) + "KiB";
}

std::string number_text(const Field& field) {
  std::string out = "a whole number" + (field.unit.empty() ? "" : " of " + std::string(field.unit)) + ", " +
                    std::to_string(field.min) + " to " + std::to_string(field.max);
  return field.words.empty() ? out : one_of(field.words) + ", or " + out;
}

std::string mapping_text(const Field& field) {
  std::string keys;
  for (const Field& inner : field.shape->fields) keys += (keys.empty() ? "" : ", ") + std::string(inner.key);
  const std::string out = "a mapping of " + keys;
  return field.words.empty() ? out : out + "; or one of: " + one_of(field.words);
}

std::string single(const Field& field) {
  switch (field.type) {
    case Type::kName: return "a name of letters, digits, '.', '_' and '-', at most 63";
    case Type::kText: return "a text of at most 255 printable ASCII characters";
    case Type::kContent: return "a text of at most 4096 bytes";
    case Type::kDomain: return "a domain name";
    case Type::kNumber: return number_text(field);
    case Type::kSwitch: return "true or false";
    case Type::kDuration:
      return "a whole number with a unit (ms, s, m, h, d), " + duration_text(field.min) + " to " +
             duration_text(field.max);
    case Type::kSize:
      return "a whole number with a unit (KiB, MiB, GiB), " + size_text(field.min) + " to " + size_text(field.max);
    case Type::kIp: return "an IPv4 or IPv6 address";
    case Type::kPrefix: return "ADDRESS/LENGTH, the bits after LENGTH zero, or an address";
    case Type::kListen: return "ADDRESS@PORT (port 0: any free port)";
    case Type::kAddress: return "ADDRESS@PORT";
    case Type::kUrl: return "http://IP[:PORT][/PATH], or https";
    case Type::kPath: return "a path";
    case Type::kVariable: return "${NAME}, a variable of the environment";
    case Type::kChoice: return "one of: " + one_of(field.words);
    case Type::kMapping: return mapping_text(field);
  }
  return "";
}

}  // namespace

std::string allowed(const Field& field) {
  if (field.named)
    return std::string("a mapping from names to: ") + (field.list ? "lists, each item " : "") + single(field);
  if (field.list) return "a list, each item " + single(field);
  return single(field);
}

}  // namespace conf
