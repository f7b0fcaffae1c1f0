#include "conf/topology_table.h"

#include <map>

namespace conf {

namespace {

constexpr std::string_view kCountry = "country:";
constexpr std::string_view kContinent = "continent:";
constexpr std::size_t kMostRegions = 1000;

bool two_capitals(std::string_view code) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return code.size() == 2 && capital(code[0]) && capital(code[1]);
}

// The continents of MaxMind's databases.
bool is_continent(std::string_view code) {
  static constexpr std::string_view kAll[] = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};
  return std::find(std::begin(kAll), std::end(kAll), code) != std::end(kAll);
}

// The regions of one file: nothing may stand in two of them.
class RegionReader {
 public:
  RegionReader(Reading& reading, Topology& out) : reading_(reading), out_(out) {}

  void take(const Field& field, const Value::Key& key, const Value& terms) {
    Value name;
    name.kind = Value::Kind::kScalar;
    name.text = key.text;
    name.file = key.file;
    name.line = key.line;
    name.column = key.column;
    Topology::Region region;
    const Field id{.key = field.key, .type = Type::kName, .help = field.help};
    read(reading_, id, name, region.name);
    if (terms.kind == Value::Kind::kNull) {
      reading_.fault(key.mark(), key.text + ": has no value; allowed: " + allowed(item()));
    } else if (terms.kind != Value::Kind::kBad) {
      for (const Value* term : list_items(reading_, item(), terms)) take_term(*term, region);
    }
    if (out_.regions.size() == kMostRegions) {
      reading_.fault(key.mark(), "regions: more than " + std::to_string(kMostRegions) + " of them");
    }
    out_.regions.push_back(std::move(region));
  }

 private:
  static const Field& item() {
    static const Field field{.key = "regions", .type = Type::kText, .help = "", .list = true};
    return field;
  }

  void take_term(const Value& term, Topology::Region& region) {
    std::string text;
    if (!read(reading_, item(), term, text)) return;
    if (text.starts_with(kCountry)) {
      const std::string code = text.substr(kCountry.size());
      if (!two_capitals(code)) return refuse(term, "country: and a code of ISO 3166-1 in two capitals, as country:DE");
      if (is_new(text, term)) region.countries.push_back(code);
    } else if (text.starts_with(kContinent)) {
      const std::string code = text.substr(kContinent.size());
      if (!is_continent(code)) return refuse(term, "continent: and one of AF, AN, AS, EU, NA, OC, SA");
      if (is_new(text, term)) region.continents.push_back(code);
    } else if (const auto prefix = base::Prefix::parse(text)) {
      if (is_new(prefix->to_string(), term)) region.networks.push_back(*prefix);
    } else {
      refuse(term, "ADDRESS/LENGTH, the bits after LENGTH zero; country:XX; continent:XX");
    }
  }

  void refuse(const Value& term, const std::string& what) {
    reading_.fault(term.mark(), "regions: found " + found(term) + "; allowed: " + what);
  }

  // Else a client would be in two regions at once.
  bool is_new(const std::string& text, const Value& term) {
    const auto [first, fresh] = seen_.emplace(text, term.mark());
    if (fresh) return true;
    reading_.fault(term.mark(), "regions: \"" + text + "\" stands already at " + to_string(first->second));
    return false;
  }

  Reading& reading_;
  Topology& out_;
  std::map<std::string, Mark> seen_;
};

void read_regions(Reading& reading, const Field& field, const Value& value, Topology& out) {
  if (value.kind != Value::Kind::kMapping) return mismatch(reading, field, value);
  RegionReader regions(reading, out);
  for (std::size_t i = 0; i < value.items.size(); ++i) regions.take(field, value.keys[i], value.items[i]);
  if (value.items.empty()) reading.fault(value.mark(), "regions: found none; allowed: at least one region");
}

void read_database(Reading& reading, const Field& field, const Value& value, Topology& out) {
  if (!read(reading, field, value, out.database)) return;
  out.database_at = value.mark();
  if (const auto why = reading.outside.unreadable(out.database)) {
    reading.fault(value.mark(), std::string(field.key) + ": " + *why);
  }
}

}  // namespace

const Table<Topology>& topology_table() {
  static const Table<Topology> table(
      "topology",
      {
          custom<Topology>(
              {.key = "regions",
               .type = Type::kText,
               .help = "The regions by name, each with what is in it: networks (192.0.2.0/24), countries (country:DE) "
                       "and continents (continent:EU). A client is in the region of the longest network that holds "
                       "it; else, by the database, in that of its country; else in that of its continent; else in "
                       "none.",
               .required = true,
               .list = true,
               .named = true},
              read_regions),
          custom<Topology>({.key = "database",
                            .type = Type::kPath,
                            .help = "A MaxMind DB file with countries and continents, as GeoLite2-Country or -City "
                                    "(.mmdb); wanted as soon as a region names one. A file that is damaged leaves the "
                                    "last good one in use. Replace it by renaming the new one over it."},
                           read_database),
      });
  return table;
}

}  // namespace conf
