// The configured keys of one purpose.
#pragma once

#include "conf/sitecheck.h"
#include "ecv/mac.h"

namespace sitecheck {

[[nodiscard]] inline ecv::KeyRing key_ring(const conf::Sitecheck& conf, ecv::Purpose purpose) {
  std::vector<ecv::Key> keys;
  for (const auto& file : conf.keys) {
    ecv::Key key = file.key;
    key.id = file.id;
    key.purpose = file.purpose;
    keys.push_back(std::move(key));
  }
  return {std::move(keys), purpose};
}

}  // namespace sitecheck
