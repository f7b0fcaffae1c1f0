#include "dnsd/control/ledger.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log.h"

namespace control {

namespace {

using Json = nlohmann::json;

// The field as a T, or nothing if it is missing or of another kind.
template <typename T>
std::optional<T> get(const Json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!at->is_string()) return std::nullopt;
  } else {
    if (!at->is_number_integer()) return std::nullopt;
  }
  return at->get<T>();
}

std::optional<decide::MemberId> get_member(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  auto site = get<std::string>(object, "site");
  auto pool = get<std::string>(object, "pool");
  if (!site || !pool) return std::nullopt;
  return decide::MemberId{*std::move(site), *std::move(pool)};
}

std::optional<Ledger::Answer> get_answer(const Json& object) {
  const auto epoch = get<std::uint64_t>(object, "epoch");
  const auto members = object.find("members");
  if (!epoch || members == object.end() || !members->is_array() || members->empty()) return std::nullopt;
  Ledger::Answer out;
  out.answered.epoch.value = *epoch;
  out.accepted = base::WallTime(base::Duration(get<std::int64_t>(object, "accepted_us").value_or(0)));
  for (const Json& member : *members) {
    auto id = get_member(member);
    if (!id) return std::nullopt;
    out.answered.members.push_back(*std::move(id));
  }
  return out;
}

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

void Ledger::record(const decide::WideIp& wideip, const decide::Durable& durable, base::WallTime now) {
  if (durable.highest.value != 0) {
    for (const decide::Member& member : wideip.members) {
      ecv::Epoch& known = highest_[member.id];
      if (durable.highest.counter() > known.counter() || known.value == 0) known = durable.highest;
    }
  }
  if (!durable.answered) return;
  Answer& last = answers_[wideip.name];
  if (last.answered == *durable.answered) return;
  last = {*durable.answered, now};
}

bool Ledger::forget(const std::string& pool) {
  std::vector<decide::MemberId> gone;
  for (const auto& [id, epoch] : highest_) {
    if (id.pool == pool) gone.push_back(id);
  }
  for (const decide::MemberId& id : gone) highest_.erase(id);
  for (auto& [name, last] : answers_) {
    const auto& members = last.answered.members;
    if (std::any_of(members.begin(), members.end(), [&](const decide::MemberId& m) { return m.pool == pool; })) {
      last.answered.epoch = {};
    }
  }
  return !gone.empty();
}

ecv::Epoch Ledger::highest(const decide::MemberId& id) const {
  const auto at = highest_.find(id);
  return at == highest_.end() ? ecv::Epoch{} : at->second;
}

const Ledger::Answer* Ledger::answer(const std::string& wideip) const {
  const auto at = answers_.find(wideip);
  return at == answers_.end() ? nullptr : &at->second;
}

std::string Ledger::encode() const {
  Json members = Json::array();
  for (const auto& [id, epoch] : highest_) {
    members.push_back({{"site", id.site}, {"pool", id.pool}, {"highest", epoch.value}});
  }
  Json answers = Json::array();
  for (const auto& [name, last] : answers_) {
    Json ids = Json::array();
    for (const auto& id : last.answered.members) ids.push_back({{"site", id.site}, {"pool", id.pool}});
    answers.push_back({{"name", name},
                       {"members", std::move(ids)},
                       {"epoch", last.answered.epoch.value},
                       {"accepted_us", last.accepted.time_since_epoch().count()},
                       {"accepted", base::format_utc(last.accepted)}});
  }
  const Json all{{"members", std::move(members)}, {"answers", std::move(answers)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<Ledger> Ledger::decode(std::string_view text) {
  const Json all = Json::parse(text, nullptr, false);
  if (!all.is_object()) return base::fail("not a JSON object");
  Ledger out;
  const auto members = all.find("members");
  const auto answers = all.find("answers");
  if (members == all.end() || !members->is_array()) return base::fail("\"members\" is missing or no array");
  if (answers == all.end() || !answers->is_array()) return base::fail("\"answers\" is missing or no array");
  for (const Json& object : *members) {
    auto id = get_member(object);
    const auto epoch = id ? get<std::uint64_t>(object, "highest") : std::nullopt;
    if (!epoch) return base::fail("an entry of \"members\" is malformed");
    out.highest_[*std::move(id)] = ecv::Epoch{*epoch};
  }
  for (const Json& object : *answers) {
    const auto name = object.is_object() ? get<std::string>(object, "name") : std::nullopt;
    auto answer = name ? get_answer(object) : std::nullopt;
    if (!answer) return base::fail("an entry of \"answers\" is malformed");
    out.answers_[*name] = *std::move(answer);
  }
  return out;
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
  return ledger;
}

}  // namespace control
