// The `check` command of both programs: faults, or what the configuration implies.
#pragma once

#include <iosfwd>
#include <string>

#include "conf/load.h"

namespace conf {

// Prints every fault; or the implications and the warnings. As text, faults go to `err` and the rest to `out`; as JSON
// all goes to `out` in one object {"ok","faults","warnings","implies"} (conf/schema). Gives the exit status: 0, or 2
// if there are faults.
// `against`: the text of a JSON object, for the member of that name; empty: none.
int print_check(const Loaded<Dnsd>& loaded, bool json, std::ostream& out, std::ostream& err,
                const std::string& against = "");
int print_check(const Loaded<Sitecheck>& loaded, bool json, std::ostream& out, std::ostream& err);

// One line each, then their number.
void print_faults(const std::vector<Fault>& faults, std::ostream& err);

}  // namespace conf
