// One option as a row: what it is called, what it takes, what it means. Loader, fault texts, JSON Schema and manual
// pages all read this row (conf/table.h binds it to a member of a struct).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conf {

enum class Type : std::uint8_t {
  kName,      // an identifier: letters, digits, '.', '_', '-'
  kText,      // printable text
  kContent,   // any text of up to 4096 bytes, line breaks included
  kDomain,    // a DNS name
  kNumber,    // a whole number min..max of `unit`, or one of `words`
  kSwitch,    // true | false
  kDuration,  // a whole number with unit ms, s, m, h or d; min..max in milliseconds
  kSize,      // a whole number with unit KiB, MiB or GiB; min..max in bytes
  kIp,        // an IP address
  kPrefix,    // ADDRESS/LENGTH; a bare address is a prefix of one
  kListen,    // ADDRESS@PORT; port 0 is any free port
  kAddress,   // ADDRESS@PORT
  kUrl,       // http(s)://IP[:PORT][/PATH]
  kPath,      // a path; relative ones start at the file that names them; ${NAME} is expanded
  kVariable,  // ${NAME}: a secret from the environment
  kChoice,    // one of `words`
  kMapping    // the fields of `shape`, or one of `words`
};

struct Shape;

struct Field {
  std::string_view key;
  Type type = Type::kText;
  std::string_view help;  // one or two sentences, for the manual and the schema
  bool required = false;
  bool list = false;                 // a sequence of the type; a single value stands for a sequence of one
  bool named = false;                // a mapping from names to the type, or to lists of it
  bool implied = false;              // kMapping: where it is absent, the defaults of its fields apply
  std::string_view standard{};       // the default, as one would write it; commas separate items of a list
  std::string_view standard_note{};  // what the default is where it depends on other things
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view unit{};
  std::vector<std::string_view> words{};
  const Shape* shape = nullptr;  // kMapping
};

// The fields of one mapping, in the order of the manual.
struct Shape {
  std::string_view name;
  std::vector<Field> fields;
};

// What a field takes, in words: "a whole number of seconds, 0 to 604800", "one of: active_writer".
[[nodiscard]] std::string allowed(const Field& field);

// The shapes of the two files.
[[nodiscard]] const Shape& dnsd_shape();
[[nodiscard]] const Shape& sitecheck_shape();

}  // namespace conf
