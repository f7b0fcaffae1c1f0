#include "sitecheck/core/record.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace core {

namespace {

constexpr std::string_view kFormat = "wideip-pool 1";

// Newer than the format's first records, so they stand there only if they hold.
constexpr const char* kServiceLost = "service_lost 1\n";
const std::string kWriter = "writer ";
const std::string kOffline = "offline ";

std::string line(std::string_view key, std::uint64_t value) {
  return std::string(key) + ' ' + std::to_string(value) + '\n';
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool Record::is_offline(std::string_view node, bool local) const {
  if (maint && offline.empty()) return local;
  return std::find(offline.begin(), offline.end(), node) != offline.end();
}

void Record::set_offline(const std::string& node, bool is) {
  std::erase(offline, node);
  if (is) offline.push_back(node);
}

std::string encode(const Record& record) {
  std::string out = std::string(kFormat) + '\n' + line("max_epoch", record.max_epoch.value) +
                    line("own_epoch", record.own_epoch.value) + line("quarantined", record.quarantined) +
                    line("maint", record.maint) + line("peer_unguarded", record.peer_unguarded) +
                    line("peer_differs", record.peer_differs) + (record.service_lost ? kServiceLost : "") +
                    (record.writer.empty() ? "" : kWriter + record.writer + '\n');
  for (const auto& node : record.offline) out += kOffline + node + '\n';
  return out;
}

base::Result<Record> decode_record(std::string_view content) {
  Record record;
  bool quarantined = false;
  struct Field {
    std::string_view key;
    std::uint64_t* value;
    bool* flag;
  };
  const Field fields[] = {{"max_epoch", &record.max_epoch.value, nullptr},
                          {"own_epoch", &record.own_epoch.value, nullptr},
                          {"quarantined", nullptr, &quarantined},
                          {"maint", nullptr, &record.maint},
                          {"peer_unguarded", nullptr, &record.peer_unguarded},
                          {"peer_differs", nullptr, &record.peer_differs}};
  const auto take_line = [&content]() {
    const auto end = content.find('\n');
    const auto text = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    return text;
  };
  if (take_line() != kFormat) return base::fail("the pool's state is not in the format \"wideip-pool 1\"");
  for (const auto& field : fields) {
    const auto text = take_line();
    if (!text.starts_with(field.key) || text.size() <= field.key.size() || text[field.key.size()] != ' ') {
      return base::fail("the pool's state lacks " + std::string(field.key));
    }
    const auto value = number(text.substr(field.key.size() + 1));
    if (!value || (field.flag != nullptr && *value > 1)) {
      return base::fail("the pool's state has no valid " + std::string(field.key));
    }
    if (field.flag != nullptr) *field.flag = *value == 1;
    if (field.value != nullptr) *field.value = *value;
  }
  if (content.starts_with(kServiceLost)) {
    record.service_lost = true;
    (void)take_line();
  }
  if (content.starts_with(kWriter)) record.writer = take_line().substr(kWriter.size());
  while (content.starts_with(kOffline)) record.offline.emplace_back(take_line().substr(kOffline.size()));
  if (!content.empty()) return base::fail("the pool's state goes on after its end");
  if (record.own_epoch.counter() > record.max_epoch.counter()) {
    return base::fail("the pool's own epoch is above the highest it has seen");
  }
  record.quarantined = quarantined;
  return record;
}

}  // namespace core
