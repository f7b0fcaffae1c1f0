#include "dnsd/control/ledger.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace control {

namespace {

// A ledger of so many names is written whole at each change: that is as fast as anything else.
constexpr std::size_t kSmall = 256;
// A log that is longer than what it extends, and than this, is given up for a new whole.
constexpr std::uint64_t kLeastLog = std::uint64_t{1} << 20;

}  // namespace

decide::Durable Ledger::recall(const decide::WideIp& wideip) const {
  decide::Durable out;
  for (const decide::Member& member : wideip.members) {
    const ecv::Epoch known = highest(member.id);
    if (known.counter() > out.highest.counter() || out.highest.value == 0) out.highest = known;
  }
  if (const Answer* last = answer(wideip.name)) out.answered = last->answered;
  return out;
}

void Ledger::compare(const decide::WideIp& wideip, std::span<const std::string> names, const decide::Durable& durable,
                     base::WallTime now, Change& change) const {
  if (durable.highest.value != 0) {
    for (const decide::Member& member : wideip.members) {
      const ecv::Epoch known = highest(member.id);
      if (durable.highest.counter() > known.counter() || known.value == 0) {
        change.highest.emplace_back(member.id, durable.highest);
      }
    }
  }
  if (!durable.answered) return;
  Change::Answers answers;
  for (const std::string& name : names) {
    const Answer* last = answer(name);
    if (last == nullptr || last->answered != *durable.answered) answers.names.push_back(name);
  }
  if (answers.names.empty()) return;
  answers.answer = std::make_shared<const Answer>(Answer{*durable.answered, now});
  change.answers.push_back(std::move(answers));
}

void Ledger::apply(const Change& change) {
  if (!change.forgotten.empty()) forget(change.forgotten);
  for (const auto& [id, epoch] : change.highest) {
    ecv::Epoch& known = highest_[id];
    if (epoch.counter() > known.counter() || known.value == 0) known = epoch;
  }
  for (const Change::Answers& each : change.answers) {
    for (const std::string& name : each.names) answers_[name] = each.answer;
  }
}

void Ledger::record(const decide::WideIp& wideip, const decide::Durable& durable, base::WallTime now) {
  Change change;
  compare(wideip, std::array{wideip.name}, durable, now, change);
  apply(change);
}

bool Ledger::knows(const std::string& pool) const {
  return std::any_of(highest_.begin(), highest_.end(), [&](const auto& entry) { return entry.first.pool == pool; });
}

void Ledger::forget(const std::string& pool) {
  std::erase_if(highest_, [&](const auto& entry) { return entry.first.pool == pool; });
  std::unordered_map<const Answer*, std::shared_ptr<const Answer>> changed;  // names go on sharing
  for (auto& [name, last] : answers_) {
    const auto& members = last->answered.members;
    if (std::none_of(members.begin(), members.end(), [&](const decide::MemberId& m) { return m.pool == pool; })) {
      continue;
    }
    auto& next = changed[last.get()];
    if (next == nullptr) {
      Answer without = *last;
      without.answered.epoch = {};
      next = std::make_shared<const Answer>(std::move(without));
    }
    last = next;
  }
}

bool Ledger::operator==(const Ledger& other) const {
  return highest_ == other.highest_ && answers_.size() == other.answers_.size() &&
         std::all_of(answers_.begin(), answers_.end(), [&](const auto& entry) {
           const Answer* theirs = other.answer(entry.first);
           return theirs != nullptr && *theirs == *entry.second;
         });
}

ecv::Epoch Ledger::highest(const decide::MemberId& id) const {
  const auto at = highest_.find(id);
  return at == highest_.end() ? ecv::Epoch{} : at->second;
}

const Ledger::Answer* Ledger::answer(const std::string& wideip) const {
  const auto at = answers_.find(wideip);
  return at == answers_.end() ? nullptr : at->second.get();
}

base::Result<void> LedgerFile::store(const Ledger& ledger) {
  const std::string text = ledger.encode();
  if (auto stored = file_.store(text); !stored) return stored;
  whole_ = text.size();
  log_.begin(file_.seq());
  return {};
}

base::Result<void> LedgerFile::store(const Ledger& ledger, const Ledger::Change& change) {
  std::size_t names = ledger.size();
  for (const auto& each : change.answers) names += each.names.size();
  const bool extends = file_.seq() > 0;  // what was loaded or stored
  if (extends && names > kSmall && log_.size() <= std::max(kLeastLog, whole_)) return log_.append(change.encode());
  Ledger next = ledger;
  next.apply(change);
  return store(next);
}

base::Result<Ledger> LedgerFile::load() {
  const io::StateLoad loaded = file_.load();
  const auto empty_with_alarm = [](const std::string& why) {
    base::log(base::Level::kError, "ledger.lost",
              "the memory of epochs and answers cannot be read: the next live claim is believed whatever its epoch",
              {{"why", why}});
    return Ledger{};
  };
  switch (loaded.fault) {
    case io::SlotFault::kNone: break;
    case io::SlotFault::kMissing:
    case io::SlotFault::kTorn: return Ledger{};  // the first store never returned: nothing relied on it
    case io::SlotFault::kCorrupt: return empty_with_alarm(loaded.detail);
    case io::SlotFault::kVersion:
    case io::SlotFault::kUnreadable: return base::fail("state: " + loaded.detail);
  }
  auto ledger = Ledger::decode(loaded.content);
  if (!ledger) return empty_with_alarm(ledger.error().message);
  if (loaded.newer_may_be_lost) {
    base::log(base::Level::kWarn, "ledger.older", "one slot of the memory is broken: the other, perhaps older, is used",
              {{"why", loaded.detail}});
  }
  const auto log = log_.load(loaded.seq);
  if (!log) return base::fail("state: " + log.error().message);
  bool good = !log->newer_may_be_lost;
  for (const std::string& entry : log->entries) good = good && ledger->take(entry).has_value();
  if (!good) {
    base::log(base::Level::kWarn, "ledger.older", "the log of the memory is broken: what it said last may be lost");
  }
  whole_ = loaded.content.size();
  return ledger;
}

}  // namespace control
