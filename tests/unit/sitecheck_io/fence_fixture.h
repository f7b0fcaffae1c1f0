// A mariadbd with the pool's accounts, and clients that hammer it: what the tests of fence and guard share.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/time.h"
#include "probes/mysql_probe.h"
#include "sitecheck/io/node_closer.h"
#include "tests/support/loop_test.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/mysql_server.h"

namespace sitecheck {

// The least that `sitecheck grants` gives, for the tests of this folder.
inline void make_pool_accounts(const testing_support::MariadbServer& server) {
  server.sql("SET GLOBAL read_only=0");
  server.sql("CREATE USER adm@'127.%' IDENTIFIED BY 'a'");
  server.sql(
      "GRANT READ_ONLY ADMIN, CONNECTION ADMIN, PROCESS, REPLICATION SLAVE ADMIN, REPLICA MONITOR, BINLOG ADMIN, "
      "BINLOG REPLAY ON *.* TO adm@'127.%'");
  server.sql("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON wideip.* TO adm@'127.%'");
  server.sql("CREATE USER mon@'127.%' IDENTIFIED BY 'm'");
  server.sql("GRANT REPLICA MONITOR, BINLOG ADMIN, BINLOG REPLAY ON *.* TO mon@'127.%'");
  server.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON wideip.* TO mon@'127.%'");
  server.sql("CREATE USER repl@'127.%' IDENTIFIED BY 'r'");
  server.sql("GRANT REPLICATION SLAVE ON *.* TO repl@'127.%'");
  server.sql("CREATE DATABASE shop");
  server.sql("CREATE TABLE shop.orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, writer INT, n INT)");
  server.sql("CREATE USER app@'127.%' IDENTIFIED BY 'app'");
  server.sql("GRANT SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON shop.* TO app@'127.%'");
  server.sql("RESET MASTER");
}

inline void make_pool_accounts(const testing_support::MysqlServer& server) {
  if (!server.sql("SHOW VARIABLES LIKE 'super_read_only'").empty()) server.sql("SET GLOBAL super_read_only=0");
  server.sql("SET GLOBAL read_only=0");
  server.sql("CREATE USER adm@'127.%' IDENTIFIED BY 'a'");
  server.sql("GRANT SUPER, PROCESS, REPLICATION CLIENT ON *.* TO adm@'127.%'");
  server.sql("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON wideip.* TO adm@'127.%'");
  server.sql("CREATE USER mon@'127.%' IDENTIFIED BY 'm'");
  server.sql("GRANT REPLICATION CLIENT ON *.* TO mon@'127.%'");
  server.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON wideip.* TO mon@'127.%'");
  server.sql("CREATE USER repl@'127.%' IDENTIFIED BY 'r'");
  server.sql("GRANT REPLICATION SLAVE ON *.* TO repl@'127.%'");
  server.sql("CREATE DATABASE shop");
  server.sql("CREATE TABLE shop.orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, writer INT, n INT)");
  server.sql("CREATE USER app@'127.%' IDENTIFIED BY 'app'");
  server.sql("GRANT SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON shop.* TO app@'127.%'");
  server.sql("RESET MASTER");
}

inline probes::MysqlTarget admin_of(const testing_support::DatabaseServer& server) {
  return {"127.0.0.1", server.port(), "adm", "a", {"SET SESSION lock_wait_timeout=1, sql_mode=''"}};
}
inline CloserOptions closer_of(const testing_support::DatabaseServer& server) {
  return {"db", admin_of(server), {"adm", "mon", "repl"}, server.pid_file(), nullptr};
}

// Threads that insert as fast as they can, each over a connection of its own, reconnecting when it breaks.
class Writers {
 public:
  // `source`: the local address they come from. `pause`: before a new connection, as pools do; none hammers.
  Writers(const testing_support::DatabaseServer& server, int count, std::string source = "",
          std::chrono::milliseconds pause = {})
      : source_(std::move(source)), pause_(pause) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, port = server.port(), i] { run(port, i); });
  }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  ~Writers() { stop(); }

  void stop() {
    stopping_ = true;
    for (auto& t : threads_) t.join();
    threads_.clear();
  }
  // When the statement of the last acknowledged insert began.
  [[nodiscard]] base::Instant last_begun() const { return base::Instant(base::Duration(last_begun_.load())); }
  // When an answer came last, give or take a few threads.
  [[nodiscard]] base::Instant last_acknowledged() const {
    return base::Instant(base::Duration(last_acknowledged_.load()));
  }
  [[nodiscard]] int acknowledged() const { return acknowledged_; }

 private:
  void run(std::uint16_t port, int number) {
    while (!stopping_) {
      MYSQL* m = mysql_init(nullptr);
      const unsigned limit_s = 1;  // a client that is cut off may hear nothing
      mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &limit_s);
      mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &limit_s);
      if (!source_.empty()) mysql_options(m, MYSQL_OPT_BIND, source_.c_str());
      if (mysql_real_connect(m, "127.0.0.1", "app", "app", "shop", port, nullptr, 0) != nullptr) {
        const std::string sql = "INSERT INTO orders (writer, n) VALUES (" + std::to_string(number) + ", 1)";
        while (!stopping_) {
          const auto begun = base::read_boot_clock();
          if (mysql_real_query(m, sql.data(), sql.size()) != 0) break;
          ++acknowledged_;
          last_acknowledged_ = base::read_boot_clock().time_since_epoch().count();
          auto last = last_begun_.load();
          const auto mine = begun.time_since_epoch().count();
          while (last < mine && !last_begun_.compare_exchange_weak(last, mine)) {
          }
        }
      }
      mysql_close(m);
      if (!stopping_) std::this_thread::sleep_for(pause_);
    }
  }

  std::string source_;
  std::chrono::milliseconds pause_;  // before a new connection
  std::atomic<bool> stopping_{false};
  std::atomic<int> acknowledged_{0};
  std::atomic<base::Duration::rep> last_begun_{0};
  std::atomic<base::Duration::rep> last_acknowledged_{0};
  std::vector<std::thread> threads_;
};

