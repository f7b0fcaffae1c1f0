#include "base/io/paint.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace io {

namespace {

constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kPlain = "\x1b[0m";

struct Word {
  std::string_view word;
  std::string_view colour;
};
// SGR parameters of ECMA-48 section 8.3.117: the eight colours that every terminal has, in its own shades.
constexpr Word kWords[] = {
    {"UP", kGreen},           {"OK", kGreen},       {"ACTIVE", kGreen},       {"WARN", kYellow},
    {"OK_INFO", kYellow},     {"OK_WARN", kYellow}, {"OK_CRITICAL", kYellow}, {"SILENT", kYellow},
    {"UNKNOWN", kYellow},     {"MAINT", kYellow},   {"DRAINING", kYellow},    {"AWAITING_RECOVERY", kYellow},
    {"QUARANTINED", kYellow}, {"DOWN", kRed},       {"FAIL", kRed},           {"CONFLICT", kRed},
    {"FENCED", kRed},         {"FENCING", kRed},    {"FAILED_ONLINE", kRed},  {"FAILED_OFFLINE", kRed}};

bool of_word(char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): the environment is not changed
  return value == nullptr ? "" : value;
}

}  // namespace

bool colours(const std::ostream& out) {
  return &out == &std::cout && variable("NO_COLOR").empty() && variable("TERM") != "dumb" &&
         ::isatty(STDOUT_FILENO) == 1;
}

std::string paint(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && of_word(text[end])) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    const std::string_view word = std::string_view(text).substr(at, end - at);
    const auto* known =
        std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& w) { return w.word == word; });
    if (known == std::end(kWords)) {
      out += word;
    } else {
      out.append(known->colour).append(word).append(kPlain);
    }
    at = end;
  }
  return out;
}

std::string painted(std::string text, const std::ostream& out) { return colours(out) ? paint(text) : text; }

}  // namespace io
