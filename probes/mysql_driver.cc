#include "probes/mysql_driver.h"

#include <mysql.h>
//
#include <errmsg.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace probes {

namespace {

// Seconds; a ceiling for the library's own waits. MysqlClient's timers, in milliseconds, come first.
constexpr unsigned kLibraryTimeout = 60;
// Bytes of the stack on which the library runs an operation; its own default, 60 KB, is little for loading a plugin and
// for the RSA of caching_sha2_password. What is not touched takes no memory.
constexpr std::size_t kStack = 256U << 10U;
// An aborted operation unwinds in a few steps; more would be a fault of the library.
constexpr int kMaxUnwind = 64;

enum class Phase : std::uint8_t { kIdle, kConnect, kQuery, kFetch, kNext };

}  // namespace

struct MysqlDriver::State {
  explicit State(const MysqlTarget& t) : target(t) {}

  const MysqlTarget& target;
  MYSQL mysql{};
  Phase phase = Phase::kIdle;
  MYSQL* connected_to = nullptr;
  int query_status = 0;
  MYSQL_RES* rows = nullptr;
  MYSQL_ROW row = nullptr;
  std::size_t bytes = 0;
  bool usable = false;
  MysqlResult result;                // of the statement under way
  std::vector<MysqlResult> results;  // of those before it

  void encrypt(const MysqlTls& tls);
  void refuse_clear();
  Step start_connect();
  Step start_query(const std::string& sql);
  Step advance(int library_wait);
  Step after_query();
  Step fetch();
  Step next();
  bool keep_row();
  void drop_rows();
  Step finish();
  void fail_from_library(bool connecting);
};

