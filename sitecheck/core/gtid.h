// Sets of transactions, for the election restriction and the proof of subset (protocol.md rule 13): does one database
// hold all that another holds? MariaDB: "domain-server-seq" of every pair (@@gtid_binlog_state); MySQL:
// "uuid:1-5:7,uuid:…" (@@gtid_executed). Both become intervals per source.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace core {

// Epoch rows and logged write probes are written in this MariaDB GTID domain ("wide" in ASCII), or, on MySQL, with
// this source uuid: they do not count as data.
inline constexpr std::uint32_t kEpochDomain = 0x77696465;
inline constexpr std::string_view kEpochSource = "77696465-6970-4000-8000-000000000000";

class GtidSet {
 public:
  // Empty text is the empty set; white space is ignored. Error names the part that is neither form.
  [[nodiscard]] static base::Result<GtidSet> parse(std::string_view text);

  // True if every transaction of `other`, epoch rows apart, is in this set.
  [[nodiscard]] bool contains(const GtidSet& other) const;
  // The transactions of this set, epoch rows apart, that `other` lacks, as text: "0-1-5..7" or "uuid:5-7".
  // Empty if there are none.
  [[nodiscard]] std::string lacking_in(const GtidSet& other) const;
  // How many those are.
  [[nodiscard]] std::uint64_t count_lacking_in(const GtidSet& other) const;
  [[nodiscard]] bool empty() const { return sources_.empty(); }
  // All that either holds.
  void merge(const GtidSet& other);

 private:
  struct Interval {
    std::uint64_t first;
    std::uint64_t last;
  };
  using Intervals = std::vector<Interval>;  // sorted, apart
  static void normalize(Intervals& intervals);
  static Intervals subtract(const Intervals& a, const Intervals& b);

  std::map<std::string, Intervals, std::less<>> sources_;  // "domain-server" or uuid
};

}  // namespace core
