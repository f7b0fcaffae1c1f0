// What a reload cannot change, and what it changes without a word of it in the text. Pure.
#pragma once

#include <string>
#include <vector>

#include "conf/sitecheck.h"

namespace sitecheck {

// Keys of the settings that differ and are fixed while the process runs ("site.name"), each with what to do where a
// restart alone does not do; empty: a reload can do it. Who this site is, its arbiter, its times and its other parties
// are fixed because promises to other sites stand on them.
[[nodiscard]] std::vector<std::string> fixed_differences(const conf::Sitecheck& before, const conf::Sitecheck& after);

// Secrets whose files have another content: "~ password of monitor of pool main", never the content.
[[nodiscard]] std::vector<std::string> secret_changes(const conf::Sitecheck& before, const conf::Sitecheck& after);

}  // namespace sitecheck