// With verify, a server that offers no TLS is refused before it hears of the account. Without, the library goes on in
// the clear, whatever it was told to enforce: refuse_clear() ends that.
void MysqlDriver::State::encrypt(const MysqlTls& tls) {
  const auto path = [](const std::string& file) { return file.empty() ? nullptr : file.c_str(); };
  const my_bool yes = 1;
  const my_bool verify = tls.verify ? 1 : 0;
  mysql_ssl_set(&mysql, path(tls.key), path(tls.cert), path(tls.ca), nullptr, nullptr);
  mysql_options(&mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
  mysql_options(&mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

// In the library's own words.
void MysqlDriver::State::refuse_clear() {
  result.fault = MysqlFault::kUnreachable;
  result.code = CR_SSL_CONNECTION_ERROR;
  result.message = "TLS/SSL error: SSL is required, but the server does not support it";
}

MysqlDriver::Step MysqlDriver::State::start_connect() {
  phase = Phase::kConnect;
  const int wait =
      mysql_real_connect_start(&connected_to, &mysql, target.host.c_str(), target.user.c_str(), target.password.c_str(),
                               nullptr, target.port, nullptr, target.several ? CLIENT_MULTI_STATEMENTS : 0);
  return advance(wait);
}

MysqlDriver::Step MysqlDriver::State::start_query(const std::string& sql) {
  phase = Phase::kQuery;
  return advance(mysql_real_query_start(&query_status, &mysql, sql.data(), sql.size()));
}

// `library_wait` is 0 when the phase's operation is done, else the library's MYSQL_WAIT_* bits.
MysqlDriver::Step MysqlDriver::State::advance(int library_wait) {
  if (library_wait != 0) {
    int wait = 0;
    if ((library_wait & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT)) != 0) wait |= kReadable;
    if ((library_wait & MYSQL_WAIT_WRITE) != 0) wait |= kWritable;
    return {false, wait};
  }
  switch (phase) {
    case Phase::kConnect:
      if (connected_to == nullptr) {
        fail_from_library(true);
      } else if (target.tls && mysql_get_ssl_cipher(&mysql) == nullptr) {
        refuse_clear();
      } else {
        usable = true;
      }
      return finish();
    case Phase::kQuery:
    case Phase::kNext: return after_query();
    case Phase::kFetch: return keep_row() ? fetch() : next();
    case Phase::kIdle: break;
  }
  return {};
}

// The answer to the statement after the one just read, if there is one.
MysqlDriver::Step MysqlDriver::State::next() {
  if (!result.ok() || !mysql_more_results(&mysql)) return finish();
  results.push_back(std::exchange(result, {}));
  phase = Phase::kNext;
  return advance(mysql_next_result_start(&query_status, &mysql));
}

MysqlDriver::Step MysqlDriver::State::after_query() {
  if (query_status != 0) {
    fail_from_library(false);
    return finish();
  }
  rows = mysql_use_result(&mysql);
  if (rows == nullptr) {
    if (mysql_field_count(&mysql) != 0) fail_from_library(false);
    result.affected = mysql_affected_rows(&mysql);
    return next();
  }
  const MYSQL_FIELD* fields = mysql_fetch_fields(rows);
  result.columns.reserve(mysql_num_fields(rows));
  for (unsigned i = 0; i < mysql_num_fields(rows); ++i) result.columns.emplace_back(fields[i].name);
  phase = Phase::kFetch;
  return fetch();
}

MysqlDriver::Step MysqlDriver::State::fetch() {
  for (;;) {
    const int wait = mysql_fetch_row_start(&row, rows);
    if (wait != 0) return advance(wait);
    if (!keep_row()) return next();
  }
}

// False at the end of the rows, be it good or bad.
bool MysqlDriver::State::keep_row() {
  if (row == nullptr) {
    if (mysql_errno(&mysql) != 0) fail_from_library(false);
    drop_rows();
    return false;
  }
  const unsigned count = mysql_num_fields(rows);
  const unsigned long* sizes = mysql_fetch_lengths(rows);
  MysqlRow kept(count);
  for (unsigned i = 0; i < count; ++i) {
    if (row[i] == nullptr) continue;
    kept[i].emplace(row[i], sizes[i]);
    bytes += sizes[i];
  }
  if (result.rows.size() >= MysqlClient::kMaxRows || bytes > MysqlClient::kMaxResultBytes) {
    result = {};
    result.fault = MysqlFault::kTooLarge;
    result.message = "the result exceeds " + std::to_string(MysqlClient::kMaxRows) + " rows or " +
                     std::to_string(MysqlClient::kMaxResultBytes) + " bytes";
    usable = false;
    return false;
  }
  result.rows.push_back(std::move(kept));
  return true;
}

void MysqlDriver::State::drop_rows() {
  if (rows != nullptr) mysql_free_result(rows);  // all rows were read: this waits for nothing
  rows = nullptr;
}

MysqlDriver::Step MysqlDriver::State::finish() {
  phase = Phase::kIdle;
  bytes = 0;
  return {};
}

void MysqlDriver::State::fail_from_library(bool connecting) {
  result.code = mysql_errno(&mysql);
  result.message = mysql_error(&mysql);
  const bool from_library = result.code >= CR_MIN_ERROR && result.code <= CR_MAX_ERROR;
  if (from_library || result.code == 0) {
    result.fault = connecting ? MysqlFault::kUnreachable : MysqlFault::kLost;
    // The library tells the system's error number in its text only: "Can't connect to server on 'H' (111)".
    result.refused = connecting && result.message.ends_with("(" + std::to_string(ECONNREFUSED) + ")");
    usable = false;
  } else {
    result.fault = MysqlFault::kServer;
    if (connecting) usable = false;
  }
}

MysqlDriver::MysqlDriver(const MysqlTarget& target) : state_(std::make_unique<State>(target)) {
  MYSQL* m = &state_->mysql;
  mysql_init(m);
  const unsigned timeout = kLibraryTimeout;
  const my_bool no = 0;
  const unsigned no_infile = 0;
  mysql_options(m, MYSQL_OPT_NONBLOCK, &kStack);
  mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
  mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &timeout);
  mysql_options(m, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
  mysql_options(m, MYSQL_OPT_RECONNECT, &no);
  mysql_options(m, MYSQL_OPT_LOCAL_INFILE, &no_infile);  // a server may not ask this process for its files
  mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options4(m, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "wideip");
  if (target.tls) state_->encrypt(*target.tls);
}

MysqlDriver::~MysqlDriver() {
  if (state_->phase != Phase::kIdle || !state_->usable) abort();
  mysql_close(&state_->mysql);
}

MysqlDriver::Step MysqlDriver::connect() { return state_->start_connect(); }

MysqlDriver::Step MysqlDriver::query(const std::string& sql) { return state_->start_query(sql); }

MysqlDriver::Step MysqlDriver::resume(int ready) {
  State& s = *state_;
  int events = 0;
  if ((ready & kReadable) != 0) events |= MYSQL_WAIT_READ;
  if ((ready & kWritable) != 0) events |= MYSQL_WAIT_WRITE;
  switch (s.phase) {
    case Phase::kConnect: return s.advance(mysql_real_connect_cont(&s.connected_to, &s.mysql, events));
    case Phase::kQuery: return s.advance(mysql_real_query_cont(&s.query_status, &s.mysql, events));
    case Phase::kFetch: return s.advance(mysql_fetch_row_cont(&s.row, s.rows, events));
    case Phase::kNext: return s.advance(mysql_next_result_cont(&s.query_status, &s.mysql, events));
    case Phase::kIdle: break;
  }
  return {};
}

std::vector<MysqlResult> MysqlDriver::take_results() {
  auto all = std::exchange(state_->results, {});
  all.push_back(std::exchange(state_->result, {}));
  return all;
}

// The library runs each operation on a stack of its own, which holds the only pointer to the half-open socket; so the
// operation is told that its time is up and unwinds by itself. The socket is shut first: mysql_close() would otherwise
// write a farewell to a server that may not read.
void MysqlDriver::abort() {
  State& s = *state_;
  if (const int descriptor = fd(); descriptor >= 0) ::shutdown(descriptor, SHUT_RDWR);
  for (int i = 0; i < kMaxUnwind && s.phase != Phase::kIdle; ++i) {
    int wait = 0;
    switch (s.phase) {
      case Phase::kConnect: wait = mysql_real_connect_cont(&s.connected_to, &s.mysql, MYSQL_WAIT_TIMEOUT); break;
      case Phase::kQuery: wait = mysql_real_query_cont(&s.query_status, &s.mysql, MYSQL_WAIT_TIMEOUT); break;
      case Phase::kFetch: wait = mysql_fetch_row_cont(&s.row, s.rows, MYSQL_WAIT_TIMEOUT); break;
      case Phase::kNext: wait = mysql_next_result_cont(&s.query_status, &s.mysql, MYSQL_WAIT_TIMEOUT); break;
      case Phase::kIdle: break;
    }
    if (wait == 0) s.phase = Phase::kIdle;
  }
  s.phase = Phase::kIdle;
  s.drop_rows();
  s.usable = false;
}

int MysqlDriver::fd() const { return mysql_get_socket(&state_->mysql); }

std::string MysqlDriver::server_version() const {
  const char* text = state_->usable ? mysql_get_server_info(&state_->mysql) : nullptr;
  return text == nullptr ? "" : text;
}

std::uint64_t MysqlDriver::connection_id() const { return state_->usable ? mysql_thread_id(&state_->mysql) : 0; }

bool MysqlDriver::usable() const { return state_->usable; }

}  // namespace probes
