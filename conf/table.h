// Binds rows (conf/field.h) to the members of a struct, and reads a mapping by them.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <type_traits>

#include "conf/reading.h"

namespace conf {

// How one field gets into a T. `value` is never null, bad or of the wrong sort of node where the field says so.
template <typename T>
using Store = std::function<void(Reading&, const Field&, const Value&, T&)>;

template <typename T>
struct Row {
  Field field;
  Store<T> store;
};

template <typename T>
class Table {
 public:
  Table(std::string_view name, std::vector<Row<T>> rows) {
    shape_.name = name;
    for (auto& row : rows) {
      shape_.fields.push_back(row.field);
      stores_.push_back(std::move(row.store));
    }
  }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  void store(std::size_t i, Reading& reading, const Value& value, T& out) const {
    stores_[i](reading, shape_.fields[i], value, out);
  }

 private:
  Shape shape_;
  std::vector<Store<T>> stores_;
};

// For each field its value in `mapping` or null; unknown keys and missing required ones are reported. A value that is
// empty is reported and null too.
std::vector<const Value*> match(Reading& reading, const Shape& shape, const Value& mapping);
// Reports `key` as missing, for a field that is required where a rule says so.
void require(Reading& reading, const Shape& shape, const Value& mapping, std::string_view key);
// The default of a field as a value standing at `at`.
Value standard_value(const Field& field, const Value& at);
// An empty mapping standing at `at`, for fields that are implied.
Value implied_value(const Value& at);
// True if the value is a mapping; else reports.
bool is_mapping(Reading& reading, const Field& field, const Value& value);
// The items of a list field: those of a sequence, or the single value itself.
std::vector<const Value*> list_items(Reading& reading, const Field& field, const Value& value);

// Fields are read in the order of the table, so a later row may build on an earlier one.
template <typename T>
void read_fields(Reading& reading, const Table<T>& table, const Value& mapping, T& out) {
  if constexpr (requires { out.mark; }) out.mark = mapping.mark();
  const auto values = match(reading, table.shape(), mapping);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Field& field = table.shape().fields[i];
    if (values[i] != nullptr) {
      table.store(i, reading, *values[i], out);
    } else if (mapping.find(field.key) != nullptr) {
      continue;  // reported by match()
    } else if (field.implied) {
      table.store(i, reading, implied_value(mapping), out);
    } else if (!field.standard.empty()) {
      table.store(i, reading, standard_value(field, mapping), out);
    }
  }
}

// A scalar member.
template <typename T, typename M>
Row<T> row(Field field, M T::*member) {
  return {std::move(field), [member](Reading& r, const Field& f, const Value& v, T& out) {
            if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>) {
              std::int64_t number = 0;
              if (read(r, f, v, number)) out.*member = static_cast<M>(number);
            } else {
              read(r, f, v, out.*member);
            }
          }};
}

// An optional scalar member.
template <typename T, typename M>
Row<T> row(Field field, std::optional<M> T::*member) {
  return {std::move(field), [member](Reading& r, const Field& f, const Value& v, T& out) {
            std::conditional_t<std::is_integral_v<M> && !std::is_same_v<M, bool>, std::int64_t, M> one{};
            if (read(r, f, v, one)) out.*member = static_cast<M>(std::move(one));
          }};
}

// A list of scalars. Two equal ones are a fault.
template <typename T, typename M>
Row<T> row(Field field, std::vector<M> T::*member) {
  field.list = true;
  return {std::move(field), [member](Reading& r, const Field& f, const Value& v, T& out) {
            for (const Value* item : list_items(r, f, v)) {
              M one{};
              if (!read(r, f, *item, one)) continue;
              auto& list = out.*member;
              if (std::find(list.begin(), list.end(), one) != list.end()) {
                r.fault(item->mark(), std::string(f.key) + ": \"" + item->text + "\" stands twice in the list");
              } else {
                list.push_back(std::move(one));
              }
            }
          }};
}

// One of the field's words; `values` stand in the order of the words.
template <typename T, typename M>
Row<T> choice(Field field, M T::*member, std::vector<M> values) {
  field.type = Type::kChoice;
  return {std::move(field), [member, values](Reading& r, const Field& f, const Value& v, T& out) {
            std::size_t index = 0;
            if (read_word(r, f, v, index)) out.*member = values[index];
          }};
}

// A row whose value is stored by a function of its own.
template <typename T>
Row<T> custom(Field field, Store<T> store) {
  return {std::move(field), std::move(store)};
}

// A nested mapping into a member, or into the struct itself.
template <typename T, typename M>
Row<T> mapping(Field field, M T::*member, const Table<M>& table) {
  field.type = Type::kMapping;
  field.shape = &table.shape();
  return {std::move(field), [member, &table](Reading& r, const Field& f, const Value& v, T& out) {
            if (is_mapping(r, f, v)) read_fields(r, table, v, out.*member);
          }};
}

// A sequence of mappings. Each item gives an element, a faulty one too, so that elements and items keep in step.
template <typename T, typename M>
Row<T> mappings(Field field, std::vector<M> T::*member, const Table<M>& table) {
  field.type = Type::kMapping;
  field.list = true;
  field.shape = &table.shape();
  return {std::move(field), [member, &table](Reading& r, const Field& f, const Value& v, T& out) {
            if (v.kind != Value::Kind::kSequence) {
              mismatch(r, f, v);
              return;
            }
            (out.*member).reserve(v.items.size());
            for (const Value& item : v.items) {
              (out.*member).emplace_back();
              Field one = f;
              one.list = false;
              if (is_mapping(r, one, item)) read_fields(r, table, item, (out.*member).back());
            }
          }};
}

// A mapping from names to mappings; the name goes to `name`.
template <typename T, typename M>
Row<T> named_mappings(Field field, std::vector<M> T::*member, std::string M::*name, const Table<M>& table) {
  field.type = Type::kMapping;
  field.named = true;
  field.shape = &table.shape();
  return {std::move(field), [member, name, &table](Reading& r, const Field& f, const Value& v, T& out) {
            if (v.kind != Value::Kind::kMapping) {
              mismatch(r, f, v);
              return;
            }
            for (std::size_t i = 0; i < v.items.size(); ++i) {
              M one{};
              Value key;
              key.kind = Value::Kind::kScalar;
              key.text = v.keys[i].text;
              key.file = v.keys[i].file;
              key.line = v.keys[i].line;
              key.column = v.keys[i].column;
              const Field id{.key = f.key, .type = Type::kName, .help = f.help};
              read(r, id, key, one.*name);
              Field each = f;
              each.named = false;
              if (is_mapping(r, each, v.items[i])) read_fields(r, table, v.items[i], one);
              if constexpr (requires { one.mark; }) one.mark = v.keys[i].mark();
              (out.*member).push_back(std::move(one));
            }
          }};
}

}  // namespace conf
