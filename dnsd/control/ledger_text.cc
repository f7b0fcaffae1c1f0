// The text of a ledger: one line for each thing known.
//
//   member SITE POOL EPOCH            the highest epoch accepted
//   answer EPOCH MICROSECONDS SITE/POOL[,SITE/POOL...] NAME...    what these names were last answered with, and when
//   forget POOL                       in a change: its members count from 1 again
//
// No site, pool or name holds a space, a comma or a slash (conf/scalar.h).
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "dnsd/control/ledger.h"

namespace control {

namespace {

using Json = nlohmann::json;

void put_member(std::string& out, const decide::MemberId& id, ecv::Epoch epoch) {
  out += "member " + id.site + ' ' + id.pool + ' ' + std::to_string(epoch.value) + '\n';
}

// The beginning of an answer's line, up to its names.
std::string head_of(const Ledger::Answer& answer) {
  std::string out = "answer " + std::to_string(answer.answered.epoch.value) + ' ' +
                    std::to_string(answer.accepted.time_since_epoch().count()) + ' ';
  bool first = true;
  for (const auto& id : answer.answered.members) {
    if (!std::exchange(first, false)) out += ',';
    out += id.site + '/' + id.pool;
  }
  return out;
}

// Takes the words of a line, one after the other.
class Words {
 public:
  explicit Words(std::string_view line) : left_(line) {}
  [[nodiscard]] bool done() const { return left_.empty(); }
  std::string_view next(char until = ' ') {
    const auto end = left_.find(until);
    const auto out = left_.substr(0, end);
    left_.remove_prefix(end == std::string_view::npos ? left_.size() : end + 1);
    return out;
  }
  template <typename T>
  std::optional<T> number() {
    const auto word = next();
    T out{};
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (word.empty() || fault != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return out;
  }

 private:
  std::string_view left_;
};

std::optional<Ledger::Answer> answer_of(Words& words) {
  const auto epoch = words.number<std::uint64_t>();
  const auto accepted = words.number<std::int64_t>();
  if (!epoch || !accepted) return std::nullopt;
  Ledger::Answer out;
  out.answered.epoch.value = *epoch;
  out.accepted = base::WallTime(base::Duration(*accepted));
  Words members(words.next());
  while (!members.done()) {
    Words id(members.next(','));
    const auto site = id.next('/');
    const auto pool = id.next('/');
    if (site.empty() || pool.empty() || !id.done()) return std::nullopt;
    out.answered.members.push_back({std::string(site), std::string(pool)});
  }
  return out.answered.members.empty() ? std::nullopt : std::optional(std::move(out));
}

// False: the line is none of ours.
bool read_line(std::string_view line, Ledger::Change& change) {
  Words words(line);
  const auto verb = words.next();
  if (verb == "forget") {
    change.forgotten = words.next();
    return !change.forgotten.empty() && words.done();
  }
  if (verb == "member") {
    decide::MemberId id;
    id.site = words.next();
    id.pool = words.next();
    const auto epoch = words.number<std::uint64_t>();
    if (id.site.empty() || id.pool.empty() || !epoch || !words.done()) return false;
    change.highest.emplace_back(std::move(id), ecv::Epoch{*epoch});
    return true;
  }
  if (verb != "answer") return false;
  auto answer = answer_of(words);
  if (!answer || words.done()) return false;
  Ledger::Change::Answers answers{{}, std::make_shared<const Ledger::Answer>(*std::move(answer))};
  while (!words.done()) {
    answers.names.emplace_back(words.next());
    if (answers.names.back().empty()) return false;
  }
  change.answers.push_back(std::move(answers));
  return true;
}

// What versions before the lines wrote.

// The field as a T, or nothing if it is missing or of another kind.
template <typename T>
std::optional<T> get(const Json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!at->is_string()) return std::nullopt;
  } else {
    if (!at->is_number_integer()) return std::nullopt;
  }
  return at->get<T>();
}

std::optional<decide::MemberId> get_member(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  auto site = get<std::string>(object, "site");
  auto pool = get<std::string>(object, "pool");
  if (!site || !pool) return std::nullopt;
  return decide::MemberId{*std::move(site), *std::move(pool)};
}

std::optional<Ledger::Answer> get_answer(const Json& object) {
  const auto epoch = get<std::uint64_t>(object, "epoch");
  const auto members = object.find("members");
  if (!epoch || members == object.end() || !members->is_array() || members->empty()) return std::nullopt;
  Ledger::Answer out;
  out.answered.epoch.value = *epoch;
  out.accepted = base::WallTime(base::Duration(get<std::int64_t>(object, "accepted_us").value_or(0)));
  for (const Json& member : *members) {
    auto id = get_member(member);
    if (!id) return std::nullopt;
    out.answered.members.push_back(*std::move(id));
  }
  return out;
}

base::Result<Ledger> decode_json(std::string_view text) {
  const Json all = Json::parse(text, nullptr, false);
  if (!all.is_object()) return base::fail("not a JSON object");
  Ledger::Change out;
  const auto members = all.find("members");
  const auto answers = all.find("answers");
  if (members == all.end() || !members->is_array()) return base::fail("\"members\" is missing or no array");
  if (answers == all.end() || !answers->is_array()) return base::fail("\"answers\" is missing or no array");
  for (const Json& object : *members) {
    auto id = get_member(object);
    const auto epoch = id ? get<std::uint64_t>(object, "highest") : std::nullopt;
    if (!epoch) return base::fail("an entry of \"members\" is malformed");
    out.highest.emplace_back(*std::move(id), ecv::Epoch{*epoch});
  }
  for (const Json& object : *answers) {
    const auto name = object.is_object() ? get<std::string>(object, "name") : std::nullopt;
    auto answer = name ? get_answer(object) : std::nullopt;
    if (!answer) return base::fail("an entry of \"answers\" is malformed");
    out.answers.push_back({{*name}, std::make_shared<const Ledger::Answer>(*std::move(answer))});
  }
  Ledger ledger;
  ledger.apply(out);
  return ledger;
}

}  // namespace

std::string Ledger::Change::encode() const {
  std::string out;
  if (!forgotten.empty()) out += "forget " + forgotten + '\n';
  for (const auto& [id, epoch] : highest) put_member(out, id, epoch);
  for (const Answers& each : answers) {
    out += head_of(*each.answer);
    for (const std::string& name : each.names) out += ' ' + name;
    out += '\n';
  }
  return out;
}

std::string Ledger::encode() const {
  std::string out;
  for (const auto& [id, epoch] : highest_) put_member(out, id, epoch);
  std::map<std::string, std::vector<const std::string*>> lines;
  std::unordered_map<const Answer*, std::vector<const std::string*>*> known;
  for (const auto& [name, answer] : answers_) {
    auto& line = known[answer.get()];
    if (line == nullptr) line = &lines[head_of(*answer)];
    line->push_back(&name);
  }
  for (const auto& [head, names] : lines) {
    out += head;
    for (const std::string* name : names) out += ' ' + *name;
    out += '\n';
  }
  return out;
}

base::Result<void> Ledger::take(std::string_view text) {
  Change change;
  Words lines(text);
  for (std::size_t number = 1; !lines.done(); ++number) {
    if (!read_line(lines.next('\n'), change)) return base::fail("line " + std::to_string(number) + " is malformed");
  }
  apply(change);
  return {};
}

base::Result<Ledger> Ledger::decode(std::string_view text) {
  if (text.starts_with('{')) return decode_json(text);
  Ledger out;
  if (auto taken = out.take(text); !taken) return tl::unexpected(taken.error());
  return out;
}

}  // namespace control
