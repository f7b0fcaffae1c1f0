// Values of the core as compact bytes: each is written as what differs from the one before it. Of flight.cc alone.
//
//   unsigned number   LEB128
//   integer, time     zigzag of the difference from before, as LEB128 (arithmetic modulo 2^64)
//   enumeration       its number; refused by the reader unless an enumerator has it
//   text              length, bytes
//   optional          0, or 1 and the value
//   list              length, the items, each against the one at its place before
//   aggregate         a bit for each member that differs (the first member is bit 0), then those members
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "sitecheck/io/reflect.h"

namespace sitecheck::flight {

namespace detail {

template <typename T>
struct IsTime : std::false_type {};
template <typename R, typename P>
struct IsTime<std::chrono::duration<R, P>> : std::true_type {};
template <typename C, typename D>
struct IsTime<std::chrono::time_point<C, D>> : std::true_type {};
template <typename T>
struct IsList : std::false_type {};
template <typename T>
struct IsList<std::vector<T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsPair : std::false_type {};
template <typename A, typename B>
struct IsPair<std::pair<A, B>> : std::true_type {};

template <typename R, typename P>
std::int64_t ticks(const std::chrono::duration<R, P>& d) {
  return d.count();
}
template <typename C, typename D>
std::int64_t ticks(const std::chrono::time_point<C, D>& t) {
  return t.time_since_epoch().count();
}
template <typename R, typename P>
void set_ticks(std::chrono::duration<R, P>& d, std::int64_t n) {
  d = std::chrono::duration<R, P>(n);
}
template <typename C, typename D>
void set_ticks(std::chrono::time_point<C, D>& t, std::int64_t n) {
  t = std::chrono::time_point<C, D>(D(n));
}

}  // namespace detail

template <typename T>
concept Time = detail::IsTime<T>::value;
template <typename T>
concept List = detail::IsList<T>::value;
template <typename T>
concept Optional = detail::IsOptional<T>::value;
template <typename T>
concept Pair = detail::IsPair<T>::value;
template <typename T>
concept Integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <typename T>
concept Enumeration = std::is_enum_v<T>;
template <typename T>
concept Scalar = std::is_arithmetic_v<T> || Enumeration<T> || std::is_same_v<T, std::string> || Time<T>;
template <typename T>
concept Aggregate = std::is_aggregate_v<T> && !Scalar<T> && !List<T> && !Optional<T> && !Pair<T>;

template <typename T>
bool same(const T& a, const T& b) {
  if constexpr (Scalar<T>) {
    return a == b;
  } else if constexpr (Optional<T>) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else if constexpr (Pair<T>) {
    return same(a.first, b.first) && same(a.second, b.second);
  } else if constexpr (List<T>) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!same(a[i], b[i])) return false;
    }
    return true;
  } else {
    return with_members(a, [&](const auto&... left) {
      return with_members(b, [&](const auto&... right) { return (same(left, right) && ...); });
    });
  }
}

// What keeps a damaged recording from filling the memory.
inline constexpr std::size_t kMostItems = std::size_t{1} << 16;  // of a list, of a step, of slots
inline constexpr std::size_t kMostBlock = std::size_t{4} << 20;  // bytes

class Writer {
 public:
  explicit Writer(base::Bytes& out) : out_(out) {}

  void number(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_.push_back(static_cast<std::uint8_t>(v | 0x80));
    out_.push_back(static_cast<std::uint8_t>(v));
  }
  void difference(std::uint64_t v) { number(v << 1 ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(v) >> 63)); }

  template <typename T>
  void put(const T& v, const T& before = T{}) {
    if constexpr (std::is_same_v<T, bool>) {
      number(v ? 1 : 0);
    } else if constexpr (Integer<T>) {
      difference(static_cast<std::uint64_t>(v) - static_cast<std::uint64_t>(before));
    } else if constexpr (Enumeration<T>) {
      number(static_cast<std::uint64_t>(v));
    } else if constexpr (std::is_same_v<T, double>) {
      number(std::bit_cast<std::uint64_t>(v));
    } else if constexpr (Time<T>) {
      difference(static_cast<std::uint64_t>(detail::ticks(v)) - static_cast<std::uint64_t>(detail::ticks(before)));
    } else if constexpr (std::is_same_v<T, std::string>) {
      number(v.size());
      out_.insert(out_.end(), v.begin(), v.end());
    } else if constexpr (Optional<T>) {
      number(v ? 1 : 0);
      if (v) put(*v, before.value_or(typename T::value_type{}));
    } else if constexpr (Pair<T>) {
      put(v.first, before.first);
      put(v.second, before.second);
    } else if constexpr (List<T>) {
      number(v.size());
      for (std::size_t i = 0; i < v.size(); ++i) {
        put(v[i], i < before.size() ? before[i] : typename T::value_type{});
      }
    } else {
      put_members(v, before);
    }
  }

 private:
  template <typename T>
  void put_members(const T& v, const T& before) {
    with_members(v, [&](const auto&... now) {
      with_members(before, [&](const auto&... was) {
        std::uint64_t mask = 0;
        int bit = 0;
        ((mask |= same(now, was) ? 0 : std::uint64_t{1} << bit, ++bit), ...);
        number(mask);
        bit = 0;
        ((mask >> bit++ & 1 ? put(now, was) : void()), ...);
      });
    });
  }

  base::Bytes& out_;
};

