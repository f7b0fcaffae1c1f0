#include "dnsd/control/name_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "base/io/json_view.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestLine = std::size_t{256} << 10;  // about; far below kLongestJournalLine

std::vector<std::string> words_of(const Json& list) {
  std::vector<std::string> out;
  if (list.is_array()) {
    for (const Json& each : list) out.push_back(io::text(each));
  }
  return out;
}

NameGroup read_group(const Json& json) {
  NameGroup out{{}, words_of(io::items(json, "names"))};
  for (const Json& addresses : io::items(json, "addresses")) out.addresses.push_back(words_of(addresses));
  return out;
}

// Cuts what is added into lines of a bearable length.
class Lines {
 public:
  Lines(const std::string& first, std::int64_t at_us) : first_(first), at_us_(at_us) { begin(); }

  void add(const Addresses* addresses, const std::string& name) {
    if (size_ > kLongestLine) end();
    if (groups_.empty() || addresses != addresses_) {
      groups_.push_back({{"addresses", texts_of(*addresses)}, {"names", Json::array()}});
      addresses_ = addresses;
      for (const auto& texts : groups_.back()["addresses"]) size_ += 4 + 20 * texts.size();
    }
    groups_.back()["names"].push_back(name);
    size_ += name.size() + 3;
  }
  std::vector<std::string> finish() {
    end();
    return std::move(lines_);
  }

 private:
  void begin() {
    groups_ = Json::array();
    size_ = 0;
  }
  void end() {
    const Json line{{"event", "names"},
                    {"name", first_},
                    {"part", lines_.size()},
                    {"groups", std::move(groups_)},
                    {"at_us", at_us_}};
    lines_.push_back(line.dump(-1, ' ', false, Json::error_handler_t::replace));
    begin();
  }

  const std::string& first_;
  std::int64_t at_us_;
  std::vector<std::string> lines_;
  Json groups_;
  const Addresses* addresses_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

AddressTexts texts_of(const Addresses& addresses) {
  AddressTexts out;
  for (const auto& of_member : addresses) {
    out.emplace_back();
    for (const base::IpAddress& address : of_member) out.back().push_back(address.to_string());
  }
  return out;
}

std::vector<std::string> name_list_lines(const Engine& engine, const Standing& standing) {
  const auto& names = engine.names();
  std::vector<std::uint32_t> order = standing.names;
  std::unordered_map<const Addresses*, std::uint32_t> first;  // name that has them
  for (const std::uint32_t index : order) first.emplace(names[index].addresses.get(), index);
  const auto place = [&](std::uint32_t index) { return std::pair(first[names[index].addresses.get()], index); };
  std::sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) { return place(x) < place(y); });
  Lines out(names[standing.names.front()].name, standing.decided_at.time_since_epoch().count());
  for (const std::uint32_t index : order) out.add(names[index].addresses.get(), names[index].name);
  return out.finish();
}

void NameLists::take(const Json& event) {
  if (io::text(event, "event") != "names") return;
  List& list = lists_[io::text(event, "name")];
  const std::int64_t part = io::number(event, "part");
  if (part == 0) list = {{}, 0, ++versions_};
  if (part != list.parts) return;
  ++list.parts;
  for (const Json& group : io::items(event, "groups")) list.groups.push_back(read_group(group));
}

std::span<const NameGroup> NameLists::find(const std::string& name) const {
  const auto at = lists_.find(name);
  return at == lists_.end() ? std::span<const NameGroup>() : at->second.groups;
}

std::uint64_t NameLists::version(const std::string& name) const {
  const auto at = lists_.find(name);
  return at == lists_.end() ? 0 : at->second.version;
}

}  // namespace control
