#include <algorithm>

#include "conf/gather.h"
#include "conf/load.h"

namespace conf {

namespace {

const Field& field_of(const Shape& shape, std::string_view key) {
  return *std::find_if(shape.fields.begin(), shape.fields.end(), [&](const Field& f) { return f.key == key; });
}

// Of what stands in the first file alone, without the wide-IPs: nothing else is needed where it says enough.
Value first_file(const std::filesystem::path& path, const std::string& name, const Outside& outside) {
  Value out;
  std::vector<Fault> faults;
  const ItemSink forget{"wideips", [](const Value&) {}, {}};
  if (const auto text = outside.read(path)) out = parse_document(*text, &name, faults, &forget);
  return out;
}

// `control:` of the mapping `in`, or its default.
base::Result<std::filesystem::path> control_of(const Shape& top, std::string_view in, const std::filesystem::path& path,
                                               const Outside& outside) {
  Reading reading{outside, {}, {}};
  const Field& field = field_of(in.empty() ? top : *field_of(top, in).shape, "control");
  const std::string name = path.string();
  const Value first = first_file(path, name, outside);
  const Value* section = in.empty() ? &first : first.find(in);
  const Value* known = section == nullptr ? nullptr : section->find("control");
  std::filesystem::path found_first;
  if (known != nullptr && read(reading, field, *known, found_first)) return found_first;
  reading.faults.clear();
  const Gathered gathered = gather(reading, top, path);
  if (gathered.root.kind != Value::Kind::kMapping) {
    return base::fail(reading.faults.empty() ? path.string() + " cannot be read" : to_string(reading.faults.front()));
  }
  const Value* mapping = in.empty() ? &gathered.root : gathered.root.find(in);
  const Value* value = mapping == nullptr ? nullptr : mapping->find("control");
  if (value == nullptr) return std::filesystem::path(field.standard);
  std::filesystem::path out;
  reading.faults.clear();
  if (!read(reading, field, *value, out)) {
    return base::fail(reading.faults.empty() ? path.string() + ": control cannot be read"
                                             : to_string(reading.faults.front()));
  }
  return out;
}

}  // namespace

base::Result<std::filesystem::path> dnsd_control(const std::filesystem::path& path, const Outside& outside) {
  return control_of(dnsd_shape(), "server", path, outside);
}

base::Result<std::filesystem::path> sitecheck_control(const std::filesystem::path& path, const Outside& outside) {
  return control_of(sitecheck_shape(), "", path, outside);
}

}  // namespace conf
