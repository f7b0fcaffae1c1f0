// Sets of transactions, for the election restriction and the proof of subset (protocol.md rule 13): does one database
// hold all that another holds? MariaDB: "domain-server-seq" of every pair (@@gtid_binlog_state); MySQL:
// "uuid:1-5:7,uuid:…", from 8.3 also "uuid:1-5:tag:1-3" (@@gtid_executed). Both become intervals per source.
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
// MySQL: heartbeats, likewise; on MariaDB they are of the epoch domain.
inline constexpr std::string_view kBeatSource = "77696465-6970-4000-8000-626561740000";

class GtidSet {
 public:
  // Empty text is the empty set; white space is ignored. Error names the part that is neither form.
  [[nodiscard]] static base::Result<GtidSet> parse(std::string_view text);

  // True if every transaction of `other`, epoch rows apart, is in this set.
  [[nodiscard]] bool contains(const GtidSet& other) const;
  // The transactions of this set, epoch rows apart, that `other` lacks, as text: "0-1-5..7" or "uuid:5-7".
  // Empty if there are none. MariaDB names the last of each server only; where several servers wrote in one domain,
  // what precedes a transaction that both hold is held by both, as numbers only grow within a domain
  // (gtid_strict_mode).
  [[nodiscard]] std::string lacking_in(const GtidSet& other) const;
  // How many those are at most: where several servers wrote in one domain of MariaDB, each is counted by its own
  // numbers.
  [[nodiscard]] std::uint64_t count_lacking_in(const GtidSet& other) const;
  // Below the last transaction of each source of MySQL, what this set lacks, epoch rows apart: "uuid:5-7,uuid:9".
  // MariaDB tells the last of each server only, which leaves no gap to be seen.
  [[nodiscard]] std::string gaps() const;
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
  // Of `intervals` of `source`, what `other` lacks.
  [[nodiscard]] Intervals lacking(const std::string& source, const Intervals& intervals, const GtidSet& other) const;

  std::map<std::string, Intervals, std::less<>> sources_;  // "domain-server", uuid or "uuid:tag"
};

// At most about `limit` bytes of a list, cut between two entries: "a,b, and 7 more".
[[nodiscard]] std::string shortened(const std::string& list, std::size_t limit);

}  // namespace core
