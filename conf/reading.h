// One load in progress: where faults go, and the readers of single values. Each reader reports what it found and what
// the field allows, at the value's place, and returns false; it leaves `out` as it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "conf/document.h"
#include "conf/fault.h"
#include "conf/field.h"
#include "conf/load.h"

namespace conf {

struct Reading {
  const Outside& outside;
  std::vector<Fault> faults;
  std::vector<Fault> warnings;

  void fault(const Mark& at, std::string message) { faults.push_back({at, std::move(message)}); }
  void warn(const Mark& at, std::string message) { warnings.push_back({at, std::move(message)}); }
};

// "found …; allowed: …" at the value.
void mismatch(Reading& reading, const Field& field, const Value& value);
// What stands there, for fault texts: `"text"`, `nothing`, `a list`, `a mapping`.
[[nodiscard]] std::string found(const Value& value);
// The candidate that was probably meant by `word`, if one is near enough.
[[nodiscard]] std::optional<std::string> nearest_key(std::string_view word,
                                                     const std::vector<std::string_view>& candidates);
// ` (did you mean "x"?)` if a word is near enough, else "".
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

bool read(Reading& reading, const Field& field, const Value& value, std::string& out);
bool read(Reading& reading, const Field& field, const Value& value, std::int64_t& out);
bool read(Reading& reading, const Field& field, const Value& value, bool& out);
bool read(Reading& reading, const Field& field, const Value& value, base::Duration& out);
bool read(Reading& reading, const Field& field, const Value& value, base::IpAddress& out);
bool read(Reading& reading, const Field& field, const Value& value, base::SocketAddress& out);
bool read(Reading& reading, const Field& field, const Value& value, base::Prefix& out);
bool read(Reading& reading, const Field& field, const Value& value, std::filesystem::path& out);
// kSize: in bytes.
bool read_size(Reading& reading, const Field& field, const Value& value, std::uint64_t& out);
// kChoice and the words of others: the index of the word.
bool read_word(Reading& reading, const Field& field, const Value& value, std::size_t& out);

// The content of a secret file, without white space around it. A file that users beside owner and group can read is a
// warning. Faults never show content.
std::optional<std::string> read_secret_file(Reading& reading, const Field& field, const Value& value,
                                            std::filesystem::path& path);

}  // namespace conf
