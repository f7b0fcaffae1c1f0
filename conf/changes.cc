#include "conf/changes.h"

#include <algorithm>
#include <string_view>

namespace conf {

namespace {

// What an item of a list of mappings is called by, in this order.
constexpr std::string_view kNames[] = {"name", "id", "site", "listen", "origin", "file"};

std::string name_of(const Value& item, std::size_t index) {
  for (const auto key : kNames) {
    const Value* found = item.find(key);
    if (found != nullptr && found->kind == Value::Kind::kScalar) return found->text;
  }
  return std::to_string(index + 1);
}

bool of_mappings(const Value& list) {
  return std::any_of(list.items.begin(), list.items.end(),
                     [](const Value& item) { return item.kind == Value::Kind::kMapping; });
}

void walk(const Value& value, const std::string& path, std::vector<Setting>& out) {
  if (value.kind == Value::Kind::kScalar) {
    out.push_back({path, value.text});
  } else if (value.kind == Value::Kind::kMapping) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      walk(value.items[i], path.empty() ? value.keys[i].text : path + "." + value.keys[i].text, out);
    }
  } else if (value.kind == Value::Kind::kSequence && !of_mappings(value)) {
    std::string all;
    for (const auto& item : value.items) all += (all.empty() ? "" : ", ") + item.text;
    out.push_back({path, std::move(all)});
  } else if (value.kind == Value::Kind::kSequence) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const std::string item = path + "[" + name_of(value.items[i], i) + "]";
      out.push_back({item, ""});
      walk(value.items[i], item, out);
    }
  }
}

bool is_item(std::string_view path) { return path.ends_with(']'); }

// "node db4 in pool main" of "pools[main].nodes[db4]"; of "" nothing.
std::string place(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto open = path.find('[');
    const auto end = open == path.npos ? path.npos : path.find(']', open);
    if (end == path.npos) break;
    std::string_view list = path.substr(0, open);
    if (list.ends_with('s')) list.remove_suffix(1);
    const std::string item = std::string(list) + " " + std::string(path.substr(open + 1, end - open - 1));
    out = item + (out.empty() ? "" : " in " + out);
    path.remove_prefix(std::min(path.size(), end + 2));
  }
  return out;
}

// Of a value: its key, and the item that it stands in.
std::string words(std::string_view path) {
  const auto end = path.rfind(']');
  if (end == path.npos) return std::string(path);
  return std::string(path.substr(end + 2)) + " of " + place(path.substr(0, end + 1));
}

// Past the item at `i` and all that stands in it.
std::size_t past(const std::vector<Setting>& list, std::size_t i) {
  const std::string inside = list[i].path;
  while (i < list.size() && list[i].path.starts_with(inside)) ++i;
  return i;
}

}  // namespace

std::vector<Setting> settings_of(const Value& root) {
  std::vector<Setting> out;
  walk(root, "", out);
  std::sort(out.begin(), out.end(), [](const Setting& a, const Setting& b) { return a.path < b.path; });
  return out;
}

std::vector<std::string> changes(const std::vector<Setting>& before, const std::vector<Setting>& after) {
  constexpr std::string_view kUnset = "not set";
  std::vector<std::string> out;
  const auto changed = [&](const std::string& path, std::string_view from, std::string_view to) {
    out.push_back("~ " + words(path) + ": " + std::string(from) + " -> " + std::string(to));
  };
  std::size_t a = 0;
  std::size_t b = 0;
  while (a < before.size() || b < after.size()) {
    const int order = a == before.size() ? 1 : b == after.size() ? -1 : before[a].path.compare(after[b].path);
    if (order < 0) {
      if (is_item(before[a].path)) {
        out.push_back("- " + place(before[a].path));
        a = past(before, a);
      } else {
        changed(before[a].path, before[a].value, kUnset);
        ++a;
      }
    } else if (order > 0) {
      if (is_item(after[b].path)) {
        out.push_back("+ " + place(after[b].path));
        b = past(after, b);
      } else {
        changed(after[b].path, kUnset, after[b].value);
        ++b;
      }
    } else {
      if (before[a].value != after[b].value) changed(before[a].path, before[a].value, after[b].value);
      ++a;
      ++b;
    }
  }
  return out;
}

}  // namespace conf
