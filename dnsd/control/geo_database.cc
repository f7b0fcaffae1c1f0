#include "dnsd/control/geo_database.h"

#include <maxminddb.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "base/fd.h"
#include "base/file.h"
#include "base/time.h"

namespace control {

namespace {

constexpr std::size_t kMostOctets = std::size_t{1} << 30;
constexpr unsigned kIpv4In6 = 96;  // IPv4 addresses stand at ::/96 (format, "IPv4 addresses in an IPv6 tree")

// What tells one state of a file from another.
struct State {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  timespec changed{};

  static State of(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim};
  }
  bool operator==(const State& other) const {
    return device == other.device && inode == other.inode && size == other.size &&
           changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
  }
};

// libmaxminddb maps the file that it opens, and who cuts a mapped file short kills its reader: so it gets a copy of our
// own in memory.
base::Result<base::Fd> copy_to_memory(const std::filesystem::path& file) {
  const State before = State::of(file);
  const auto content = base::read_file(file, kMostOctets);
  if (!content) return tl::unexpected(content.error());
  if (!(State::of(file) == before)) {
    return base::fail(file.string() + " changed while it was read; replace it by renaming the new one over it");
  }
  base::Fd memory(::memfd_create("geo-database", MFD_CLOEXEC));
  const auto why = [&] { return base::fail(file.string() + ": no memory for it: " + std::strerror(errno)); };
  if (!memory) return why();
  for (std::size_t at = 0; at < content->size();) {
    const ssize_t n = ::write(memory.get(), content->data() + at, content->size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return why();
    at += static_cast<std::size_t>(n);
  }
  return memory;
}

struct Codes {
  std::string country;
  std::string continent;
  [[nodiscard]] bool empty() const { return country.empty() && continent.empty(); }
};

// A text of a record; empty if it has none under that path. False: the data are damaged.
bool read_text(MMDB_entry_s entry, const char* const* path, std::string& out) {
  MMDB_entry_data_s data{};
  const int status = MMDB_aget_value(&entry, &data, path);
  if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR || status == MMDB_INVALID_LOOKUP_PATH_ERROR) return true;
  if (status != MMDB_SUCCESS) return false;
  if (data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING) out.assign(data.utf8_string, data.data_size);
  return true;
}

}  // namespace

struct GeoDatabase::Handle {
  base::Fd memory;
  MMDB_s mmdb{};
  bool opened = false;
  std::string file;
  ~Handle() {
    if (opened) MMDB_close(&mmdb);
  }
};

// One walk over the whole search tree, from the root down, left before right.
class GeoDatabase::Walk {
 public:
  Walk(const MMDB_s& mmdb, const Visit& visit)
      : mmdb_(mmdb),
        visit_(visit),
        v6_(mmdb.metadata.ip_version == 6),
        left_(kVisitsPerNode * std::uint64_t{count()}) {}

  // Nothing, or what is wrong.
  std::string run() {
    std::vector<Place> open{{0, 0, {}}};
    while (!open.empty()) {
      const Place place = open.back();
      open.pop_back();
      if (left_-- == 0 || place.depth >= longest()) return "its search tree has circles";
      MMDB_search_node_s node{};
      if (const int status = MMDB_read_node(&mmdb_, place.node, &node); status != MMDB_SUCCESS) {
        return MMDB_strerror(status);
      }
      const Side sides[] = {{node.right_record, node.right_record_type, node.right_record_entry},
                            {node.left_record, node.left_record_type, node.left_record_entry}};
      for (const bool right : {true, false}) {
        Place next = place;
        if (right) next.bits[place.depth / 8] |= static_cast<std::uint8_t>(0x80U >> place.depth % 8);
        ++next.depth;
        if (auto fault = follow(sides[right ? 0 : 1], next, open); !fault.empty()) return fault;
      }
    }
    return any_ ? "" : "no network in it has a country or a continent";
  }

 private:
  // A tree is visited node by node; aliases of the IPv4 part are not followed, so only a damaged one needs more.
  static constexpr std::uint64_t kVisitsPerNode = 2;

  struct Place {
    std::uint32_t node = 0;
    unsigned depth = 0;
    std::array<std::uint8_t, 16> bits{};
  };
  struct Side {
    std::uint64_t record;
    std::uint8_t type;
    MMDB_entry_s entry;
  };

  [[nodiscard]] std::uint32_t count() const { return mmdb_.metadata.node_count; }
  [[nodiscard]] unsigned longest() const { return v6_ ? 128 : 32; }

