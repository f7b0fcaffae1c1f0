// An Outside made of text: files and variables in memory.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "conf/load.h"

namespace conf::test {

inline constexpr const char* kSecret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

struct Files {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> variables;
  std::vector<std::string> readable_by_all;

  [[nodiscard]] Outside outside() const {
    Outside out;
    out.read = [this](const std::filesystem::path& path) -> base::Result<std::string> {
      const auto file = files.find(path.string());
      if (file == files.end()) return base::fail("cannot open " + path.string() + ": No such file or directory");
      return file->second;
    };
    out.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto variable = variables.find(name);
      return variable == variables.end() ? std::nullopt : std::optional(variable->second);
    };
    out.glob = [this](const std::filesystem::path& pattern) {
      // One '*' is all that the tests need.
      const std::string text = pattern.string();
      const auto star = text.find('*');
      std::vector<std::filesystem::path> found;
      for (const auto& [name, content] : files) {
        if (name.starts_with(text.substr(0, star)) && name.ends_with(text.substr(star + 1))) found.emplace_back(name);
      }
      return found;
    };
    out.unreadable = [this](const std::filesystem::path& path) -> std::optional<std::string> {
      if (files.contains(path.string())) return std::nullopt;
      return "cannot open " + path.string() + ": No such file or directory";
    };
    out.world_readable = [this](const std::filesystem::path& path) {
      return std::find(readable_by_all.begin(), readable_by_all.end(), path.string()) != readable_by_all.end();
    };
    return out;
  }
};

// Every fault on a line.
inline std::string lines(const std::vector<Fault>& faults) {
  std::string out;
  for (const auto& fault : faults) out += to_string(fault) + "\n";
  return out;
}

// `text` with the first `what` replaced.
inline std::string with(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at == std::string::npos) throw std::invalid_argument("the text has no " + what);
  return text.replace(at, what.size(), by);
}

inline const std::string kDnsd = R"(server:
  id: ns1
  listen: ["127.0.0.1@53"]
stats: {listen: "127.0.0.1@8053"}
relay: {listen: "0.0.0.0@8055"}
keys:
  - {id: d1, file: ecv.key, for: dnsd}
sites:
  site1: {ecv: ["http://10.0.11.1:8054", "http://192.0.2.11:8054"], peer: ["10.0.11.1@8055"]}
  site2: {ecv: ["http://10.0.12.1:8054", "http://192.0.2.12:8054"], peer: ["10.0.12.1@8055"]}
zones:
  - {origin: example.com, file: example.com.zone}
wideips:
  - name: mysql.example.com
    method: active_writer
    ttl: 5
    min_ttl: 1
    on_none: {hold: 5m, then: servfail}
    members:
      - {site: site1, pool: main, address: [192.0.2.11, "2001:db8:1::11"]}
      - {site: site2, pool: main, address: [198.51.100.11]}
)";

inline const std::string kSitecheck = R"(site: {name: site1, id: 1}
ecv: {listen: "0.0.0.0@8054"}
peer: {listen: "0.0.0.0@8055"}
keys:
  - {id: p1, file: ecv.key, for: peers}
  - {id: d1, file: ecv.key, for: dnsd}
peers:
  - {site: site2, id: 2, addr: ["10.0.12.1@8055", "198.51.100.11@8055"]}
arbiter: {mode: checkpoints, on_silence: promote, preset: lan}
checkpoints:
  - {id: a, scope: external, tcp: "203.0.113.1@443"}
  - {id: b, scope: external, tcp: "203.0.113.2@443"}
  - {id: c, scope: external, http: "http://203.0.113.3/"}
pools:
  - name: main
    service: 192.0.2.11@3306
    monitor: {user: mon, password_file: password}
    admin: {user: adm, password_file: password}
    replication: {user: repl, password_file: password}
    nodes:
      - {name: db1, address: 10.0.11.2, priority: 1, replicate_from: 10.0.12.2@3306, pid_file: /run/mysqld/mysqld.pid}
      - {name: db2, address: 10.0.12.2, site: site2}
)";

inline Files good_files() {
  return {{{"ecv.key", std::string(kSecret) + "\n"}, {"password", "secret\n"}, {"example.com.zone", ""}}, {}, {}};
}

inline Loaded<Dnsd> dnsd(const std::string& text, const Files& files = good_files()) {
  return load_dnsd_text(text, "dnsd.yaml", files.outside());
}
inline Loaded<Sitecheck> sitecheck(const std::string& text, const Files& files = good_files()) {
  return load_sitecheck_text(text, "sitecheck.yaml", files.outside());
}

}  // namespace conf::test
