// The service address of a pool, tested from outside (protocol.md section 3): what this site finds at the other sites,
// and what they and the dnsds find here. Internal to this folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "ecv/datagram.h"
#include "sitecheck/core/view.h"

namespace core {

class ServiceViews {
 public:
  // A test of the address of `site` is over. Up after one success; down after `fall` failures in a row, but never
  // before it was up: an address that nobody ever reached, a typing error or a firewall, must move no writer.
  void tested(const std::string& site, bool ok, int fall);
  // A test failed while nothing at all was heard of `site`: the row of failures begins anew.
  void unheard(const std::string& site);
  // What this site finds at `site`; kUnknown until it can tell.
  [[nodiscard]] ecv::ServiceView at(const std::string& site) const;

  // What a dnsd finds here. At most 16 dnsds are remembered.
  void told(const std::string& dnsd, ecv::ServiceView found, base::Instant now);
  struct Voices {
    int up = 0;
    int down = 0;
  };
  // Of the dnsds heard within `lately`; one that never tests says kUnknown and does not count.
  [[nodiscard]] Voices dnsds(base::Instant now, base::Duration lately) const;
  [[nodiscard]] std::vector<ServiceVoice> voices(base::Instant now, base::Duration lately) const;

 private:
  struct Test {
    int failures = 0;
    ecv::ServiceView found = ecv::ServiceView::kUnknown;
  };
  struct Voice {
    ecv::ServiceView found = ecv::ServiceView::kUnknown;
    base::Instant at;
  };
  std::map<std::string, Test> tests_;
  std::map<std::string, Voice> dnsds_;
};

}  // namespace core
