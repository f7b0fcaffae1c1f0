#include "conf/load.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "conf/changes.h"
#include "conf/gather.h"
#include "conf/rules.h"
#include "conf/tables.h"

namespace conf {

namespace {

// More than a person reads; a hostile file shall not fill the memory with its faults.
constexpr std::size_t kMostFaults = 1000;

// In the order of the files, lines and columns.
void arrange(std::vector<Fault>& faults, const Gathered& gathered) {
  std::map<std::string, std::size_t> order;
  for (const auto& name : gathered.names) order.emplace(name, order.size());
  const auto position = [&](const Fault& fault) {
    const auto file = order.find(fault.mark.file);
    return std::tuple(file == order.end() ? order.size() : file->second, fault.mark.line, fault.mark.column);
  };
  std::stable_sort(faults.begin(), faults.end(),
                   [&](const Fault& a, const Fault& b) { return position(a) < position(b); });
  if (faults.size() <= kMostFaults) return;
  const std::size_t more = faults.size() - kMostFaults;
  faults.resize(kMostFaults);
  faults.push_back({Mark{}, std::to_string(more) + " further faults are not shown"});
}

template <typename T>
Loaded<T> finish(Reading& reading, const Table<T>& table, const Gathered& gathered) {
  Loaded<T> out;
  if (gathered.root.kind == Value::Kind::kMapping) {
    read_fields(reading, table, gathered.root, out.value);
    apply_rules(reading, gathered.root, out.value);
  }
  out.value.files = gathered.files;
  if constexpr (requires { out.value.settings; }) out.value.settings = settings_of(gathered.root);
  out.faults = std::move(reading.faults);
  out.warnings = std::move(reading.warnings);
  arrange(out.faults, gathered);
  arrange(out.warnings, gathered);
  return out;
}

template <typename T>
Loaded<T> load(const Table<T>& table, const std::filesystem::path& path, const Outside& outside) {
  Reading reading{outside, {}, {}};
  const Gathered gathered = gather(reading, table.shape(), path);
  return finish(reading, table, gathered);
}

template <typename T>
Loaded<T> load_text(const Table<T>& table, std::string_view text, const std::filesystem::path& name,
                    const Outside& outside) {
  Reading reading{outside, {}, {}};
  const Gathered gathered = gather_text(reading, table.shape(), text, name);
  return finish(reading, table, gathered);
}

}  // namespace

Loaded<Dnsd> load_dnsd(const std::filesystem::path& path, const Outside& outside) {
  return load(dnsd_table(), path, outside);
}
Loaded<Sitecheck> load_sitecheck(const std::filesystem::path& path, const Outside& outside) {
  return load(sitecheck_table(), path, outside);
}
Loaded<Dnsd> load_dnsd_text(std::string_view text, const std::filesystem::path& name, const Outside& outside) {
  return load_text(dnsd_table(), text, name, outside);
}
Loaded<Sitecheck> load_sitecheck_text(std::string_view text, const std::filesystem::path& name,
                                      const Outside& outside) {
  return load_text(sitecheck_table(), text, name, outside);
}

}  // namespace conf
