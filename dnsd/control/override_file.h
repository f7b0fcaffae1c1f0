// Where orders survive a restart: STATE_DIR/overrides.0 and .1, two slots with checksums (base/io/state_file.h).
#pragma once

#include <filesystem>
#include <optional>

#include "base/io/state_file.h"
#include "base/result.h"
#include "dnsd/control/overrides.h"

namespace control {

class OverrideFile {
 public:
  explicit OverrideFile(std::filesystem::path path);

  // The orders as last written, those that ended meanwhile too. Whatever cannot be read is told as an error, with its
  // place, and a copy of the file is kept beside it as PATH.0.bad or PATH.1.bad; all that can be read is in force: an
  // order that is lost would send clients to a drained member, and a daemon that does not start would send them
  // nowhere.
  [[nodiscard]] OrderList load(Now now);
  // When it returns without error, the orders are on the disk. On an error those before are.
  [[nodiscard]] base::Result<void> store(const OrderList& list);

 private:
  void keep_aside() const;

  std::filesystem::path path_;
  std::string boot_id_;  // of the running kernel; empty: unknown
  io::StateFile file_;
};

}  // namespace control
