// A server's answers to statements, read from the bytes of an unencrypted connection: OK, error and text result sets
// of the client/server protocol 4.1, whose columns end with an EOF packet (no CLIENT_DEPRECATE_EOF). A look at a node
// is one row of some sixty columns that are the same each time: what this reader knows of them from the last answer it
// does not read again, so one reader should serve many connections, one answer after the other.
//
// Pure; the bytes are not trusted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "probes/mysql_client.h"

namespace probes {

class MysqlAnswer {
 public:
  enum class Progress : std::uint8_t {
    kMore,       // the answer goes on
    kWhole,      // up to the last result or the first error
    kMalformed,  // no protocol that is known here
    kTooLarge,   // the last result says so (MysqlClient's caps)
  };
  static constexpr std::size_t kMaxResults = 100;
  static constexpr std::size_t kMaxColumns = 4096;  // as the servers have it

  // Begins with the answer to a command that was sent just now.
  void begin();
  // The next bytes as they came, cut anywhere. After anything but kMore, begin() comes first.
  Progress take(base::ByteView bytes);
  // Bytes came after the end of the answer.
  [[nodiscard]] bool surplus() const { return surplus_; }
  // What was read to its end, in order.
  [[nodiscard]] std::vector<MysqlResult> take_results();
  // Gives results back once they have been read, unchanged: their memory serves the next answer.
  void reuse(std::vector<MysqlResult> results);

 private:
  enum class Expected : std::uint8_t { kHead, kColumn, kColumnsEnd, kRow };

  // Reads whole packets; how many bytes they were.
  std::size_t walk(base::ByteView bytes);
  void packet(base::ByteView body);
  void head(base::ByteView body);
  void column(base::ByteView body);
  void row(base::ByteView body);
  void error(base::ByteView body);
  void end_result(std::uint16_t status);
  void begin_result();
  [[nodiscard]] std::size_t known_columns(base::ByteView bytes);

  // The column packets of a result, by its place in an answer, and a result with those columns that was given back.
  struct Known {
    std::string packets;
    const std::string* columns = nullptr;  // of the result, wherever it is now
    bool here = false;
    MysqlResult result;
  };

  Progress progress_ = Progress::kWhole;
  Expected expected_ = Expected::kHead;
  std::uint8_t sequence_ = 0;
  base::Bytes kept_;  // the begin of a packet
  bool surplus_ = false;
  std::size_t columns_left_ = 0;
  std::string column_packets_;  // of the result under way, where they were read
  std::size_t rows_ = 0;
  std::size_t size_ = 0;  // of all that was read, in bytes
  MysqlResult result_;
  std::vector<MysqlResult> results_;
  std::vector<Known> known_;
};

// Of an answer over MysqlClient's caps.
[[nodiscard]] MysqlResult too_large_result();

}  // namespace probes
