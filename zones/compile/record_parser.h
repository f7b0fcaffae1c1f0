// From entries of a master file to records: directives, owner, TTL, class, type, data. Keeps what one entry leaves to
// the next: origin, default TTL, owner.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "conf/fault.h"
#include "zones/compile/master_reader.h"
#include "zones/wire/name.h"

namespace compile {

struct Record {
  wire::Name owner;
  wire::Type type = 0;
  std::uint32_t ttl_s = 0;
  base::Bytes rdata;
  std::uint16_t file = 0;  // of ZoneData::files
  int line = 0;
  int column = 0;  // of the owner, or of what stands first
};

enum class Directive : std::uint8_t { kNone, kOrigin, kTtl, kInclude, kGenerate, kUnknown };
[[nodiscard]] Directive directive_of(const Entry& entry);

// $INCLUDE file [origin] (RFC 1035 section 5.1).
struct Include {
  std::string file;  // as written, without quotes
  std::optional<wire::Name> origin;
};

class RecordParser {
 public:
  RecordParser(std::string file, const wire::Name& origin);

  // What holds within one file: an included file begins with its includer's, and leaves nothing behind (RFC 1035
  // section 5.1: the origin; the field does so with owner and TTLs too).
  struct Scope {
    std::string file;
    std::uint16_t index = 0;
    wire::Name origin;
    std::optional<wire::Name> owner = {};
    bool owner_lost = false;
    std::optional<std::uint32_t> default_ttl = {};
    std::optional<std::uint32_t> last_ttl = {};
  };
  // What follows is of another file; gives what leave() wants.
  [[nodiscard]] Scope enter(std::string file, std::uint16_t index, const std::optional<wire::Name>& origin);
  void leave(Scope before) { scope_ = std::move(before); }

  // The words of an $INCLUDE; nothing, and a fault, if they are not as they should be.
  [[nodiscard]] std::optional<Include> parse_include(const Entry& entry, std::vector<conf::Fault>& faults);
  // A directive was not followed: what it would have given is not known.
  void records_lost() { lost_any_ = true; }

  // The record of an entry; nothing for directives and for entries with a fault, which goes to `faults`. A record may
  // come with a warning.
  [[nodiscard]] std::optional<Record> parse(const Entry& entry, std::vector<conf::Fault>& faults,
                                            std::vector<conf::Fault>& warnings);
  // An entry was skipped by the reader: its owner and type are not known.
  void entry_lost();
  // True if a record of this type may have been lost to a fault, so that its absence says nothing.
  [[nodiscard]] bool may_have_lost(wire::Type type) const { return lost_any_ || lost_.contains(type); }

 private:
  struct Head {
    std::optional<std::uint32_t> ttl_s;
    bool has_class = false;
    std::size_t rdata_at = 0;
    wire::Type type = 0;
  };
  void directive(const Entry& entry, std::vector<conf::Fault>& faults);
  [[nodiscard]] std::optional<wire::Name> read_name(const Token& token, std::vector<conf::Fault>& faults) const;
  [[nodiscard]] bool read_owner(const Token& token, std::vector<conf::Fault>& faults);
  // TTL and class in any order, then the type.
  [[nodiscard]] bool read_head(const Entry& entry, std::size_t at, Head& head, std::vector<conf::Fault>& faults);
  [[nodiscard]] bool read_class(const Token& token, Head& head, std::vector<conf::Fault>& faults) const;
  [[nodiscard]] bool read_type(const Token& token, Head& head, std::vector<conf::Fault>& faults) const;
  // RFC 2308 section 4: the stated TTL, else $TTL; without it the last stated (RFC 1035 section 5.1).
  [[nodiscard]] bool choose_ttl(Record& record, const Head& head, std::vector<conf::Fault>& faults,
                                std::vector<conf::Fault>& warnings);
  void add(std::vector<conf::Fault>& to, const Token& at, std::string message) const;

  Scope scope_;
  bool ttl_lost_ = false;  // a broken $TTL: do not blame each record for it
  bool lost_any_ = false;
  std::set<wire::Type> lost_;
};

}  // namespace compile
