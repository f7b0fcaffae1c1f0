// A naive authoritative server over strings, written from the RFCs and not from the code under test: what a lookup in
// zones must give (RFC 1034 section 4.3.2, RFC 4592 section 3.3, RFC 6672 section 3.2, RFC 2308).
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "zones/wire/types.h"

namespace reference {

using Labels = std::vector<std::string>;  // from the left; the zone's own label is last: {"a", "z"} is a.z.

inline std::string text(const Labels& name) {
  std::string out;
  for (const auto& label : name) out += label + ".";
  return out;
}
inline bool within(const Labels& name, const Labels& ancestor) {
  return name.size() >= ancestor.size() && std::equal(ancestor.rbegin(), ancestor.rend(), name.rbegin());
}
inline Labels last(const Labels& name, std::size_t count) {
  return {name.end() - static_cast<std::ptrdiff_t>(count), name.end()};
}

struct Zone {
  Labels origin{"z"};
  // Data as text; names inside as Labels for the types that have one.
  std::map<Labels, std::map<wire::Type, std::vector<std::string>>> data;
  std::map<std::pair<Labels, wire::Type>, Labels> target;  // CNAME and DNAME
  std::map<Labels, std::string> dynamic;                   // name -> its A, empty: NODATA
  std::map<Labels, Labels> alias;                          // of those the ones that are a CNAME
  std::vector<Labels> inner{};                             // origins of the zones within this one
  bool ready = true;                                       // false: it has no data, and answers SERVFAIL

  [[nodiscard]] bool has(const Labels& name, wire::Type type) const {
    const auto at = data.find(name);
    return at != data.end() && at->second.contains(type);
  }
  // A name exists if anything is at or below it (RFC 4592 section 2.2.3).
  [[nodiscard]] bool exists(const Labels& name) const {
    for (const auto& [owner, sets] : data) {
      if (within(owner, name)) return true;
    }
    for (const auto& [owner, a] : dynamic) {
      if (within(owner, name)) return true;
    }
    return std::any_of(inner.begin(), inner.end(), [&](const Labels& zone) { return within(zone, name); });
  }
  [[nodiscard]] bool cut(const Labels& name) const {
    return name.size() > origin.size() && name.front() != "*" && has(name, wire::kTypeNs);
  }
  // Below a cut or a DNAME: not part of the zone's answers.
  [[nodiscard]] bool hidden(const Labels& name) const {
    for (std::size_t n = origin.size(); n < name.size(); ++n) {
      if (cut(last(name, n)) || has(last(name, n), wire::kTypeDname)) return true;
    }
    return false;
  }
};

struct Answer {
  wire::Rcode rcode = wire::kNoError;
  bool aa = true;
  std::string soa;                  // owner of the SOA record in authority
  std::vector<std::string> answer;  // "owner TYPE data"
  std::string referral;             // owner of the NS records in authority
};

class Resolver {
 public:
  Resolver(const std::vector<Zone>& zones, wire::Type type) : zones_(zones), type_(type) {}

  Answer run(Labels name) {
    std::set<Labels> visited;
    for (int hop = 0; hop < 16; ++hop) {
      zone_ = zone_of(name);
      if (zone_ == nullptr) {
        if (hop == 0) out_ = {wire::kRefused, false, "", {}, ""};
        return out_;
      }
      if (!zone_->ready) {
        if (hop == 0) out_ = {wire::kServFail, false, "", {}, ""};
        return out_;
      }
      if (!visited.insert(name).second || !step(name, hop == 0)) return out_;
    }
    return out_;
  }

 private:
  // The innermost zone that the name is in; DS at an apex belongs to the one around it, if that is here too and
  // has data (RFC 4035 section 3.1.4.1).
  [[nodiscard]] const Zone* zone_of(const Labels& name) const {
    const Zone* best = nullptr;
    const Zone* around = nullptr;
    for (const Zone& zone : zones_) {
      if (!within(name, zone.origin)) continue;
      if (best == nullptr || zone.origin.size() > best->origin.size()) best = &zone;
      const bool above = zone.origin.size() < name.size();
      if (above && (around == nullptr || zone.origin.size() > around->origin.size())) around = &zone;
    }
    const bool at_apex = best != nullptr && best->origin == name;
    return at_apex && type_ == wire::kTypeDs && around != nullptr && around->ready ? around : best;
  }

  // True: goes on with the changed name.
  bool step(Labels& name, bool first) {
    for (std::size_t n = zone_->origin.size(); n <= name.size(); ++n) {
      const Labels at = last(name, n);
      const bool self = n == name.size();
      if (zone_->cut(at) && !(self && type_ == wire::kTypeDs)) {
        out_.referral = text(at);
        if (first) out_.aa = false;
        return false;
      }
      if (!self && zone_->has(at, wire::kTypeDname)) return substitute(name, at);
    }
    if (zone_->exists(name)) return node(name, name);
    std::size_t n = name.size();
    while (!zone_->exists(last(name, n))) --n;
    Labels wildcard = last(name, n);
    wildcard.insert(wildcard.begin(), "*");
    if (zone_->exists(wildcard)) return node(name, wildcard);
    out_.rcode = wire::kNxDomain;
    out_.soa = text(zone_->origin);
    return false;
  }

  bool node(Labels& name, const Labels& source) {
    if (const auto alias = zone_->alias.find(source); alias != zone_->alias.end()) {
      out_.answer.push_back(text(name) + " CNAME " + text(alias->second));
      name = alias->second;
      return type_ != wire::kTypeCname;
    }
    const auto dynamic = zone_->dynamic.find(source);
    if (dynamic != zone_->dynamic.end() && type_ == wire::kTypeA && !dynamic->second.empty()) {
      out_.answer.push_back(text(name) + " A " + dynamic->second);
      return false;
    }
    if (zone_->has(source, type_)) {
      if (type_ != wire::kTypeDname || name != source || !used_.contains(source)) put(name, source, type_);
      return false;
    }
    if (zone_->has(source, wire::kTypeCname)) {
      put(name, source, wire::kTypeCname);
      name = zone_->target.at({source, wire::kTypeCname});
      return true;
    }
    out_.soa = text(zone_->origin);
    return false;
  }

  bool substitute(Labels& name, const Labels& owner) {
    if (used_.insert(owner).second) put(owner, owner, wire::kTypeDname);
    Labels made(name.begin(), name.end() - static_cast<std::ptrdiff_t>(owner.size()));
    const auto& target = zone_->target.at({owner, wire::kTypeDname});
    made.insert(made.end(), target.begin(), target.end());
    if (text(made).size() + 1 > 255) {
      out_.rcode = wire::kYxDomain;
      return false;
    }
    out_.answer.push_back(text(name) + " CNAME " + text(made));
    name = made;
    return type_ != wire::kTypeCname && !within(target, owner);
  }

  void put(const Labels& owner, const Labels& source, wire::Type type) {
    for (const auto& rdata : zone_->data.at(source).at(type)) {
      out_.answer.push_back(text(owner) + " " + wire::type_name(type) + " " + rdata);
    }
  }

  const std::vector<Zone>& zones_;
  const Zone* zone_ = nullptr;  // of the present name
  const wire::Type type_;
  Answer out_;
  std::set<Labels> used_;  // DNAMEs that are in the answer already
};

}  // namespace reference
