// A private mysqld of Oracle's for tests, of the binaries that contrib/mysql-servers fetched: none there, no test.
#pragma once

#include "tests/support/mariadb_server.h"

namespace testing_support {

enum class MysqlVersion { k56, k57 };

inline std::string name(MysqlVersion v) { return v == MysqlVersion::k56 ? "5.6" : "5.7"; }

// Where `version` was unpacked: $WIDEIP_MYSQL/VERSION, else mysql/VERSION in the build folder that this program was
// made in; "" if it is not there.
inline std::filesystem::path mysql_folder(MysqlVersion version) {
  std::vector<std::filesystem::path> places;
  if (const char* told = std::getenv("WIDEIP_MYSQL"); told != nullptr) places.emplace_back(told);
  std::error_code ignored;
  auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (; !folder.empty() && folder != folder.root_path(); folder = folder.parent_path()) {
    places.push_back(folder / "mysql");
    if (folder.filename() == "build") break;
  }
  for (const auto& place : places) {
    if (std::filesystem::exists(place / name(version) / "mysqld")) return place / name(version);
  }
  return {};
}

class MysqlServer final : public DatabaseServer {
 public:
  MysqlServer(MysqlVersion version, int server_id) : version_(version), server_id_(server_id) {
    std::filesystem::copy(template_of(version), data(), std::filesystem::copy_options::recursive);
    std::filesystem::remove(data() / "auto.cnf");  // each server makes its own server_uuid
    start();
  }

 private:
  static std::string share(MysqlVersion v) {
    const auto folder = mysql_folder(v) / "share";
    return std::filesystem::exists(folder / "mysql") ? folder / "mysql" : folder;
  }
  static std::vector<std::string> begin(MysqlVersion v) {
    std::vector<std::string> out = {mysql_folder(v) / "mysqld",      "--no-defaults",
                                    "--user=" + current_user(),      "--basedir=" + mysql_folder(v).string(),
                                    "--lc-messages-dir=" + share(v), "--explicit-defaults-for-timestamp"};
    if (v == MysqlVersion::k57) out.insert(out.end(), {"--secure-file-priv=", "--log-syslog=0"});
    return out;
  }
  // 5.6 came with a data directory, 5.7 makes one.
  static std::filesystem::path template_of(MysqlVersion v) {
    if (v == MysqlVersion::k56) return mysql_folder(v) / "data" / "mysql";
    static const TemporaryFolder folder;
    static const std::filesystem::path data = [v] {
      auto args = begin(v);
      args.insert(args.end(), {"--initialize-insecure", "--datadir=" + (folder.path() / "template").string(),
                               "--tmpdir=" + folder.path().string(), "--innodb-log-file-size=8M"});
      if (run_command(args, folder.path() / "install.log") != 0) throw std::runtime_error("mysqld --initialize failed");
      return folder.path() / "template";
    }();
    return data;
  }
  [[nodiscard]] std::vector<std::string> command() const override {
    auto args = begin(version_);
    args.insert(args.end(), {"--datadir=" + data().string(),
                             "--tmpdir=" + tmpdir(),
                             "--socket=" + socket(),
                             "--bind-address=127.0.0.1",
                             "--port=" + std::to_string(port()),
                             "--server-id=" + std::to_string(server_id_),
                             "--gtid-mode=ON",
                             "--enforce-gtid-consistency",
                             "--log-bin=bin",
                             "--log-slave-updates",
                             "--binlog-format=ROW",
                             "--relay-log=relay",
                             "--skip-name-resolve",
                             "--innodb-buffer-pool-size=16M",
                             "--innodb-flush-log-at-trx-commit=2",
                             "--performance-schema=OFF",
                             "--skip-slave-start",
                             "--master-info-repository=TABLE",
                             "--relay-log-info-repository=TABLE",
                             "--max-connections=800",
                             "--pid-file=" + pid_file().string()});
    if (version_ == MysqlVersion::k57) args.insert(args.end(), {"--innodb-log-file-size=8M", "--ssl=0"});
    return args;
  }

  MysqlVersion version_;
  int server_id_;
};

}  // namespace testing_support
