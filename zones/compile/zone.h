// A zone as its master file gives it (RFC 1035 section 5), read, checked and ready to be compiled.
// For the control thread; allocates freely.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "conf/fault.h"
#include "zones/wire/name.h"

namespace compile {

// Names in wire form, lower case, as keys: wire::Name::lowered().key().
using NameSet = std::unordered_set<std::string>;

struct Rdata {
  base::Bytes wire;  // names uncompressed
  int line = 0;
  std::uint16_t file = 0;  // of ZoneData::files
};

struct Rrset {
  wire::Type type = 0;
  std::uint32_t ttl_s = 0;
  std::vector<Rdata> records;  // never empty, no two equal
};

// All records of one owner name.
struct Node {
  std::string owner;          // wire form, in the case of its first record
  std::vector<Rrset> rrsets;  // one per type, in the order of the file; never empty

  [[nodiscard]] wire::Name name() const;
  [[nodiscard]] const Rrset* find(wire::Type type) const;
};

struct ZoneData {
  wire::Name origin;
  std::string file;                // as given to the loader, for messages
  std::vector<std::string> files;  // that one, then those that it includes, each once, in their order
  std::uint32_t serial = 0;
  std::size_t digest = 0;  // of what the files held; equal for equal content within one process
  std::size_t records = 0;
  std::unordered_map<std::string, Node> nodes;  // by the owner's lower-case wire form

  // "line 5", or "line 5 of hosts.inc" for a record of an included file.
  [[nodiscard]] std::string place(const Rdata& record) const;
  [[nodiscard]] conf::Mark mark(const Rdata& record) const;
  // Null if the name owns no record.
  [[nodiscard]] const Node* find(const wire::Name& owner) const;
};

// The largest master file that is read; all included files together have to keep to it too.
inline constexpr std::size_t kMaxZoneFileBytes = std::size_t{512} << 20;
// Files may include files this deep, and so many in all.
inline constexpr std::size_t kMaxIncludeDepth = 16;
inline constexpr std::size_t kMaxZoneFiles = 10'000;
// As many records one zone's $GENERATE lines may make.
inline constexpr std::uint64_t kMaxGenerated = 1 << 17;
// Reading stops after so many faults of one file; warnings beyond as many are not listed.
inline constexpr std::size_t kMaxListed = 1000;

// Reads a master file. `dynamic` holds the wide-IPs' names: they count as names with an address.
// Faults, all of the file at once, each with its line: what does not parse; a class other than IN; types that no zone
// may hold; an owner outside the zone; a file that cannot be included, or would include itself; a $GENERATE that makes
// no record or too many; SOA missing, doubled or not at the apex; no NS at the apex; CNAME beside other data, or two
// (RFC 1034 section 3.6.2); two DNAMEs, DNAME beside a delegation, data below a DNAME (RFC 6672 section 2.4); an RRset
// larger than a message. A file that is missing, no regular file, larger than kMaxZoneFileBytes or binary is one fault.
// Warnings, and what is done: duplicate records (dropped), unequal TTLs in an RRset (the lowest is taken, RFC 2181
// section 5.2), signatures and denial records of a zone signed elsewhere (dropped), data hidden by a delegation (not
// answered), NS, MX and SRV targets in the zone without address or that are aliases, delegations whose name servers
// lack the glue they need. Like NSD, the loader does not refuse a zone for missing glue: the fault harms the delegated
// zone alone.
[[nodiscard]] conf::Loaded<ZoneData> load_zone(const std::filesystem::path& path, const wire::Name& origin,
                                               const NameSet& dynamic = {});

// Gives the content of an included file.
using ReadFile = std::function<base::Result<std::string>(const std::filesystem::path&)>;

// The same from text; `file` names it in messages, and is where the paths of included files start. Without `read` no
// file can be included.
[[nodiscard]] conf::Loaded<ZoneData> parse_zone(std::string_view content, const std::string& file,
                                                const wire::Name& origin, const NameSet& dynamic = {},
                                                const ReadFile& read = {});

}  // namespace compile
