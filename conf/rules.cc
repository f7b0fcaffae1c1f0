#include "conf/rules.h"

#include <algorithm>

namespace conf {

const Value* element(const Value& root, std::string_view list, std::size_t index, std::string_view key) {
  const Value* sequence = root.find(list);
  if (sequence == nullptr || index >= sequence->items.size()) return nullptr;
  return sequence->items[index].find(key);
}

Mark place(const Value& root, std::string_view list, std::size_t index, std::string_view key) {
  if (const Value* value = element(root, list, index, key)) return value->mark();
  const Value* sequence = root.find(list);
  if (sequence == nullptr) return root.mark();
  return index < sequence->items.size() ? sequence->items[index].mark() : sequence->mark();
}

Mark place(const Value& root, std::string_view key) {
  for (const Value::Key& each : root.keys) {
    if (each.text == key) return each.mark();
  }
  return root.mark();
}

void Unique::add(const std::string& id, const Mark& at) {
  if (id.empty()) return;
  const auto [first, is_new] = seen_.emplace(id, at);
  if (!is_new) reading_.fault(at, what_ + " \"" + id + "\" stands already at " + to_string(first->second));
}

bool has_key(const std::vector<KeyFile>& keys, ecv::Purpose purpose) {
  return std::any_of(keys.begin(), keys.end(), [=](const KeyFile& key) { return key.purpose == purpose; });
}

void check_keys(Reading& reading, const Value& root, const std::vector<KeyFile>& keys) {
  Unique ids(reading, "key");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ids.add(keys[i].id, place(root, "keys", i, "id"));
    const bool file = element(root, "keys", i, "file") != nullptr;
    const bool secret = element(root, "keys", i, "secret") != nullptr;
    if (file != secret) continue;
    reading.fault(place(root, "keys", i), std::string("a key has ") + (file ? "both" : "neither") +
                                              " file and secret; allowed: exactly one of them");
  }
}

}  // namespace conf
