// What dnsd must remember over a restart: for each member the highest epoch accepted, and for each wide-IP the answer
// last accepted. Kept on disk in two slots; written before a decision that changed it is published (protocol.md
// section 3, "dnsd").
//
// An epoch accepted for a wide-IP counts for every member of it, so two wide-IPs over the same sites share what they
// know, while pools that merely have the same name elsewhere do not.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/io/state_file.h"
#include "base/io/state_log.h"
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

  // What is to be known from now on: written down first, then applied. Its size is that of what changes, not that of
  // the ledger.
  struct Change {
    struct Answers {
      std::vector<std::string> names;
      std::shared_ptr<const Answer> answer;  // shared: names that are decided alike have one
    };
    std::string forgotten;  // a pool whose members count from 1 again, before all else; empty: none
    std::vector<std::pair<decide::MemberId, ecv::Epoch>> highest;
    std::vector<Answers> answers;

    [[nodiscard]] bool empty() const { return forgotten.empty() && highest.empty() && answers.empty(); }
    [[nodiscard]] std::string encode() const;
  };

  // What is known of this wide-IP.
  [[nodiscard]] decide::Durable recall(const decide::WideIp& wideip) const;
  // Adds to `change` what recording this would change: for the members of `wideip`, and for `names`, which are answered
  // alike.
  void compare(const decide::WideIp& wideip, std::span<const std::string> names, const decide::Durable& durable,
               base::WallTime now, Change& change) const;
  // Something is known of a pool of that name.
  [[nodiscard]] bool knows(const std::string& pool) const;
  void apply(const Change& change);
  // Both in one, for one wide-IP.
  void record(const decide::WideIp& wideip, const decide::Durable& durable, base::WallTime now);

  [[nodiscard]] ecv::Epoch highest(const decide::MemberId& id) const;
  [[nodiscard]] const Answer* answer(const std::string& wideip) const;
  // Names that have an answer.
  [[nodiscard]] std::size_t size() const { return answers_.size(); }
  [[nodiscard]] bool operator==(const Ledger& other) const;

  // Lines of text, as those of a change (ledger_text.cc). Error: not such a text; names the line. decode() also takes
  // the JSON that former versions wrote.
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static base::Result<Ledger> decode(std::string_view text);
  // Applies the text of a change. Error: not such a text; the ledger may hold a part of it.
  [[nodiscard]] base::Result<void> take(std::string_view text);

 private:
  void forget(const std::string& pool);

  std::map<decide::MemberId, ecv::Epoch> highest_;
  std::unordered_map<std::string, std::shared_ptr<const Answer>> answers_;  // shared by names with one answer
};

// The ledger and its files: PATH.0 and PATH.1 hold it whole, PATH.log what changed since, if it is large.
class LedgerFile {
 public:
  explicit LedgerFile(const std::filesystem::path& path) : file_(path, 2), log_(path.string() + ".log") {}

  // The ledger as last written; empty if there is none yet, or none that can be read (logged as an alarm: the next
  // claim that is live will be believed whatever its epoch). Error: the files are there but cannot be used, since they
  // belong to a newer program or the operating system refuses; starting would destroy or miss what they hold.
  [[nodiscard]] base::Result<Ledger> load();
  // When it returns without error, the ledger is on the disk.
  [[nodiscard]] base::Result<void> store(const Ledger& ledger);
  // The same for `ledger` with `change` applied; `ledger` is as last stored. A large one costs what the change costs,
  // but now and then is written whole.
  [[nodiscard]] base::Result<void> store(const Ledger& ledger, const Ledger::Change& change);

 private:
  io::StateFile file_;
  io::StateLog log_;
  std::uint64_t whole_ = 0;  // size of what the file holds
};

}  // namespace control