  std::string follow(const Side& side, Place place, std::vector<Place>& open) {
    switch (side.type) {
      case MMDB_RECORD_TYPE_EMPTY: return "";
      case MMDB_RECORD_TYPE_DATA: return tell(side.entry, place);
      case MMDB_RECORD_TYPE_SEARCH_NODE:
        place.node = static_cast<std::uint32_t>(side.record);
        if (!is_alias(place)) open.push_back(place);
        return "";
      default: return "its search tree leads out of the file";
    }
  }

  // True of another way to the part of IPv4 than ::/96.
  [[nodiscard]] bool is_alias(const Place& place) const {
    return v6_ && place.node == mmdb_.ipv4_start_node.node_value && mmdb_.ipv4_start_node.netmask == kIpv4In6 &&
           !(place.depth == kIpv4In6 && is_zero(place.bits));
  }
  static bool is_zero(const std::array<std::uint8_t, 16>& bits) { return bits == std::array<std::uint8_t, 16>{}; }

  std::string tell(const MMDB_entry_s& entry, const Place& place) {
    const auto [known, is_new] = codes_.try_emplace(entry.offset);
    Codes& codes = known->second;
    if (is_new) {
      static constexpr const char* kCountry[] = {"country", "iso_code", nullptr};
      static constexpr const char* kContinent[] = {"continent", "code", nullptr};
      if (!read_text(entry, kCountry, codes.country) || !read_text(entry, kContinent, codes.continent)) {
        return "its data are damaged";
      }
    }
    if (codes.empty()) return "";
    any_ = true;
    for (const base::Prefix& network : networks(place)) visit_(network, codes.country, codes.continent);
    return "";
  }

  [[nodiscard]] std::vector<base::Prefix> networks(const Place& place) const {
    const auto length = static_cast<std::uint8_t>(place.depth);
    const auto& b = place.bits;
    if (!v6_) return {{base::IpAddress::v4({b[0], b[1], b[2], b[3]}), length}};
    std::array<std::uint8_t, 16> head = b;
    std::fill(head.begin() + kIpv4In6 / 8, head.end(), std::uint8_t{0});
    if (is_zero(head) && place.depth >= kIpv4In6) {
      return {{base::IpAddress::v4({b[12], b[13], b[14], b[15]}), static_cast<std::uint8_t>(length - kIpv4In6)}};
    }
    std::vector<base::Prefix> out{{base::IpAddress::v6(b), length}};
    // All of IPv4 lies within this network.
    if (is_zero(b)) out.push_back({base::IpAddress::v4({0, 0, 0, 0}), 0});
    return out;
  }

  const MMDB_s& mmdb_;
  const Visit& visit_;
  const bool v6_;
  std::uint64_t left_;
  bool any_ = false;
  std::unordered_map<std::uint32_t, Codes> codes_;  // by offset: networks share them
};

GeoDatabase::GeoDatabase(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
GeoDatabase::~GeoDatabase() = default;
GeoDatabase::GeoDatabase(GeoDatabase&&) noexcept = default;
GeoDatabase& GeoDatabase::operator=(GeoDatabase&&) noexcept = default;

base::Result<GeoDatabase> GeoDatabase::open(const std::filesystem::path& file) {
  auto memory = copy_to_memory(file);
  if (!memory) return tl::unexpected(memory.error());
  auto handle = std::make_unique<Handle>();
  handle->memory = *std::move(memory);
  handle->file = file.string();
  const auto path = "/proc/self/fd/" + std::to_string(handle->memory.get());
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &handle->mmdb);
  if (status != MMDB_SUCCESS) {
    return base::fail(file.string() + " is no whole MaxMind DB file: " + MMDB_strerror(status));
  }
  handle->opened = true;
  const auto version = handle->mmdb.metadata.ip_version;
  if (version != 4 && version != 6) {
    return base::fail(file.string() + " is no MaxMind DB of IP addresses: its ip_version is " +
                      std::to_string(version));
  }
  return GeoDatabase(std::move(handle));
}

base::Result<void> GeoDatabase::each(const Visit& visit) const {
  const auto fault = Walk(handle_->mmdb, visit).run();
  if (fault.empty()) return {};
  return base::fail(handle_->file + " (" + description() + ") cannot be used: " + fault);
}

std::string GeoDatabase::description() const {
  const auto& metadata = handle_->mmdb.metadata;
  constexpr std::uint64_t kLatest = 253'402'300'799;  // the last second of the year 9999
  const auto built = std::chrono::seconds(static_cast<std::int64_t>(std::min(metadata.build_epoch, kLatest)));
  const std::string type = metadata.database_type == nullptr ? "without a type" : metadata.database_type;
  return type + ", built " + base::format_utc(base::WallTime(built)).substr(0, 10);
}

}  // namespace control
