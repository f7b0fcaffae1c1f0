#include "probes/mysql_exchange.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace probes {

namespace {

constexpr char kQueryCommand = '\x03';  // COM_QUERY

// The library's numbers and words.
constexpr unsigned kGoneAway = 2006;
constexpr unsigned kLost = 2013;
constexpr unsigned kMalformed = 2027;
constexpr const char* kLostText = "Lost connection to server during query";

// What the exchanges of a thread share: of many connections, each is looked at once in a while, and what it had for
// itself would have left the processor's caches by then.
struct Shared {
  std::array<std::uint8_t, std::size_t{64} << 10U> bytes{};
  std::string packet;
  std::unique_ptr<MysqlAnswer> answer;  // null while an exchange holds it
};
Shared& shared() {
  thread_local Shared one;
  return one;
}

bool is_for_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

MysqlExchange::Step MysqlExchange::begin(int fd, const std::string& sql) {
  auto& packet = shared().packet;
  const std::size_t size = sql.size() + 1;
  packet.clear();
  for (unsigned shift = 0; shift < 24; shift += 8) packet += static_cast<char>(size >> shift & 0xffU);
  packet += '\0';  // the first of the exchange
  packet += kQueryCommand;
  packet += sql;
  const auto sent = ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(packet.size())) return {false, MysqlDriver::kReadable};
  if (sent < 0 && !is_for_later()) return lose(kGoneAway, "Server has gone away");
  unsent_ = packet.substr(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  return {false, MysqlDriver::kWritable};
}

MysqlExchange::Step MysqlExchange::resume(int fd) { return unsent_.empty() ? receive(fd) : go_on_sending(fd); }

MysqlExchange::Step MysqlExchange::go_on_sending(int fd) {
  const auto sent = ::send(fd, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && !is_for_later()) return lose(kLost, kLostText);
  if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
  return {false, unsent_.empty() ? MysqlDriver::kReadable : MysqlDriver::kWritable};
}

// At most one buffer a turn of the loop.
MysqlExchange::Step MysqlExchange::receive(int fd) {
  auto& common = shared();
  const auto got = ::recv(fd, common.bytes.data(), common.bytes.size(), MSG_DONTWAIT);
  if (got < 0 && is_for_later()) return {false, MysqlDriver::kReadable};
  if (got <= 0) return lose(kLost, kLostText);
  if (!answer_) {
    answer_ = common.answer ? std::move(common.answer) : std::make_unique<MysqlAnswer>();
    answer_->begin();
  }
  switch (answer_->take(base::ByteView(common.bytes).first(static_cast<std::size_t>(got)))) {
    case MysqlAnswer::Progress::kMore: return {false, MysqlDriver::kReadable};
    case MysqlAnswer::Progress::kMalformed: return lose(kMalformed, "Malformed packet");
    case MysqlAnswer::Progress::kTooLarge: usable_ = false; break;
    case MysqlAnswer::Progress::kWhole: usable_ = !answer_->surplus(); break;
  }
  results_ = answer_->take_results();
  common.answer = std::move(answer_);
  return {};
}

MysqlExchange::Step MysqlExchange::lose(unsigned code, const char* message) {
  if (answer_) results_ = answer_->take_results();
  answer_.reset();
  unsent_.clear();
  usable_ = false;
  MysqlResult lost;
  lost.fault = MysqlFault::kLost;
  lost.code = code;
  lost.message = message;
  results_.push_back(std::move(lost));
  return {};
}

void MysqlExchange::abort() { lose(kLost, kLostText); }

void MysqlExchange::reuse(std::vector<MysqlResult> results) {
  if (auto& answer = shared().answer) answer->reuse(std::move(results));
}

}  // namespace probes
