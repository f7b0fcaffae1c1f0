#include "conf/load.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
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

// Notes whatever is read or looked for, so that a daemon can watch it.
Outside noting(const Outside& outside, std::vector<std::filesystem::path>& seen) {
  Outside out = outside;
  out.read = [&seen, read = outside.read](const std::filesystem::path& path) {
    seen.push_back(path);
    return read(path);
  };
  out.glob = [&seen, glob = outside.glob](const std::filesystem::path& pattern) {
    seen.push_back(pattern);
    return glob(pattern);
  };
  return out;
}

// Wide-IPs may be many: each is read and its tree given back before the next one.
ItemReader items_of(Reading& reading, Dnsd& value) {
  struct State {
    Reading reading;
    std::size_t good = 0;  // items of the files that are over
  };
  const auto state = std::make_shared<State>(State{{reading.outside, {}, {}}, 0});
  const auto take = [&value, state](const Value& item) {
    read_wideip(state->reading, item, value.wideips);
    if (item.kind == Value::Kind::kMapping) check_wideip(state->reading, item, value.wideips.back());
  };
  const auto end = [&value, &reading, state](bool good) {
    if (good) {
      std::move(state->reading.faults.begin(), state->reading.faults.end(), std::back_inserter(reading.faults));
      std::move(state->reading.warnings.begin(), state->reading.warnings.end(), std::back_inserter(reading.warnings));
    } else {
      value.wideips.resize(state->good);
    }
    state->good = value.wideips.size();
    state->reading.faults.clear();
    state->reading.warnings.clear();
  };
  return {{"wideips", take, {reading.outside.threads}}, end};
}

// There are no such lists in a sitecheck.yaml.
ItemReader items_of(Reading&, Sitecheck&) {
  return {{"", [](const Value&) {}, {}}, [](bool) {}};
}

template <typename T>
Loaded<T> finish(Reading& reading, const Table<T>& table, const Gathered& gathered, Loaded<T> out) {
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

template <typename T, typename Gather>
Loaded<T> load(const Table<T>& table, const Outside& outside, const Gather& gathered) {
  std::vector<std::filesystem::path> seen;
  const Outside seeing = noting(outside, seen);
  Reading reading{seeing, {}, {}};
  Loaded<T> read;
  const ItemReader items = items_of(reading, read.value);
  const Gathered tree = gathered(reading, table.shape(), &items);
  auto out = finish(reading, table, tree, std::move(read));
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  out.value.watched = std::move(seen);
  return out;
}

auto of_file(const std::filesystem::path& path) {
  return [&path](Reading& reading, const Shape& shape, const ItemReader* items) {
    return gather(reading, shape, path, items);
  };
}

auto of_text(std::string_view text, const std::filesystem::path& name) {
  return [text, &name](Reading& reading, const Shape& shape, const ItemReader* items) {
    return gather_text(reading, shape, text, name, items);
  };
}

}  // namespace

Loaded<Dnsd> load_dnsd(const std::filesystem::path& path, const Outside& outside) {
  return load(dnsd_table(), outside, of_file(path));
}
Loaded<Sitecheck> load_sitecheck(const std::filesystem::path& path, const Outside& outside) {
  return load(sitecheck_table(), outside, of_file(path));
}
Loaded<Dnsd> load_dnsd_text(std::string_view text, const std::filesystem::path& name, const Outside& outside) {
  return load(dnsd_table(), outside, of_text(text, name));
}
Loaded<Sitecheck> load_sitecheck_text(std::string_view text, const std::filesystem::path& name,
                                      const Outside& outside) {
  return load(sitecheck_table(), outside, of_text(text, name));
}

}  // namespace conf