// Reads over what was before. Never past the end, and never more than the bytes could hold; `ok` tells at the end.
class Reader {
 public:
  explicit Reader(base::ByteView from) : in_(from) {}
  [[nodiscard]] bool ok() const { return ok_ && in_.ok(); }
  [[nodiscard]] std::size_t left() const { return in_.left(); }
  void fail() { ok_ = false; }

  std::uint64_t number() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 70 && ok(); shift += 7) {
      const std::uint64_t byte = in_.u8();
      if (shift == 63 && byte > 1) break;
      out |= (byte & 0x7F) << shift;
      if (byte < 0x80) return out;
    }
    ok_ = false;
    return 0;
  }
  std::uint64_t difference() {
    const auto n = number();
    return n >> 1 ^ (0 - (n & 1));
  }
  // Of a text, or of a list, whose items take a byte each at least.
  std::size_t length(std::size_t most = kMostBlock) {
    const auto n = number();
    if (n > in_.left() || n > most) ok_ = false;
    return ok() ? static_cast<std::size_t>(n) : 0;
  }

  template <typename T>
  void get(T& v) {
    if constexpr (std::is_same_v<T, bool>) {
      v = choice(2) == 1;
    } else if constexpr (Integer<T>) {
      v = static_cast<T>(static_cast<std::uint64_t>(v) + difference());
    } else if constexpr (Enumeration<T>) {
      v = static_cast<T>(choice(enumerators<T>()));
    } else if constexpr (std::is_same_v<T, double>) {
      v = std::bit_cast<double>(number());
    } else if constexpr (Time<T>) {
      detail::set_ticks(v, static_cast<std::int64_t>(static_cast<std::uint64_t>(detail::ticks(v)) + difference()));
    } else if constexpr (std::is_same_v<T, std::string>) {
      v = base::as_text(in_.bytes(length()));
    } else if constexpr (Optional<T>) {
      if (choice(2) == 0) return v.reset();
      if (!v) v = typename T::value_type{};
      get(*v);
    } else if constexpr (Pair<T>) {
      get(v.first);
      get(v.second);
    } else if constexpr (List<T>) {
      const auto size = length(kMostItems);
      v.resize(std::min(size, v.size()));
      for (std::size_t i = 0; i < size && ok(); ++i) get(i < v.size() ? v[i] : v.emplace_back());
    } else {
      get_members(v);
    }
  }

 private:
  std::uint64_t choice(int of) {
    const auto n = number();
    if (n >= static_cast<std::uint64_t>(of)) ok_ = false;
    return ok() ? n : 0;
  }
  template <typename T>
  void get_members(T& v) {
    with_members(v, [&](auto&... members) {
      const auto mask = number();
      if (mask >> sizeof...(members) != 0) ok_ = false;
      int bit = 0;
      ((mask >> bit++ & 1 && ok() ? get(members) : void()), ...);
    });
  }

  base::ByteReader in_;
  bool ok_ = true;
};

// A number that another shape of a type (a member more, another order of kinds) does not have.
template <typename T>
std::uint64_t shape(std::uint64_t hash = 0xcbf29ce484222325) {
  const auto mix = [&](std::uint64_t v) { hash = (hash ^ v) * 0x100000001b3; };
  if constexpr (Enumeration<T>) {
    mix(1000 + static_cast<std::uint64_t>(enumerators<T>()));
  } else if constexpr (Time<T>) {
    mix(2);
  } else if constexpr (Scalar<T>) {
    mix(std::is_same_v<T, std::string> ? 3 : 10 + sizeof(T) * 2 + (std::is_signed_v<T> ? 1 : 0));
  } else if constexpr (Optional<T> || List<T>) {
    mix(Optional<T> ? 4 : 5);
    hash = shape<typename T::value_type>(hash);
  } else {
    T value{};
    with_members(value, [&](auto&... members) {
      mix(6 + sizeof...(members) * 256);
      ((hash = shape<std::remove_cvref_t<decltype(members)>>(hash)), ...);
    });
  }
  return hash;
}

}  // namespace sitecheck::flight
