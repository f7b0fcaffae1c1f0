// What dnsd must remember over a restart: for each member the highest epoch accepted, and for each wide-IP the answer
// last accepted. Kept on disk in two slots; written before a decision that changed it is published (protocol.md
// section 3, "dnsd").
//
// An epoch accepted for a wide-IP counts for every member of it, so two wide-IPs over the same sites share what they
// know, while pools that merely have the same name elsewhere do not.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io/state_file.h"
#include "base/result.h"
#include "base/time.h"
#include "dnsd/decide/types.h"

namespace control {

class Ledger {
 public:
  struct Answer {
    decide::Answered answered;
    base::WallTime accepted;  // for people
    bool operator==(const Answer&) const = default;
  };

  // What is known of this wide-IP.
  [[nodiscard]] decide::Durable recall(const decide::WideIp& wideip) const;
  void record(const decide::WideIp& wideip, const decide::Durable& durable, base::WallTime now);
  // Lets the members of that pool count from 1 again; false if nothing was known of it.
  bool forget(const std::string& pool);

  [[nodiscard]] ecv::Epoch highest(const decide::MemberId& id) const;
  [[nodiscard]] const Answer* answer(const std::string& wideip) const;
  [[nodiscard]] bool operator==(const Ledger&) const = default;

  // JSON. Error: not such a text; names what is wrong.
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static base::Result<Ledger> decode(std::string_view text);

 private:
  std::map<decide::MemberId, ecv::Epoch> highest_;
  std::map<std::string, Answer> answers_;
};

// The ledger and its file.
class LedgerFile {
 public:
  explicit LedgerFile(const std::filesystem::path& path) : file_(path, 1) {}

  // The ledger as last written; empty if there is none yet, or none that can be read (logged as an alarm: the next
  // claim that is live will be believed whatever its epoch). Error: the slots are there but cannot be used, since they
  // belong to a newer program or the operating system refuses; starting would destroy or miss what they hold.
  [[nodiscard]] base::Result<Ledger> load();
  // When it returns without error, the ledger is on the disk.
  [[nodiscard]] base::Result<void> store(const Ledger& ledger) { return file_.store(ledger.encode()); }

 private:
  io::StateFile file_;
};

}  // namespace control
