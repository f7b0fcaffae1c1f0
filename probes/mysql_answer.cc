#include "probes/mysql_answer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace probes {

namespace {

// Of a packet: three bytes of length, least first, and its number within the answer.
constexpr std::size_t kHeader = 4;
constexpr std::size_t kLongest = 0xffffff;  // further packets would go on with it

constexpr std::uint8_t kOk = 0x00;
constexpr std::uint8_t kNull = 0xfb;    // in a row; at the head of an answer the server asks for a file
constexpr std::uint8_t kEnd = 0xfe;     // of the columns, and of the rows
constexpr std::size_t kLongestEnd = 8;  // a longer one is a row whose first text takes over 16 MB
constexpr std::uint8_t kError = 0xff;
constexpr std::uint16_t kProgressReport = 0xffff;  // MariaDB: in place of an error's number
constexpr std::uint16_t kMoreResults = 0x0008;     // SERVER_MORE_RESULTS_EXISTS

std::uint64_t little(base::ByteReader& in, std::size_t size) {
  std::uint64_t out = 0;
  unsigned shift = 0;
  for (const auto b : in.bytes(size)) {
    out |= static_cast<std::uint64_t>(b) << shift;
    shift += 8;
  }
  return out;
}

// A length-encoded number, of which `first` was read.
std::uint64_t number(base::ByteReader& in, std::uint8_t first) {
  if (first < kNull) return first;
  if (first == 0xfc) return little(in, 2);
  if (first == 0xfd) return little(in, 3);
  if (first == 0xfe) return little(in, 8);
  static_cast<void>(in.bytes(in.left() + 1));  // no number: the reader fails
  return 0;
}
std::uint64_t number(base::ByteReader& in) { return number(in, in.u8()); }

std::size_t size_of(base::ByteView header) {
  return header[0] | static_cast<std::size_t>(header[1]) << 8 | static_cast<std::size_t>(header[2]) << 16;
}

bool is_end(base::ByteView body) { return body[0] == kEnd && body.size() <= kLongestEnd; }

}  // namespace

MysqlResult too_large_result() {
  MysqlResult out;
  out.fault = MysqlFault::kTooLarge;
  out.message = "the result exceeds " + std::to_string(MysqlClient::kMaxRows) + " rows or " +
                std::to_string(MysqlClient::kMaxResultBytes) + " bytes";
  return out;
}

void MysqlAnswer::begin() {
  progress_ = Progress::kMore;
  sequence_ = 1;
  kept_.clear();
  surplus_ = false;
  size_ = 0;
  results_.clear();
  begin_result();
}

void MysqlAnswer::begin_result() {
  expected_ = Expected::kHead;
  rows_ = 0;
  column_packets_.clear();
  const auto place = results_.size();
  if (place < known_.size() && std::exchange(known_[place].here, false)) {
    result_ = std::move(known_[place].result);
  } else {
    result_ = {};
  }
}

MysqlAnswer::Progress MysqlAnswer::take(base::ByteView bytes) {
  if (progress_ != Progress::kMore) return progress_;
  if (kept_.empty()) {
    const auto used = walk(bytes);
    if (progress_ == Progress::kMore) kept_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
    surplus_ = used < bytes.size();
  } else {
    kept_.insert(kept_.end(), bytes.begin(), bytes.end());
    const auto used = walk(kept_);
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(used));
    surplus_ = !kept_.empty();
  }
  return progress_;
}

std::size_t MysqlAnswer::walk(base::ByteView bytes) {
  std::size_t at = 0;
  while (progress_ == Progress::kMore) {
    const auto rest = bytes.subspan(at);
    if (expected_ == Expected::kHead) {
      if (const auto known = known_columns(rest); known > 0) {
        at += known;
        continue;
      }
    }
    if (rest.size() < kHeader) break;
    const auto size = size_of(rest);
    if (size >= kLongest || size > MysqlClient::kMaxResultBytes) {
      results_.push_back(too_large_result());
      progress_ = Progress::kTooLarge;
      break;
    }
    if (rest.size() - kHeader < size) break;
    if (size == 0 || rest[3] != sequence_++) {
      progress_ = Progress::kMalformed;
      break;
    }
    const bool names = expected_ == Expected::kHead || expected_ == Expected::kColumn;
    if (names) column_packets_.append(base::as_text(rest.first(kHeader + size)));
    packet(rest.subspan(kHeader, size));
    at += kHeader + size;
  }
  return at;
}

// Where the answer goes on with the very columns that the result at hand has.
std::size_t MysqlAnswer::known_columns(base::ByteView bytes) {
  if (result_.columns.empty()) return 0;
  const auto& packets = known_[results_.size()].packets;
  if (bytes.size() < packets.size() || std::memcmp(bytes.data(), packets.data(), packets.size()) != 0) return 0;
  sequence_ = static_cast<std::uint8_t>(sequence_ + 1 + result_.columns.size());
  expected_ = Expected::kColumnsEnd;
  return packets.size();
}

