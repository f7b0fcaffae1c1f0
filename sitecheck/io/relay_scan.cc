#include "sitecheck/io/relay_scan.h"

#include <charconv>
#include <cstdio>
#include <sstream>

namespace sitecheck {

namespace {

std::string domain_of(const std::string& gtid) { return gtid.substr(0, gtid.find('-')); }

std::uint64_t sequence_of(const std::string& gtid) {
  const auto at = gtid.rfind('-');
  std::uint64_t out = 0;
  if (at != std::string::npos) std::from_chars(gtid.data() + at + 1, gtid.data() + gtid.size(), out);
  return out;
}

}  // namespace

RelayScan::RelayScan(std::string_view applied, std::string file) : file_(std::move(file)) {
  std::istringstream in{std::string(applied)};
  for (std::string entry; std::getline(in, entry, ',');) applied_[domain_of(entry)] = sequence_of(entry);
}

// Info of a Gtid event: "BEGIN GTID 1-1-5", or "GTID 1-1-5" for a statement that is a transaction by itself; behind it
// may stand "cid=…" of a group commit.
void RelayScan::event(std::uint64_t pos, std::string_view type, std::string_view info) {
  if (type == "Gtid") {
    const auto at = info.find("GTID ");
    if (at == std::string_view::npos) return;
    open_ = std::string(info.substr(at + 5, info.substr(at + 5).find(' ')));
    open_at_ = {file_, pos};
    standalone_ = !info.starts_with("BEGIN");
    return;
  }
  const bool ends = type == "Xid" || (type == "Query" && (standalone_ || info == "COMMIT" || info == "ROLLBACK"));
  if (open_.empty() || !ends) return;
  const std::string domain = domain_of(open_);
  last_[domain] = open_;
  const auto have = applied_.find(domain);
  if (!first_ && (have == applied_.end() || have->second < sequence_of(open_))) first_ = open_at_;
  open_.clear();
}

bool RelayScan::next_file() {
  const auto dot = file_.rfind('.');
  if (dot == std::string::npos) return false;
  std::uint64_t number = 0;
  const char* end = file_.data() + file_.size();
  if (std::from_chars(file_.data() + dot + 1, end, number).ptr != end) return false;
  char text[24];
  std::snprintf(text, sizeof text, "%0*llu", static_cast<int>(file_.size() - dot - 1),
                static_cast<unsigned long long>(number + 1));
  file_ = file_.substr(0, dot + 1) + text;
  return true;
}

std::string RelayScan::last() const {
  std::string out;
  for (const auto& [domain, gtid] : last_) out += (out.empty() ? "" : ",") + gtid;
  return out;
}

}  // namespace sitecheck
