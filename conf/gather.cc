#include "conf/gather.h"

#include <algorithm>
#include <map>

namespace conf {

namespace {

const Field* find_field(const Shape& shape, std::string_view key) {
  const auto at =
      std::find_if(shape.fields.begin(), shape.fields.end(), [&](const Field& field) { return field.key == key; });
  return at == shape.fields.end() ? nullptr : &*at;
}

class Gatherer {
 public:
  Gatherer(Reading& reading, const Shape& shape, const ItemReader* items)
      : reading_(reading), shape_(shape), items_(items) {}

  Gathered run(std::string_view text, const std::filesystem::path& path) {
    out_.root.kind = Value::Kind::kMapping;
    out_.root.line = out_.root.column = 1;
    add(text, path, Mark{});
    out_.root.file = &out_.names.front();
    return std::move(out_);
  }

 private:
  void add(std::string_view text, const std::filesystem::path& path, const Mark& included_at) {
    seen_.emplace(path.lexically_normal().string(), included_at);
    out_.names.push_back(path.string());
    out_.files.push_back(path);
    Value document =
        parse_document(text, &out_.names.back(), reading_.faults, items_ == nullptr ? nullptr : &items_->sink);
    if (items_ != nullptr) items_->end(document.kind == Value::Kind::kMapping);
    if (document.kind == Value::Kind::kBad) {
      if (out_.files.size() == 1) out_.root.kind = Value::Kind::kBad;
      return;
    }
    if (document.kind != Value::Kind::kMapping && document.kind != Value::Kind::kNull) {
      reading_.fault(document.mark(),
                     "found " + found(document) + "; allowed: a mapping of the keys of " + std::string(shape_.name));
      return;
    }
    merge(document);
    if (const Value* list = document.find(kInclude)) include(*list);
  }

  void merge(Value& document) {
    for (std::size_t i = 0; i < document.keys.size(); ++i) {
      auto& key = document.keys[i];
      if (key.text == kInclude) {
        merge_include(key, document.items[i]);
        continue;
      }
      const auto known = position_.find(key.text);
      if (known == position_.end()) {
        position_.emplace(key.text, out_.root.keys.size());
        out_.root.keys.push_back(key);
        out_.root.items.push_back(std::move(document.items[i]));
      } else {
        join(known->second, key, document.items[i]);
      }
    }
  }

  // The list is followed here, and kept once in the tree so that the table knows the key.
  void merge_include(const Value::Key& key, const Value& list) {
    if (position_.contains(key.text)) return;
    position_.emplace(key.text, out_.root.keys.size());
    out_.root.keys.push_back(key);
    out_.root.items.push_back(list);
  }

  void join(std::size_t position, const Value::Key& key, Value& value) {
    const Field* field = find_field(shape_, key.text);
    if (field == nullptr) return;  // unknown: its first place is reported
    Value& into = out_.root.items[position];
    if (field->list && field->type == Type::kMapping && into.kind == Value::Kind::kSequence &&
        value.kind == Value::Kind::kSequence) {
      std::move(value.items.begin(), value.items.end(), std::back_inserter(into.items));
    } else if (field->named && into.kind == Value::Kind::kMapping && value.kind == Value::Kind::kMapping) {
      join_names(into, value);
    } else if (field->list || field->named) {
      mismatch(reading_, *field, value.kind == into.kind ? into : value);
    } else {
      reading_.fault(key.mark(), "\"" + key.text + "\" stands already at " +
                                     to_string(out_.root.keys[position].mark()) + "; allowed: in one file only");
    }
  }

  void join_names(Value& into, Value& from) {
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      const auto other = std::find_if(into.keys.begin(), into.keys.end(),
                                      [&](const Value::Key& key) { return key.text == from.keys[i].text; });
      if (other != into.keys.end()) {
        reading_.fault(from.keys[i].mark(),
                       "duplicate key \"" + other->text + "\"; it stands already at " + to_string(other->mark()));
        continue;
      }
      into.keys.push_back(from.keys[i]);
      into.items.push_back(std::move(from.items[i]));
    }
  }

  void include(const Value& list) {
    const Field* field = find_field(shape_, kInclude);
    std::vector<const Value*> patterns{&list};
    if (list.kind == Value::Kind::kSequence) {
      patterns.clear();
      for (const Value& item : list.items) patterns.push_back(&item);
    }
    for (const Value* pattern : patterns) {
      std::filesystem::path path;
      if (pattern->kind == Value::Kind::kNull && pattern == &list) continue;  // reported by the table
      if (field != nullptr && read(reading_, *field, *pattern, path)) include_pattern(*pattern, path);
    }
  }

  void include_pattern(const Value& pattern, const std::filesystem::path& path) {
    const bool wild = path.string().find_first_of("*?[") != std::string::npos;
    if (!wild) {
      include_file(pattern, path);
      return;
    }
    for (const auto& file : reading_.outside.glob(path)) include_file(pattern, file);
  }

  void include_file(const Value& pattern, const std::filesystem::path& path) {
    if (depth_ >= kMaxDepth) {
      reading_.fault(pattern.mark(), "include: nested deeper than " + std::to_string(kMaxDepth) + " files");
      return;
    }
    if (const auto seen = seen_.find(path.lexically_normal().string()); seen != seen_.end()) {
      reading_.fault(pattern.mark(),
                     "include: " + path.string() +
                         (seen->second.line == 0 ? " is the file that this one belongs to"
                                                 : " is included already at " + to_string(seen->second)) +
                         "; allowed: each file once");
      return;
    }
    if (out_.files.size() >= kMaxFiles) {
      if (out_.files.size() == kMaxFiles) reading_.fault(pattern.mark(), "include: more than 10000 files");
      out_.files.push_back(path);
      return;
    }
    const auto text = reading_.outside.read(path);
    if (!text) {
      reading_.fault(pattern.mark(), "include: " + text.error().message);
      return;
    }
    ++depth_;
    add(*text, path, pattern.mark());
    --depth_;
  }

  Reading& reading_;
  const Shape& shape_;
  const ItemReader* items_;
  Gathered out_;
  int depth_ = 0;
  std::map<std::string, std::size_t> position_;  // top-level key -> index in root
  std::map<std::string, Mark> seen_;             // file -> where it is included
};

}  // namespace

Gathered gather_text(Reading& reading, const Shape& shape, std::string_view text, const std::filesystem::path& path,
                     const ItemReader* items) {
  return Gatherer(reading, shape, items).run(text, path);
}

Gathered gather(Reading& reading, const Shape& shape, const std::filesystem::path& path, const ItemReader* items) {
  const auto text = reading.outside.read(path);
  if (text) return gather_text(reading, shape, *text, path, items);
  reading.fault(Mark{path.string(), 0, 0}, "cannot be read: " + text.error().message);
  Gathered out;
  out.root.kind = Value::Kind::kBad;
  return out;
}

}  // namespace conf
