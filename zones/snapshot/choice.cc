#include "zones/snapshot/choice.h"

#include <algorithm>

namespace snapshot {

namespace {

// The client's prefix, and what of it its resolver told.
struct Client {
  ClientKey key;
  bool told = false;  // by ECS: the answer will be kept for the scope, not for the one who asked
};

// RFC 7871 section 6: family, source prefix length, scope, and as many octets of address as the prefix has.
Client client_of(const Asked& asked) {
  constexpr std::size_t kFamilyAt = 1;
  constexpr std::size_t kSourceAt = 2;
  constexpr std::size_t kAddressAt = 4;
  constexpr std::uint8_t kIpv6 = 2;
  // A source of 0 bits: the client wants nothing of its address to be used (section 7.1.2), so the answer is the one
  // for its resolver, and its scope is 0.
  if (asked.subnet.size() > kAddressAt && asked.subnet[kSourceAt] > 0) {
    return {ClientKey(asked.subnet[kFamilyAt] == kIpv6, asked.subnet.subspan(kAddressAt)), true};
  }
  constexpr std::size_t kIpv6Size = 16;
  return {ClientKey(asked.address.size() == kIpv6Size, asked.address), false};
}

// Which of `size` entries a prefix leads to. Stable over versions and hosts: all servers of a name send a client to the
// same member.
std::size_t spot(const ClientKey& prefix, std::size_t size) {
  // The finalizer of SplitMix64 mixes every bit into every other.
  std::uint64_t h = prefix.high + (prefix.v6 ? 0x9e3779b97f4a7c15U : 0U);
  for (const std::uint64_t more : {prefix.low, std::uint64_t{0}}) {
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9U;
    h = (h ^ h >> 27) * 0x94d049bb133111ebU;
    h ^= h >> 31 ^ more;
  }
  return (h >> 32) * size >> 32;
}

bool is_sound(const Choice& choice) {
  const auto below = [](std::size_t limit) { return [limit](std::uint16_t number) { return number < limit; }; };
  const auto plain = [](const DynamicAnswer& each) { return each.outcome != DynamicOutcome::kChoose; };
  const auto filled = [&](const Group& group) {
    return !group.table.empty() && std::all_of(group.table.begin(), group.table.end(), below(choice.variants.size()));
  };
  return !choice.groups.empty() && std::all_of(choice.groups.begin(), choice.groups.end(), filled) &&
         std::all_of(choice.variants.begin(), choice.variants.end(), plain) &&
         std::all_of(choice.group_of.begin(), choice.group_of.end(), below(choice.groups.size()));
}

}  // namespace

std::unique_ptr<const Chooser> Chooser::make(const std::shared_ptr<const Choice>& from) {
  if (from == nullptr || !is_sound(*from)) return nullptr;
  return std::unique_ptr<const Chooser>(new Chooser(*from));
}

Chooser::Chooser(const Choice& from) : groups_(from.groups), map_(from.map), group_of_(from.group_of) {
  variants_.reserve(from.variants.size());
  for (const DynamicAnswer& each : from.variants) variants_.emplace_back(each);
}

Chooser::Chosen Chooser::choose(const Asked& asked, Turns& turns) const {
  const Client client = client_of(asked);
  std::size_t number = 0;
  unsigned scope = 0;
  if (map_ != nullptr) {
    const auto place = map_->find(client.key);
    if (place.region < group_of_.size()) number = group_of_[place.region];
    scope = place.scope;
  }
  const Group& group = groups_[number];
  const auto& table = group.table;
  std::size_t at = 0;
  switch (group.how) {
    case How::kOne: break;
    case How::kRotate: at = turns.take(asked.slot, asked.v6, asked.other) % table.size(); break;
    case How::kHash: {
      const unsigned bits = client.key.v6 ? group.bits_v6 : group.bits_v4;
      at = spot(client.key.prefix(bits), table.size());
      scope = std::max(scope, bits);
      break;
    }
  }
  return {&variants_[table[at]], static_cast<std::uint8_t>(client.told ? scope : 0), table[at]};
}

}  // namespace snapshot
