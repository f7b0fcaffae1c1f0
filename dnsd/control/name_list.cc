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

// A JSON string. Names and addresses hardly ever have what must be escaped.
std::string quoted(const std::string& text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; });
  return plain ? '"' + text + '"' : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Cuts what is added into lines of a bearable length. As text from the first: there may be a hundred thousand names.
class Lines {
 public:
  Lines(const std::string& first, std::int64_t at_us) : first_(first), at_us_(at_us) {}

  void add(const Addresses* addresses, const std::string& name) {
    if (groups_.size() > kLongestLine) end();
    if (groups_.empty() || addresses != addresses_) {
      groups_ += groups_.empty() ? "{\"addresses\":" : "]},{\"addresses\":";
      add(*addresses);
      groups_ += ",\"names\":[" + quoted(name);
      addresses_ = addresses;
    } else {
      groups_ += ',' + quoted(name);
    }
  }
  std::vector<std::string> finish() {
    end();
    return std::move(lines_);
  }

 private:
  void add(const Addresses& addresses) {
    groups_ += '[';
    for (const auto& of_member : addresses) {
      groups_ += groups_.back() == '[' ? "[" : ",[";
      for (const base::IpAddress& address : of_member) {
        groups_ += (groups_.back() == '[' ? "\"" : ",\"") + address.to_string() + '"';
      }
      groups_ += ']';
    }
    groups_ += ']';
  }
  void end() {
    lines_.push_back(R"({"event":"names","name":)" + quoted(first_) + R"(,"part":)" + std::to_string(lines_.size()) +
                     R"(,"groups":[)" + groups_ + (groups_.empty() ? "" : "]}") + R"(],"at_us":)" +
                     std::to_string(at_us_) + "}");
    groups_.clear();
  }

  const std::string& first_;
  std::int64_t at_us_;
  std::vector<std::string> lines_;
  std::string groups_;  // of the present line, the last one without its end
  const Addresses* addresses_ = nullptr;
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
  // Those with the same addresses together, in the order of the first of them.
  std::unordered_map<const Addresses*, std::uint32_t> first;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> order;
  order.reserve(standing.names.size());
  for (const std::uint32_t index : standing.names) {
    order.emplace_back(first.emplace(names[index].addresses.get(), index).first->second, index);
  }
  std::sort(order.begin(), order.end());
  Lines out(names[standing.names.front()].name, standing.decided_at.time_since_epoch().count());
  for (const auto& [group, index] : order) out.add(names[index].addresses.get(), names[index].name);
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
