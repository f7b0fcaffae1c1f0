// Which names the engine decides together, and which inputs each of these stands on.
#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "dnsd/control/alike.h"
#include "dnsd/control/engine.h"
#include "dnsd/decide/verdicts.h"

namespace control {

void Engine::configure(const std::vector<decide::WideIp>& wideips) {
  configure(wideips.size(), [&](std::size_t i) { return wideips[i]; });
}

void Engine::configure(std::size_t count, const std::function<decide::WideIp(std::size_t)>& at) {
  std::unordered_map<std::string_view, const Named*> known;
  known.reserve(names_.size());
  for (const Named& named : names_) known.emplace(named.name, &named);
  std::vector<Named> names;
  std::vector<Standing> standings;
  std::unordered_map<std::string, std::uint32_t> classes;
  std::unordered_map<std::string, std::shared_ptr<const Addresses>> books;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    decide::WideIp wideip = at(i);
    const auto found = known.find(wideip.name);
    const Named* before = found == known.end() ? nullptr : found->second;
    auto& book = books[key_of_addresses(wideip)];
    if (book == nullptr) book = std::make_shared<const Addresses>(addresses_of(wideip));
    const bool readdressed = before != nullptr && *before->addresses != *book;
    Past past{{}, readdressed, {}};
    if (before == nullptr) {
      past.durable = ledger_.recall(wideip);
    } else {
      past.standing = before->standing;
    }
    auto key = key_of_settings(wideip) + key_of_past(past);
    if (orders_.singles_out(wideip.name)) key += "alone " + wideip.name;
    const auto [place, first] = classes.emplace(key, static_cast<std::uint32_t>(standings.size()));
    names.push_back({wideip.name, book, place->second});
    if (first) {
      Standing standing = before == nullptr ? Standing{} : standings_[before->standing];
      standing.config = std::move(wideip);
      standing.names.clear();
      standing.readdressed = readdressed;
      standing.next.reset();
      standings.push_back(std::move(standing));
    }
    standings[place->second].names.push_back(static_cast<std::uint32_t>(i));
  }
  known.clear();
  ++arrangement_;
  names_ = std::move(names);
  standings_ = std::move(standings);
  due_.clear();
  dependents_.clear();
  watchers_.clear();
  requirements_.clear();
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    standings_[i].names.shrink_to_fit();
    for (const decide::Member& member : standings_[i].config.members) depend(i, member);
    for (const decide::Requirement& required : standings_[i].config.required) depend(i, required);
  }
  if (!requirements_.empty()) find_required();
}

void Engine::depend(std::size_t index, const decide::Member& member) {
  if (member.of_site()) {
    dependents_[member.id].push_back(index);
    return;
  }
  for (const decide::Watch& watch : decide::watches_of(member)) {
    auto& watchers = watchers_[watch];
    if (watchers.empty() || watchers.back() != index) watchers.push_back(index);
  }
}

void Engine::depend(std::size_t index, const decide::Requirement& required) {
  if (required.wideip) {
    requirements_[required.name].dependents.push_back(index);
  } else {
    watchers_[{required.name, std::nullopt}].push_back(index);
  }
}

// Which standing each wide-IP has that another one requires.
void Engine::find_required() {
  for (const Named& named : names_) {
    const auto required = requirements_.find(named.name);
    if (required != requirements_.end()) required->second.standing = named.standing;
  }
}

// The name leaves those that it was decided with, and goes on with what they remember.
void Engine::single_out(std::uint32_t index) {
  Named& named = names_[index];
  const std::uint32_t place = named.standing;
  if (standings_[place].names.size() < 2) return;
  ++arrangement_;
  const auto as_of = [&](std::uint32_t of, Standing& out) {
    out.config = wideip(names_[of]);
    out.published = published(of);
    out.decision.addresses = answered(names_[of]);
  };
  Standing own = standings_[place];
  Standing others = standings_[place];
  std::erase(others.names, index);
  as_of(others.names.front(), others);
  as_of(index, own);
  own.names = {index};
  own.next.reset();
  standings_[place] = std::move(others);
  const std::size_t next = standings_.size();
  standings_.push_back(std::move(own));
  named.standing = static_cast<std::uint32_t>(next);
  for (const decide::Member& member : standings_[next].config.members) depend(next, member);
  for (const decide::Requirement& required : standings_[next].config.required) depend(next, required);
  if (const auto known = requirements_.find(named.name); known != requirements_.end()) {
    known->second.standing = named.standing;
  }
  schedule(next, standings_[place].next);
}

void Engine::remember(const std::function<const decide::Memory*(const std::string& name)>& of) {
  for (const Named& named : names_) {
    if (const decide::Memory* memory = of(named.name)) standings_[named.standing].memory = *memory;
  }
}

const Named* Engine::find_name(const std::string& name) const {
  const auto at = std::find_if(names_.begin(), names_.end(), [&](const Named& named) { return named.name == name; });
  return at == names_.end() ? nullptr : &*at;
}

const Standing* Engine::find(const std::string& name) const {
  const Named* named = find_name(name);
  return named == nullptr ? nullptr : &standings_[named->standing];
}

decide::WideIp Engine::wideip(const Named& named) const {
  decide::WideIp out = standings_[named.standing].config;
  out.name = named.name;
  for (std::size_t i = 0; i < out.members.size(); ++i) out.members[i].addresses = (*named.addresses)[i];
  return out;
}

}  // namespace control
