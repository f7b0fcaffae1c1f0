// The rules that hold between fields. They run on values that are read, beside the tree that tells where each stands;
// a field whose own reading failed is left alone, so that one mistake is one fault.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/dnsd.h"
#include "conf/reading.h"
#include "conf/sitecheck.h"

namespace conf {

// Completes the value (defaults that depend on other fields) and reports what does not fit together.
void apply_rules(Reading& reading, const Value& root, Dnsd& out);
void apply_rules(Reading& reading, const Value& root, Sitecheck& out);

// What must hold within one wide-IP, whose mapping is `item`; apply_rules() sees to the rest.
void check_wideip(Reading& reading, const Value& item, const WideIp& wideip);

// Peers, voters, etcd and times of a sitecheck, by its mode. Completes the times of mode etcd.
void check_arbiter(Reading& reading, const Value& root, Sitecheck& s);

// The guard of one pool, whose mapping is `item`.
void check_guard(Reading& reading, const Sitecheck& s, const Pool& pool, const Value& item);
// What the ports of the agent answer for.
void check_agent(Reading& reading, const Value& root, const Sitecheck& s);

// Shared by both.
void check_keys(Reading& reading, const Value& root, const std::vector<KeyFile>& keys);
[[nodiscard]] bool has_key(const std::vector<KeyFile>& keys, ecv::Purpose purpose);

// Where a field of an element stands; where the element itself stands, if it has no such field.
[[nodiscard]] Mark place(const Value& root, std::string_view list, std::size_t index, std::string_view key = {});
// The value of a field of an element; null if there is none.
[[nodiscard]] const Value* element(const Value& root, std::string_view list, std::size_t index, std::string_view key);
// Of a field of the top level, else of the whole file.
[[nodiscard]] Mark place(const Value& root, std::string_view key);

// Tells of things that must be unique and are not, naming both places.
class Unique {
 public:
  Unique(Reading& reading, std::string what) : reading_(reading), what_(std::move(what)) {}
  // Empty ids are passed over: their own reading failed.
  void add(const std::string& id, const Mark& at);

 private:
  Reading& reading_;
  std::string what_;
  std::unordered_map<std::string, Mark> seen_;
};

// The roles of one pool; `addresses` are those of the pools before it.
void check_roles(Reading& reading, const Pool& pool, const Value& item, Unique& addresses);

}  // namespace conf
