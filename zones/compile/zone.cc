#include "zones/compile/zone.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "zones/compile/check.h"
#include "zones/compile/generate.h"
#include "zones/compile/master_reader.h"
#include "zones/compile/rdata.h"
#include "zones/compile/record_parser.h"
#include "zones/wire/rdata.h"

namespace compile {
namespace {

using Loaded = conf::Loaded<ZoneData>;

conf::Mark mark_of(const Loaded& out, const Record& record) {
  return {out.value.files[record.file], record.line, record.column};
}
void warn(Loaded& out, const Record& at, std::string message) {
  out.warnings.push_back({mark_of(out, at), std::move(message)});
}
void refuse(Loaded& out, const Record& at, std::string message) {
  out.faults.push_back({mark_of(out, at), std::move(message)});
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
  const bool has_names = layout.names != 0 && wire::rdata_well_formed(type, a);
  const std::size_t fold_from = has_names ? layout.before : a.size();
  std::size_t fold_to = fold_from;
  for (unsigned i = 0; has_names && i < layout.names; ++i)
    fold_to += wire::name_size(base::ByteView(a).subspan(fold_to));
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
    warn(out, record, describe(record) + ": the same record stands in " + out.value.place(*same) + "; dropped");
    return;
  }
  if (set->ttl_s != record.ttl_s) {
    warn(out, record,
         describe(record) + ": TTL " + std::to_string(record.ttl_s) + " differs from " + std::to_string(set->ttl_s) +
             " in " + out.value.place(set->records.front()) + "; the lowest is taken (RFC 2181 section 5.2)");
    set->ttl_s = std::min(set->ttl_s, record.ttl_s);
  }
  auto octets = message_octets(record.rdata);
  for (const auto& other : set->records) octets += message_octets(other.wire);
  if (octets > kRoomForRecords) {
    refuse(out, record, describe(record) + ": the RRset is larger than a DNS message can be");
    return;
  }
  set->records.push_back({std::move(record.rdata), record.line, record.file});
  ++out.value.records;
}

void take(Loaded& out, Record record, std::size_t& signer_records) {
  if (!record.owner.is_within(out.value.origin)) {
    refuse(out, record, record.owner.to_string() + " is outside the zone " + out.value.origin.to_string());
    return;
  }
  if (made_by_signer(record.type)) {
    if (signer_records++ == 0) {
      warn(out, record, "RRSIG, NSEC, NSEC3 and NSEC3PARAM records of a zone signed elsewhere are dropped");
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

// In the order of the files, then of the lines.
void sort_by_place(std::vector<conf::Fault>& list, const std::vector<std::string>& files) {
  std::unordered_map<std::string_view, std::size_t> order;
  for (std::size_t i = 0; i < files.size(); ++i) order.emplace(files[i], i);
  const auto key = [&](const conf::Fault& fault) { return std::pair(order[fault.mark.file], fault.mark.line); };
  std::stable_sort(list.begin(), list.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

// A NUL octet stands in no text file; naming the first is worth more than a thousand faults.
bool refuse_binary(Loaded& out, std::string_view content, const std::string& file) {
  const auto nul = content.find('\0');
  if (nul == std::string_view::npos) return false;
  const auto line = 1 + std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
  out.faults.push_back({{file, static_cast<int>(line), 0}, "a NUL octet: this is no text file, so no master file"});
  return true;
}

// One zone being read, with the files that it includes.
class ZoneReader {
 public:
  ZoneReader(Loaded& out, const ReadFile& read) : out_(out), read_(read), parser_(out.value.file, out.value.origin) {}

  void read_text(std::string_view content, const std::string& file) {
    if (refuse_binary(out_, content, file)) {
      parser_.records_lost();
      return;
    }
    out_.value.digest = out_.value.digest * 31 + std::hash<std::string_view>()(content);
    MasterReader reader(content, file);
    while (out_.faults.size() <= kMaxListed) {
      const auto before = out_.faults.size();
      const auto entry = reader.next(out_.faults);
      if (out_.faults.size() != before) parser_.entry_lost();
      if (!entry) break;
      switch (directive_of(*entry)) {
        case Directive::kInclude: include(*entry, file); break;
        case Directive::kGenerate: generate(*entry, file); break;
        default: (void)take_entry(*entry); break;
      }
    }
  }
  [[nodiscard]] const RecordParser& parser() const { return parser_; }

 private:
  // False if it has a fault.
  bool take_entry(const Entry& entry) {
    const auto before = out_.faults.size();
    if (auto record = parser_.parse(entry, out_.faults, out_.warnings)) take(out_, std::move(*record), signer_records_);
    limit(out_.warnings, out_.value.file, "more warnings than are listed");
    return out_.faults.size() == before;
  }

  void refuse_entry(const Token& at, const std::string& file, std::string message) {
    out_.faults.push_back({{file, at.line, at.column}, std::move(message)});
    parser_.records_lost();
  }

  void generate(const Entry& entry, const std::string& file) {
    const auto generator = Generator::make(entry);
    if (!generator) return refuse_entry(entry.tokens[generator.error().token], file, generator.error().message);
    if (generator->count() > kMaxGenerated - generated_) {
      return refuse_entry(
          entry.tokens[1], file,
          "$GENERATE makes too many records: a zone may have " + std::to_string(kMaxGenerated) + " of them");
    }
    generated_ += generator->count();
    for (std::uint64_t i = 0; i < generator->count(); ++i) {
      const auto made = generator->at(i);
      if (!made) return refuse_entry(entry.tokens[made.error().token], file, made.error().message);
      if (!take_entry(*made)) return;  // the others have the same fault, most likely
    }
  }

  void include(const Entry& entry, const std::string& file) {
    const auto words = parser_.parse_include(entry, out_.faults);
    if (!words) return;
    const auto& at = entry.tokens[1];
    auto path = std::filesystem::path(words->file);
    if (path.is_relative()) path = std::filesystem::path(file).parent_path() / path;
    if (open_.size() == kMaxIncludeDepth || out_.value.files.size() == kMaxZoneFiles) {
      return refuse_entry(at, file,
                          open_.size() == kMaxIncludeDepth
                              ? "files include files more than " + std::to_string(kMaxIncludeDepth) + " deep"
                              : "more than " + std::to_string(kMaxZoneFiles) + " files in one zone");
    }
    if (std::find(open_.begin(), open_.end(), path) != open_.end() || path == out_.value.file) {
      return refuse_entry(at, file, path.string() + " would include itself");
    }
    if (!read_) return refuse_entry(at, file, "no file can be included here");
    const auto content = read_(path);
    if (!content) return refuse_entry(at, file, content.error().message);
    bytes_ += content->size();
    if (bytes_ > kMaxZoneFileBytes) return refuse_entry(at, file, "the files of the zone are too large together");
    enter(path, *content, words->origin);
  }

  void enter(const std::filesystem::path& path, const std::string& content, const std::optional<wire::Name>& origin) {
    auto& files = out_.value.files;
    const auto known = std::find(files.begin(), files.end(), path.string());
    const auto number = static_cast<std::uint16_t>(known - files.begin());
    if (known == files.end()) files.push_back(path.string());
    auto before = parser_.enter(path.string(), number, origin);
    open_.push_back(path);
    read_text(content, path.string());
    open_.pop_back();
    parser_.leave(std::move(before));
  }

  Loaded& out_;
  const ReadFile& read_;
  RecordParser parser_;
  std::vector<std::filesystem::path> open_;  // files that are being included, the innermost last
  std::size_t bytes_ = 0;
  std::uint64_t generated_ = 0;
  std::size_t signer_records_ = 0;
};

}  // namespace

wire::Name Node::name() const { return wire::Name::from_wire(base::as_bytes(owner)).value_or(wire::Name()); }

const Rrset* Node::find(wire::Type type) const {
  const auto found = std::find_if(rrsets.begin(), rrsets.end(), [&](const auto& r) { return r.type == type; });
  return found == rrsets.end() ? nullptr : &*found;
}

std::string ZoneData::place(const Rdata& record) const {
  return "line " + std::to_string(record.line) + (record.file == 0 ? "" : " of " + files[record.file]);
}

conf::Mark ZoneData::mark(const Rdata& record) const { return {files[record.file], record.line, 0}; }

const Node* ZoneData::find(const wire::Name& owner) const {
  const auto found = nodes.find(std::string(owner.lowered().key()));
  return found == nodes.end() ? nullptr : &found->second;
}

Loaded parse_zone(std::string_view content, const std::string& file, const wire::Name& origin, const NameSet& dynamic,
                  const ReadFile& read) {
  Loaded out;
  out.value.origin = origin;
  out.value.file = file;
  out.value.files = {file};
  ZoneReader reader(out, read);
  reader.read_text(content, file);
  if (out.faults.size() <= kMaxListed) {
    check_zone(out, dynamic, [&](wire::Type type) { return reader.parser().may_have_lost(type); });
  }
  sort_by_place(out.faults, out.value.files);
  sort_by_place(out.warnings, out.value.files);
  limit(out.faults, file, "more faults than are listed; reading stopped");
  limit(out.warnings, file, "more warnings than are listed");
  return out;
}

Loaded load_zone(const std::filesystem::path& path, const wire::Name& origin, const NameSet& dynamic) {
  const auto read = [](const std::filesystem::path& file) { return base::read_file(file, kMaxZoneFileBytes); };
  const auto content = read(path);
  if (content) return parse_zone(*content, path.string(), origin, dynamic, read);
  Loaded out;
  out.value.origin = origin;
  out.value.file = path.string();
  out.value.files = {path.string()};
  out.faults.push_back({{path.string(), 0, 0}, content.error().message});
  return out;
}

}  // namespace compile
