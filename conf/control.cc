#include <algorithm>

#include "conf/gather.h"
#include "conf/load.h"

namespace conf {

namespace {

const Field& field_of(const Shape& shape, std::string_view key) {
  return *std::find_if(shape.fields.begin(), shape.fields.end(), [&](const Field& f) { return f.key == key; });
}

// `control:` of the mapping `in`, or its default.
base::Result<std::filesystem::path> control_of(const Shape& top, std::string_view in, const std::filesystem::path& path,
                                               const Outside& outside) {
  Reading reading{outside, {}, {}};
  const Gathered gathered = gather(reading, top, path);
  if (gathered.root.kind != Value::Kind::kMapping) {
    return base::fail(reading.faults.empty() ? path.string() + " cannot be read" : to_string(reading.faults.front()));
  }
  const Field& field = field_of(in.empty() ? top : *field_of(top, in).shape, "control");
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
