#include "dnsd/control/wideip_settings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "dnsd/control/settings.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "none" : out;
}

std::string joined(const std::vector<base::IpAddress>& addresses) {
  std::string out;
  for (const auto& address : addresses) out += (out.empty() ? "" : ", ") + address.to_string();
  return out.empty() ? "none" : out;
}

void add_members(const decide::WideIp& wideip, const std::string& at, std::vector<conf::Setting>& out) {
  for (const decide::Member& member : wideip.members) {
    const std::string item = at + ".members[" + decide::member_text(member.id) + "]";
    out.push_back({item, ""});
    out.push_back({item + ".address", joined(member.addresses)});
    out.push_back({item + ".cname", member.cname.empty() ? "none" : member.cname});
    out.push_back({item + ".monitor", member.monitor.empty() ? "none" : member.monitor});
    out.push_back({item + ".ratio", std::to_string(member.ratio)});
    out.push_back({item + ".region", joined(member.regions)});
    out.push_back({item + ".disabled", member.disabled ? "true" : "false"});
  }
}

void add_safety(const decide::Safety& safety, const std::string& at, std::vector<conf::Setting>& out) {
  std::vector<std::string> confirm;
  if (safety.confirm_drain) confirm.emplace_back("drain");
  if (safety.confirm_pin) confirm.emplace_back("pin");
  out.push_back({at + ".safety.at_least", std::to_string(safety.at_least)});
  out.push_back({at + ".safety.never_both", joined(safety.never_both)});
  out.push_back({at + ".safety.confirm", joined(confirm)});
}

void add_pools(const decide::WideIp& wideip, const std::string& at, std::vector<conf::Setting>& out) {
  for (std::size_t i = 0; i < wideip.pools.size(); ++i) {
    const decide::Pool& pool = wideip.pools[i];
    // A wide-IP without `pools` has one that bears no name: its settings are the wide-IP's own.
    const std::string item = pool.name.empty() ? at : at + ".pools[" + pool.name + "]";
    if (!pool.name.empty()) {
      out.push_back({item, ""});
      out.push_back({item + ".place", std::to_string(i + 1)});
      out.push_back({item + ".method", std::string(decide::name(pool.method))});
    }
    std::string members;
    for (const std::size_t m : pool.members) {
      if (m < wideip.members.size())
        members += (members.empty() ? "" : ", ") + decide::member_text(wideip.members[m].id);
    }
    out.push_back({item + ".order", std::move(members)});
    out.push_back({item + ".ratio", std::to_string(pool.ratio)});
    out.push_back({item + ".region", joined(pool.regions)});
    out.push_back({item + ".max_answers", pool.max_answers == 0 ? "all" : std::to_string(pool.max_answers)});
    out.push_back({item + ".min_members_up", std::to_string(pool.min_members_up)});
    out.push_back({item + ".ramp_up", exact(pool.ramp_up)});
    out.push_back({item + ".persist.ipv4", std::to_string(pool.persist.ipv4)});
    out.push_back({item + ".persist.ipv6", std::to_string(pool.persist.ipv6)});
  }
}

}  // namespace

std::vector<conf::Setting> settings_of(const decide::WideIp& wideip, const std::string& service_test) {
  const std::string at = "wideips[" + wideip.name + "]";
  std::vector<conf::Setting> out{{at, ""}};
  out.push_back({at + ".method", std::string(decide::name(wideip.method))});
  out.push_back({at + ".ttl", std::to_string(wideip.ttl_s)});
  out.push_back({at + ".min_ttl", std::to_string(wideip.min_ttl_s)});
  out.push_back({at + ".on_none.hold", exact(wideip.on_none.hold)});
  out.push_back({at + ".on_none.then", std::string(decide::name(wideip.on_none.then))});
  out.push_back({at + ".fallback_address", joined(wideip.on_none.fallback)});
  out.push_back({at + ".hold_down", exact(wideip.hold_down)});
  out.push_back({at + ".service_test", service_test});
  std::vector<std::string> required;
  for (const auto& each : wideip.required) required.push_back(each.name);
  out.push_back({at + ".requires", joined(required)});
  add_members(wideip, at, out);
  add_pools(wideip, at, out);
  add_safety(wideip.safety, at, out);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

std::string digest_of(const decide::WideIp& wideip) {
  auto settings = settings_of(wideip, "");
  settings.push_back(
      {"pace", exact(wideip.pace.late_after) + exact(wideip.pace.silent_after) + exact(wideip.pace.calm_after)});
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a (draft-eastlake-fnv section 2)
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    hash = (hash ^ 0xFFU) * 1'099'511'628'211U;  // no byte of UTF-8: an end
  };
  const std::string safety = "wideips[" + wideip.name + "].safety.";  // concerns orders, no decision
  for (const auto& setting : settings) {
    if (setting.path.starts_with(safety)) continue;
    add(setting.path);
    add(setting.value);
  }
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(hash >> (56 - 8 * i));
  return base::to_hex(bytes);
}

std::string digest_of_alike(decide::WideIp wideip) {
  wideip.name.clear();
  for (decide::Member& member : wideip.members) member.addresses.clear();
  return digest_of(wideip);
}

std::string text_of(const conf::ServiceTest& test) {
  if (!test.enabled) return "off";
  return (test.port ? "port " + std::to_string(*test.port) + ", " : std::string()) + "every " + exact(test.interval) +
         ", within " + exact(test.timeout) + ", " + std::to_string(test.fall) + " failures, as " + test.user;
}

void ServiceTexts::configure(const std::vector<conf::WideIp>& wideips) {
  texts_.clear();
  of_.clear();
  of_.reserve(wideips.size());
  for (const conf::WideIp& wideip : wideips) {
    const std::string text = text_of(wideip.service_test);
    // Neighbours are mostly alike: from the latest back.
    const auto known = std::find(texts_.rbegin(), texts_.rend(), text);
    const auto place = known == texts_.rend() ? texts_.size() : static_cast<std::size_t>(texts_.rend() - known - 1);
    if (place == texts_.size()) texts_.push_back(text);
    of_.push_back(static_cast<std::uint32_t>(place));
  }
}

std::string ServiceTexts::at(std::size_t index) const { return index < of_.size() ? texts_[of_[index]] : ""; }

}  // namespace control
