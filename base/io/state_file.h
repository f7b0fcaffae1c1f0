// Small state that must survive a crash in the middle of its writing: two slots, PATH.0 and PATH.1, written in turn.
// Each carries a version, a sequence number, its length and a SHA-256 over all of them; file and folder are fsynced
// before store() returns (protocol.md section 3: epochs are persisted before acting).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace io {

enum class SlotFault : std::uint8_t {
  kNone,
  kMissing,     // no such file
  kTorn,        // shorter than it says: its write never finished, so nothing was done that relied on it
  kCorrupt,     // checksum, magic or length wrong
  kVersion,     // written by a newer program
  kUnreadable,  // the operating system refuses
};
[[nodiscard]] std::string_view name(SlotFault f);

struct StateLoad {
  // kNone: `content` is the newest valid slot. Else no slot is valid, and this is the worst reason: kMissing only if
  // both are missing.
  SlotFault fault = SlotFault::kMissing;
  std::string content;
  std::uint64_t seq = 0;  // of `content`; grows with each store
  // Content was loaded, but the other slot is corrupt or unreadable and may have been the newer one: what it held may
  // be lost; so may a slot that is missing though there was more than one store. A torn slot does not set it.
  bool newer_may_be_lost = false;
  std::string detail;  // of both slots, for people; empty if all is well
};

class StateFile {
 public:
  // Touches nothing yet. `version` is the content's format, 1 to 255; slots of a higher one are not read.
  explicit StateFile(std::filesystem::path path, std::uint8_t version = 1);

  [[nodiscard]] StateLoad load();
  // Writes `content` into the older (or broken) slot. When it returns without error, the content is on the disk; on
  // an error the content before is still there. Loads first if load() was not called. At most 16 MiB.
  [[nodiscard]] base::Result<void> store(std::string_view content);
  // Of the content last loaded or stored; 0: none.
  [[nodiscard]] std::uint64_t seq() const { return seq_; }

 private:
  [[nodiscard]] std::filesystem::path slot(unsigned index) const;

  std::filesystem::path path_;
  std::uint8_t version_;
  bool loaded_ = false;
  std::uint64_t seq_ = 0;  // the highest known
  unsigned next_ = 0;      // slot to write
  bool other_is_broken_ = false;
};

}  // namespace io