void MysqlAnswer::packet(base::ByteView body) {
  size_ += body.size();
  if (body[0] == kError) return error(body);
  switch (expected_) {
    case Expected::kHead: return head(body);
    case Expected::kColumn: return column(body);
    case Expected::kColumnsEnd:
      if (!is_end(body)) break;
      expected_ = Expected::kRow;
      return;
    case Expected::kRow: {
      if (!is_end(body)) return row(body);
      base::ByteReader in(body.subspan(1));
      static_cast<void>(in.u16());  // warnings
      const auto status = static_cast<std::uint16_t>(little(in, 2));
      if (!in.ok()) break;
      return end_result(status);
    }
  }
  progress_ = Progress::kMalformed;
}

void MysqlAnswer::head(base::ByteView body) {
  base::ByteReader in(body);
  result_.columns.clear();
  if (body[0] == kOk) {
    static_cast<void>(in.u8());
    result_.affected = number(in);
    static_cast<void>(number(in));  // the id of an insert
    const auto status = static_cast<std::uint16_t>(little(in, 2));
    column_packets_.clear();
    if (in.ok()) return end_result(status);
    progress_ = Progress::kMalformed;
    return;
  }
  const auto count = number(in);
  // MariaDB tells whether the columns follow, from 10.6 and where the client keeps those of prepared statements
  // (MARIADB_CLIENT_CACHE_METADATA); for text they do.
  const bool follow = in.left() == 0 || in.u8() == 1;
  if (!in.ok() || in.left() != 0 || !follow || count == 0 || count > kMaxColumns) {
    progress_ = Progress::kMalformed;
    return;
  }
  result_.columns.reserve(count);
  columns_left_ = count;
  expected_ = Expected::kColumn;
}

// Of a definition only the name is of use: the fifth text, after catalog, schema, table and the table's own name.
void MysqlAnswer::column(base::ByteView body) {
  base::ByteReader in(body);
  for (int i = 0; i < 4; ++i) static_cast<void>(in.bytes(number(in)));
  const auto name = in.bytes(number(in));
  if (!in.ok()) {
    progress_ = Progress::kMalformed;
    return;
  }
  result_.columns.emplace_back(base::as_text(name));
  if (--columns_left_ > 0) return;
  expected_ = Expected::kColumnsEnd;
  const auto place = results_.size();
  if (known_.size() <= place) known_.resize(place + 1);
  known_[place].packets = column_packets_;
  known_[place].columns = nullptr;
}

void MysqlAnswer::row(base::ByteView body) {
  if (rows_ >= MysqlClient::kMaxRows || size_ > MysqlClient::kMaxResultBytes) {
    results_.push_back(too_large_result());
    progress_ = Progress::kTooLarge;
    return;
  }
  if (rows_ == result_.rows.size()) result_.rows.emplace_back();
  auto& kept = result_.rows[rows_++];
  kept.resize(result_.columns.size());
  base::ByteReader in(body);
  for (auto& value : kept) {
    const auto first = in.u8();
    if (first == kNull) {
      value.reset();
      continue;
    }
    const auto text = base::as_text(in.bytes(number(in, first)));
    if (value) {
      value->assign(text);
    } else {
      value.emplace(text);
    }
  }
  if (!in.ok() || in.left() != 0) progress_ = Progress::kMalformed;
}

void MysqlAnswer::error(base::ByteView body) {
  base::ByteReader in(body.subspan(1));
  const auto code = static_cast<std::uint16_t>(little(in, 2));
  if (!in.ok()) {
    progress_ = Progress::kMalformed;
    return;
  }
  if (code == kProgressReport) {
    column_packets_.clear();
    return;
  }
  result_ = {};
  result_.fault = MysqlFault::kServer;
  result_.code = code;
  constexpr std::size_t kState = 6;  // "#HY000", which very old servers leave out
  std::string_view text = base::as_text(in.bytes(in.left()));
  if (text.starts_with('#') && text.size() >= kState) text.remove_prefix(kState);
  result_.message = text;
  results_.push_back(std::move(result_));
  progress_ = Progress::kWhole;
}

void MysqlAnswer::end_result(std::uint16_t status) {
  result_.rows.resize(rows_);
  results_.push_back(std::move(result_));
  if ((status & kMoreResults) == 0) {
    progress_ = Progress::kWhole;
  } else if (results_.size() >= kMaxResults) {
    progress_ = Progress::kMalformed;
  } else {
    begin_result();
  }
}

std::vector<MysqlResult> MysqlAnswer::take_results() {
  for (std::size_t i = 0; i < results_.size() && i < known_.size(); ++i) known_[i].columns = results_[i].columns.data();
  return std::exchange(results_, {});
}

void MysqlAnswer::reuse(std::vector<MysqlResult> results) {
  for (std::size_t i = 0; i < results.size() && i < known_.size(); ++i) {
    auto& known = known_[i];
    if (results[i].columns.empty() || results[i].columns.data() != known.columns || !results[i].ok()) continue;
    known.result = std::move(results[i]);
    known.here = true;
  }
}

}  // namespace probes
