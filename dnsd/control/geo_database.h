// A MaxMind DB file: the country and the continent of each network (maxmind.github.io/MaxMind-DB, format 2).
//
// The file is copied into memory before anything of it is believed: a file that is cut short or overwritten while it is
// read is an error, never a fault of memory. Any thread; may take a second for the largest files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "base/result.h"

namespace control {

class GeoDatabase {
 public:
  // Error: the file cannot be read, changed meanwhile, is no whole MaxMind DB, or is larger than 1 GiB.
  [[nodiscard]] static base::Result<GeoDatabase> open(const std::filesystem::path& file);
  ~GeoDatabase();
  GeoDatabase(GeoDatabase&&) noexcept;
  GeoDatabase& operator=(GeoDatabase&&) noexcept;

  // Calls `visit` once for each network that the file knows a country ("DE") or a continent ("EU") of; the other of
  // them may be empty. Networks do not overlap. What IPv6 says of embedded IPv4 addresses (::/96, 6to4, Teredo) is left
  // out. Error: a tree or data that contradict the format, or a file in which no network has either, as one of another
  // type has.
  using Visit = std::function<void(const base::Prefix& network, std::string_view country, std::string_view continent)>;
  [[nodiscard]] base::Result<void> each(const Visit& visit) const;

  // "GeoLite2-Country, built 2026-11-20".
  [[nodiscard]] std::string description() const;

 private:
  class Walk;
  struct Handle;
  explicit GeoDatabase(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace control
