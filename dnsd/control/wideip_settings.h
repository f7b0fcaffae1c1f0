// A wide-IP's settings as they are in force, in the shape that conf/changes.h compares. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conf/dnsd.h"
#include "conf/setting.h"
#include "dnsd/decide/wideip.h"

namespace control {

// Sorted by path; "wideips[NAME].ttl", "wideips[NAME].members[site1/main].address"… Defaults stand there too, so that
// what is written otherwise but means the same does not differ.
[[nodiscard]] std::vector<conf::Setting> settings_of(const decide::WideIp& wideip, const std::string& service_test);

// Sixteen hexadecimal digits: equal for wide-IPs that cannot be decided differently.
[[nodiscard]] std::string digest_of(const decide::WideIp& wideip);
// The same but for its name and its members' addresses.
[[nodiscard]] std::string digest_of_alike(decide::WideIp wideip);

// "port 3306, every 1s, within 1s, 3 failures, as wideip_probe", or "off". No password.
[[nodiscard]] std::string text_of(const conf::ServiceTest& test);

// The texts of the service tests of very many wide-IPs, each kept once.
class ServiceTexts {
 public:
  void configure(const std::vector<conf::WideIp>& wideips);
  // Of the wide-IP at that place of the configuration; empty if there is none.
  [[nodiscard]] std::string at(std::size_t index) const;

 private:
  std::vector<std::string> texts_;
  std::vector<std::uint32_t> of_;
};

}  // namespace control
