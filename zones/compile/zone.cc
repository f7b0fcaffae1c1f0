#include "zones/compile/zone.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "zones/compile/check.h"
#include "zones/compile/master_reader.h"
#include "zones/compile/rdata.h"
#include "zones/compile/record_parser.h"
#include "zones/wire/rdata.h"

namespace compile {
namespace {

using Loaded = conf::Loaded<ZoneData>;

void warn(Loaded& out, int line, int column, std::string message) {
  out.warnings.push_back({{out.value.file, line, column}, std::move(message)});
}
void refuse(Loaded& out, int line, int column, std::string message) {
  out.faults.push_back({{out.value.file, line, column}, std::move(message)});
}

// Made by a signer of zone files; this server signs by itself or not at all, so they would never be served right.
bool made_by_signer(wire::Type type) {
  constexpr wire::Type kNsec3 = 50;
  constexpr wire::Type kNsec3Param = 51;
  return type == wire::kTypeRrsig || type == wire::kTypeNsec || type == kNsec3 || type == kNsec3Param;
}

// Names in data compare without regard to case (RFC 4343), all else octet by octet.
bool same_rdata(wire::Type type, const base::Bytes& a, const base::Bytes& b) {
  if (a.size() != b.size()) return false;
  const auto layout = wire::rdata_names(type);
  const std::size_t fold_from = layout.names == 0 ? a.size() : layout.before;
  std::size_t fold_to = fold_from;
  for (unsigned i = 0; i < layout.names; ++i) fold_to += wire::name_size(base::ByteView(a).subspan(fold_to));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool fold = i >= fold_from && i < fold_to;
    if (fold ? wire::lower(a[i]) != wire::lower(b[i]) : a[i] != b[i]) return false;
  }
  return true;
}

// The octets that a record adds to a message when its owner is compressed (RFC 1035 section 4.1).
std::size_t message_octets(const base::Bytes& rdata) { return 12 + rdata.size(); }

// Header and the smallest question stand before the records.
constexpr std::size_t kRoomForRecords = wire::kMaxMessage - wire::kHeaderSize - 5;

std::string describe(const Record& record) { return record.owner.to_string() + " " + type_to_text(record.type); }

// Adds a record to its RRset: RFC 2181 section 5 (no duplicates) and 5.2 (one TTL).
void add_record(Loaded& out, Record record) {
  auto& node = out.value.nodes[std::string(record.owner.lowered().key())];
  if (node.rrsets.empty()) node.owner = record.owner.key();
  auto set = std::find_if(node.rrsets.begin(), node.rrsets.end(), [&](const auto& r) { return r.type == record.type; });
  if (set == node.rrsets.end()) set = node.rrsets.insert(set, Rrset{record.type, record.ttl_s, {}});
  const auto same = std::find_if(set->records.begin(), set->records.end(),
                                 [&](const auto& r) { return same_rdata(record.type, r.wire, record.rdata); });
  if (same != set->records.end()) {
    warn(out, record.line, record.column,
         describe(record) + ": the same record stands in line " + std::to_string(same->line) + "; dropped");
    return;
  }
  if (set->ttl_s != record.ttl_s) {
    warn(out, record.line, record.column,
         describe(record) + ": TTL " + std::to_string(record.ttl_s) + " differs from " + std::to_string(set->ttl_s) +
             " in line " + std::to_string(set->records.front().line) + "; the lowest is taken (RFC 2181 section 5.2)");
    set->ttl_s = std::min(set->ttl_s, record.ttl_s);
  }
  auto octets = message_octets(record.rdata);
  for (const auto& other : set->records) octets += message_octets(other.wire);
  if (octets > kRoomForRecords) {
    refuse(out, record.line, record.column, describe(record) + ": the RRset is larger than a DNS message can be");
    return;
  }
  set->records.push_back({std::move(record.rdata), record.line});
  ++out.value.records;
}

void take(Loaded& out, Record record, std::size_t& signer_records) {
  if (!record.owner.is_within(out.value.origin)) {
    refuse(out, record.line, record.column,
           record.owner.to_string() + " is outside the zone " + out.value.origin.to_string());
    return;
  }
  if (made_by_signer(record.type)) {
    if (signer_records++ == 0) {
      warn(out, record.line, record.column,
           "RRSIG, NSEC, NSEC3 and NSEC3PARAM records of a zone signed elsewhere are dropped");
    }
    return;
  }
  add_record(out, std::move(record));
}

void limit(std::vector<conf::Fault>& list, const std::string& file, const char* what) {
  if (list.size() <= kMaxListed) return;
  list.resize(kMaxListed);
  list.push_back({{file, 0, 0}, what});
}

void sort_by_line(std::vector<conf::Fault>& list) {
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.mark.line < b.mark.line; });
}

// A NUL octet stands in no text file; naming the first is worth more than a thousand faults.
bool refuse_binary(Loaded& out, std::string_view content) {
  const auto nul = content.find('\0');
  if (nul == std::string_view::npos) return false;
  const auto line = 1 + std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
  refuse(out, static_cast<int>(line), 0, "a NUL octet: this is no text file, so no master file");
  return true;
}

}  // namespace

wire::Name Node::name() const { return wire::Name::from_wire(base::as_bytes(owner)).value_or(wire::Name()); }

const Rrset* Node::find(wire::Type type) const {
  const auto found = std::find_if(rrsets.begin(), rrsets.end(), [&](const auto& r) { return r.type == type; });
  return found == rrsets.end() ? nullptr : &*found;
}

const Node* ZoneData::find(const wire::Name& owner) const {
  const auto found = nodes.find(std::string(owner.lowered().key()));
  return found == nodes.end() ? nullptr : &found->second;
}

Loaded parse_zone(std::string_view content, const std::string& file, const wire::Name& origin, const NameSet& dynamic) {
  Loaded out;
  out.value.origin = origin;
  out.value.file = file;
  if (refuse_binary(out, content)) return out;
  MasterReader reader(content, file);
  RecordParser parser(file, origin);
  std::size_t signer_records = 0;
  while (out.faults.size() <= kMaxListed) {
    const auto before = out.faults.size();
    const auto entry = reader.next(out.faults);
    if (out.faults.size() != before) parser.entry_lost();
    if (!entry) break;
    if (auto record = parser.parse(*entry, out.faults, out.warnings)) take(out, std::move(*record), signer_records);
    limit(out.warnings, file, "more warnings than are listed");
  }
  if (out.faults.size() <= kMaxListed) {
    check_zone(out, dynamic, [&](wire::Type type) { return parser.may_have_lost(type); });
  }
  sort_by_line(out.faults);
  sort_by_line(out.warnings);
  limit(out.faults, file, "more faults than are listed; reading stopped");
  limit(out.warnings, file, "more warnings than are listed");
  return out;
}

Loaded load_zone(const std::filesystem::path& path, const wire::Name& origin, const NameSet& dynamic) {
  const auto content = base::read_file(path, kMaxZoneFileBytes);
  if (content) return parse_zone(*content, path.string(), origin, dynamic);
  Loaded out;
  out.value.origin = origin;
  out.value.file = path.string();
  refuse(out, 0, 0, content.error().message);
  return out;
}

}  // namespace compile
