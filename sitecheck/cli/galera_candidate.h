// `sitecheck galera-candidate POOL`: after a whole cluster went down, which of its nodes has to be started first, by
// what evidence, and by what command. It starts no cluster itself.
#pragma once

#include "base/io/command_line.h"

namespace sitecheck::cli {

[[nodiscard]] io::CommandSpec galera_candidate_command();

}  // namespace sitecheck::cli