// Clients that log in all the time and stay, as connection pools do that were thrown out; of many, the newest.
class Arrivals {
 public:
  Arrivals(const testing_support::DatabaseServer& server, int count) : running_(count) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, port = server.port()] { run(port); });
  }
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;
  ~Arrivals() {
    end();
    for (const auto& each : sessions_) mysql_close(each.client);
  }

  // No more of them come; those that are there stay. Until the last one came, ended() is false.
  void stop() { ending_ = true; }
  [[nodiscard]] bool ended() const { return running_ == 0; }
  void end() {
    stop();
    for (auto& t : threads_) t.join();
    threads_.clear();
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard hold(lock_);
    return sessions_.size();
  }
  // Ids, for the server, of those that had logged in before that moment.
  [[nodiscard]] std::vector<unsigned long> before(base::Instant moment) {
    const std::lock_guard hold(lock_);
    std::vector<unsigned long> out;
    for (const auto& each : sessions_) {
      if (each.since < moment) out.push_back(mysql_thread_id(each.client));
    }
    return out;
  }

 private:
  struct Session {
    MYSQL* client;
    base::Instant since;
  };
  void run(std::uint16_t port) {
    come(port);
    --running_;
  }
  void come(std::uint16_t port) {
    constexpr std::size_t kMany = 100;  // under max_connections
    while (!ending_) {
      MYSQL* m = mysql_init(nullptr);
      if (mysql_real_connect(m, "127.0.0.1", "app", "app", "shop", port, nullptr, 0) == nullptr) {
        mysql_close(m);
        continue;
      }
      MYSQL* oldest = nullptr;
      {
        const std::lock_guard hold(lock_);
        sessions_.push_back({m, base::read_boot_clock()});
        if (sessions_.size() > kMany) {
          oldest = sessions_.front().client;
          sessions_.pop_front();
        }
      }
      if (oldest != nullptr) mysql_close(oldest);
    }
  }

  std::atomic<bool> ending_{false};
  std::atomic<int> running_;
  std::mutex lock_;  // guards sessions_
  std::deque<Session> sessions_;
  std::vector<std::thread> threads_;
};

}  // namespace sitecheck
