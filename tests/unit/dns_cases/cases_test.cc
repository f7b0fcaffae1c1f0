// The tables of this folder: zones as master files, questions, and the whole answers that the RFCs want (README.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/file.h"
#include "dnsd/data/respond.h"
#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"
#include "zones/compile/snapshot_compiler.h"

namespace {

using dns_test::Message;

// Zones and wide-IPs of one file.
class Server {
 public:
  void zone(const std::string& origin, const std::string& text, const std::string& place) {
    compile::CatalogZone zone;
    zone.config.origin = origin;
    zone.origin = dns_test::name(origin).lowered();
    auto loaded = compile::parse_zone(text, place, zone.origin);
    for (const auto& fault : loaded.faults) ADD_FAILURE() << conf::to_string(fault);
    zone.data = std::make_shared<const compile::ZoneData>(std::move(loaded.value));
    catalog_.by_origin.emplace(zone.origin.key(), catalog_.zones.size());
    catalog_.zones.push_back(std::move(zone));
  }
  // wideip NAME (ADDRESS… | servfail | nodata | refuse | alias TARGET) [stale] [every]
  void wideip(std::istringstream& words) {
    conf::WideIp wideip;
    words >> wideip.name;
    wideip.name.pop_back();
    snapshot::DynamicAnswer answer{snapshot::DynamicOutcome::kAnswer, {}, 5, std::nullopt};
    for (std::string word; words >> word;) {
      if (word == "servfail")
        answer.outcome = snapshot::DynamicOutcome::kServfail;
      else if (word == "nodata")
        answer.outcome = snapshot::DynamicOutcome::kNodata;
      else if (word == "refuse")
        answer.outcome = snapshot::DynamicOutcome::kRefuse;
      else if (word == "alias") {
        std::string target;
        words >> target;
        const auto name = dns_test::name(target);
        answer.outcome = snapshot::DynamicOutcome::kAlias;
        answer.alias.assign(name.wire().begin(), name.wire().end());
        answer.every_type = true;
      } else if (word == "every")
        answer.every_type = true;
      else if (word == "stale")
        answer.ede = wire::kEdeStaleAnswer;
      else
        answer.addresses.push_back(base::IpAddress::parse(word).value());
    }
    wideips_.push_back(wideip);
    answers_.push_back(answer);
  }
  Message ask(const base::Bytes& packet, bool tcp) {
    if (!compiled_) compile();
    std::vector<std::uint8_t> out(tcp ? wire::kMaxMessage : 1232);
    const auto transport = tcp ? data::Transport::kTcp4 : data::Transport::kUdp4;
    const auto size = data::respond(identity_, snapshot_.get(), packet, transport, out, scratch_, counters_);
    return dns_test::decode(base::ByteView(out).first(size));
  }

 private:
  void compile() {
    compiled_ = true;
    auto compiled = compile::compile_snapshot(catalog_, wideips_);
    for (const auto& fault : compiled.faults) ADD_FAILURE() << conf::to_string(fault);
    snapshot_ = std::move(compiled.value.snapshot);
    for (std::size_t i = 0; i < answers_.size(); ++i) snapshot_->set_answer(*compiled.value.ids[i], answers_[i]);
  }
  compile::Catalog catalog_;
  std::vector<conf::WideIp> wideips_;
  std::vector<snapshot::DynamicAnswer> answers_;
  std::unique_ptr<snapshot::Snapshot> snapshot_;
  bool compiled_ = false;
  data::Identity identity_{"ns1", "", "", 1232};
  data::Scratch scratch_;
  snapshot::WorkerCounters counters_;
};

void add_section(std::vector<std::string>& out, const char* prefix, const std::vector<dns_test::Record>& records) {
  auto texts = Message::texts(records);
  std::sort(texts.begin(), texts.end());
  for (const auto& text : texts) out.push_back(std::string(prefix) + " " + text);
}

// A response in the words of the tables.
std::vector<std::string> describe(const Message& r) {
  std::string head = "= " + wire::rcode_name(r.rcode);
  if (r.aa()) head += " aa";
  if (r.tc()) head += " tc";
  for (const auto& [code, data] : r.options) {
    if (code == wire::kOptionEde) head += " ede:" + std::to_string(std::stoi(data, nullptr, 16));
  }
  std::vector<std::string> out{head};
  add_section(out, "an", r.answer);
  add_section(out, "ns", r.authority);
  add_section(out, "ar", r.additional);
  return out;
}

class Table {
 public:
  explicit Table(const std::filesystem::path& path) : path_(path) {
    std::istringstream in(base::read_file(path, 1U << 20).value());
    for (std::string line; std::getline(in, line);) lines_.push_back(line);
  }

