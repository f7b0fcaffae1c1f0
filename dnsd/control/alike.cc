#include "dnsd/control/alike.h"

#include "base/bytes.h"

namespace control {

namespace {

void put(std::string& key, std::int64_t number) { key += std::to_string(number) + ' '; }

void put(std::string& key, const std::vector<base::IpAddress>& addresses) {
  for (const base::IpAddress& address : addresses) {
    const auto bytes = address.bytes();
    key += static_cast<char>(bytes.size());
    key.append(base::as_text(bytes));
  }
  key += '\0';
}

// No name holds a space or a bar.
void put(std::string& key, const std::vector<std::string>& words) {
  for (const std::string& word : words) key += word + ' ';
  key += '|';
}

void put(std::string& key, const decide::Member& member) {
  key += member.id.site + '/' + member.id.pool + ' ' + member.monitor + ' ';
  put(key, member.ratio);
  put(key, member.regions);
  put(key, member.disabled ? 1 : 0);
  key += member.cname + ' ';
}

void put(std::string& key, const decide::Pool& pool) {
  key += pool.name + ' ';
  for (const std::size_t member : pool.members) put(key, static_cast<std::int64_t>(member));
  key += '|';
  put(key, static_cast<std::int64_t>(pool.method));
  put(key, pool.ratio);
  put(key, pool.regions);
  put(key, pool.max_answers);
  put(key, pool.min_members_up);
  put(key, pool.ramp_up.count());
  put(key, pool.persist.ipv4);
  put(key, pool.persist.ipv6);
}

}  // namespace

Addresses addresses_of(const decide::WideIp& wideip) {
  Addresses out;
  out.reserve(wideip.members.size());
  for (const decide::Member& member : wideip.members) out.push_back(member.addresses);
  return out;
}

std::string key_of_addresses(const decide::WideIp& wideip) {
  std::string out;
  for (const decide::Member& member : wideip.members) put(out, member.addresses);
  return out;
}

std::string key_of_settings(const decide::WideIp& wideip) {
  std::string out;
  put(out, static_cast<std::int64_t>(wideip.method));
  put(out, wideip.ttl_s);
  put(out, wideip.min_ttl_s);
  put(out, wideip.on_none.hold.count());
  put(out, static_cast<std::int64_t>(wideip.on_none.then));
  put(out, wideip.hold_down.count());
  for (const base::Duration time : {wideip.pace.late_after, wideip.pace.silent_after, wideip.pace.calm_after}) {
    put(out, time.count());
  }
  put(out, wideip.on_none.fallback);
  for (const decide::Member& member : wideip.members) put(out, member);
  for (const decide::Pool& pool : wideip.pools) put(out, pool);
  put(out, wideip.safety.at_least);
  put(out, wideip.safety.never_both);
  out += wideip.safety.confirm_drain ? 'd' : '-';
  out += wideip.safety.confirm_pin ? 'p' : '-';
  // Methods that choose at each query publish their choice whole, addresses and all.
  if (wideip.method != decide::MethodKind::kActiveWriter) out += key_of_addresses(wideip);
  for (const decide::Requirement& each : wideip.required) out += each.name + (each.wideip ? " w" : " m");
  return out;
}

std::string key_of_past(const Past& past) {
  std::string out(1, !past.standing ? 'n' : past.readdressed ? 'r' : 'k');
  if (past.standing) {
    put(out, *past.standing);
    return out;
  }
  put(out, static_cast<std::int64_t>(past.durable.highest.value));
  if (!past.durable.answered) return out;
  put(out, static_cast<std::int64_t>(past.durable.answered->epoch.value));
  for (const decide::MemberId& id : past.durable.answered->members) out += id.site + '/' + id.pool + ' ';
  return out;
}

}  // namespace control
