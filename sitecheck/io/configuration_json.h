// The configuration that a sitecheck runs with, for people and scripts; no secrets.
#pragma once

#include <string>

#include "conf/sitecheck.h"

namespace sitecheck {

// The schema Configuration of conf/schema/sitecheck.openapi.json, as text.
[[nodiscard]] std::string configuration_json(const conf::Sitecheck& conf);

}  // namespace sitecheck
