// What the members' latest reports tell beyond their claims: checkpoints, guard, nodes. For the status page; it decides
// nothing. On the control loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dnsd/decide/types.h"
#include "ecv/report.h"

namespace control {

class Told {
 public:
  static constexpr std::size_t kMostNodes = 32;  // of a report, that are shown
  static constexpr std::size_t kMostPools = 50;  // of a site, whose reports are shown

  // Of a site with more pools, those that were there first.
  void take(const decide::MemberId& member, const ecv::Report& report);
  // Members of other configurations are forgotten.
  void keep(const std::vector<decide::MemberId>& members);

  // JSON objects, `Report` in conf/schema/dnsd.openapi.json: of all members that have reported…
  [[nodiscard]] std::vector<std::string> all() const;
  // …or of those that reported otherwise since this was asked last.
  [[nodiscard]] std::vector<std::string> news();

 private:
  struct Entry {
    ecv::Report report;
    bool news = false;
  };
  std::map<decide::MemberId, Entry> members_;
  std::map<std::string, std::size_t> pools_;  // of each site, that are kept
};

}  // namespace control
