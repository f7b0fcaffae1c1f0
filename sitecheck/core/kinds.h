// The kinds of pools: by name, what each is for, what it demands of the configuration, and how its brain is made.
// conf/kind_table.h has the same names for those who cannot include this; a test holds the two together.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sitecheck/core/brain.h"

namespace core {

struct Kind {
  std::string_view name;  // as the configuration says it
  std::string_view help;  // one sentence, as the manual has it
  // The sites agree on one writer, by epoch and arbiter, and what may not write is fenced: it needs the admin account
  // and takes a guard. Otherwise the nodes are watched only, and nothing is ever changed at them.
  bool arbitrated = false;
  int most_local_nodes = 0;  // 0: any number
  std::unique_ptr<Brain> (*make)(const Place& place) = nullptr;
};

// failover first; then the others.
[[nodiscard]] std::span<const Kind> builtin_kinds();
// Null: there is none of that name.
[[nodiscard]] const Kind* find_kind(std::span<const Kind> kinds, std::string_view name);

// Each in its own file.
[[nodiscard]] Kind failover_kind();      // pool.cc
[[nodiscard]] Kind multi_writer_kind();  // multi_writer.cc
[[nodiscard]] Kind single_kind();        // single.cc

}  // namespace core