  void run() {
    while (at_ < lines_.size()) step();
    EXPECT_GT(questions_, 0) << path_;
    if (std::getenv("WIDEIP_UPDATE_GOLDEN") == nullptr) return;
    std::ofstream out(path_);
    for (const auto& line : rewritten_) out << line << '\n';
  }

 private:
  [[nodiscard]] std::string place() const { return path_.filename().string() + ":" + std::to_string(at_ + 1); }

  void step() {
    const auto& line = lines_[at_];
    std::istringstream words(line);
    std::string first;
    words >> first;
    rewritten_.push_back(line);
    if (first == "zone") return zone(words);
    if (first == "wideip") server_.wideip(words);
    if (first == "?") return question(words);
    if (!first.empty() && first != "wideip" && first[0] != '#') ADD_FAILURE() << place() << ": " << line;
    ++at_;
  }

  void zone(std::istringstream& words) {
    std::string origin;
    words >> origin;
    const auto where = place();
    std::string text;
    for (++at_; lines_.at(at_) != "end"; ++at_) {
      rewritten_.push_back(lines_[at_]);
      text += lines_[at_] + "\n";
    }
    rewritten_.push_back(lines_[at_++]);
    server_.zone(origin, text, where);
  }

  // ? NAME TYPE [edns[=SIZE]] [tcp]
  void question(std::istringstream& words) {
    ++questions_;
    const auto where = place();
    std::string name, type;
    words >> name >> type;
    dns_test::QueryOptions with;
    bool tcp = false;
    for (std::string word; words >> word;) {
      if (word == "tcp") tcp = true;
      if (word == "edns") with.edns = 1232;
      if (word.starts_with("edns=")) with.edns = std::stoi(word.substr(5));
    }
    const auto r = server_.ask(dns_test::query(name, dns_test::type_of(type), with), tcp);
    EXPECT_THAT(r.faults, testing::IsEmpty()) << where;
    const auto got = describe(r);
    std::vector<std::string> want;
    for (++at_; at_ < lines_.size() && !lines_[at_].empty(); ++at_) want.push_back(lines_[at_]);
    rewritten_.insert(rewritten_.end(), got.begin(), got.end());
    if (std::getenv("WIDEIP_UPDATE_GOLDEN") == nullptr) {
      EXPECT_EQ(got, want) << where << ": " << name << " " << type;
    }
  }

  std::filesystem::path path_;
  std::vector<std::string> lines_;
  std::vector<std::string> rewritten_;
  std::size_t at_ = 0;
  int questions_ = 0;
  Server server_;
};

class Cases : public testing::TestWithParam<std::string> {};

TEST_P(Cases, AreAnsweredAsTheTableSays) {
  Table(std::filesystem::path(WIDEIP_SOURCE_DIR) / "tests/unit/dns_cases" / (GetParam() + ".case")).run();
}

std::vector<std::string> tables() {
  std::vector<std::string> out;
  const auto folder = std::filesystem::path(WIDEIP_SOURCE_DIR) / "tests/unit/dns_cases";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") out.push_back(entry.path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Dns, Cases, testing::ValuesIn(tables()), [](const auto& one) { return one.param; });

}  // namespace
