// Very many wide-IPs that are decided alike have one line of the journal for each decision. Whom that line is of, and
// which addresses each has, stands beside it in lines of event "names": at least once in each file of the journal that
// has such a decision, so that none of them is told of without its names. Pure.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "dnsd/control/engine.h"

namespace control {

// More names than that, decided alike, are told of in one line.
inline constexpr std::size_t kNamesToldOf = 16;

// Texts of addresses, member by member in the order of the wide-IP.
using AddressTexts = std::vector<std::vector<std::string>>;
[[nodiscard]] AddressTexts texts_of(const Addresses& addresses);

// Names with the same addresses.
struct NameGroup {
  AddressTexts addresses;
  std::vector<std::string> names;
};

// The lines of the names of `standing`: JSON objects without their time, {"event":"names","name":FIRST,"part":0…,
// "groups":[{"addresses":[[…],…],"names":[…]},…]}.
[[nodiscard]] std::vector<std::string> name_list_lines(const Engine& engine, const Standing& standing);

// The lists as of one place of a journal, by the first name of each.
class NameLists {
 public:
  // A line of event "names"; of another event, nothing happens. Lines that miss what was before them are left out.
  void take(const nlohmann::ordered_json& event);
  // Those that are decided alike with `name`, itself among them; nothing if they were not told.
  [[nodiscard]] std::span<const NameGroup> find(const std::string& name) const;
  // Changes with each list that begins anew.
  [[nodiscard]] std::uint64_t version(const std::string& name) const;

 private:
  struct List {
    std::vector<NameGroup> groups;
    std::int64_t parts = 0;
    std::uint64_t version = 0;
  };
  std::map<std::string, List> lists_;
  std::uint64_t versions_ = 0;
};

}  // namespace control
