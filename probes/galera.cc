#include "probes/galera.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace probes {

namespace {

constexpr std::int64_t kDonor = 2;
constexpr std::int64_t kSynced = 4;
constexpr std::size_t kMostShown = 60;  // of a value that no server should have

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

void add(std::string& list, const std::string& what) { list += (list.empty() ? "" : "; ") + what; }

// A condition that does not hold, or that the server does not tell.
void demand(const char* name, const std::optional<std::string>& found, std::string_view wanted, std::string& faults) {
  if (found && same_word(*found, wanted)) return;
  add(faults, std::string(name) + (found ? " is " + found->substr(0, kMostShown) : " is not told"));
}

std::string per_cent(double share) { return std::to_string(static_cast<int>(share * 100 + 0.5)) + "%"; }

std::string state_text(const GaleraStatus& s) {
  if (!s.local_state) return "wsrep_local_state is not told";
  return "wsrep_local_state is " + std::to_string(*s.local_state) +
         (s.state_comment.empty() ? "" : " (" + s.state_comment.substr(0, kMostShown) + ")");
}

}  // namespace

std::string galera_variables_sql() {
  return "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_reject_queries')";
}

std::string galera_status_sql() {
  return "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_ready', 'wsrep_connected', "
         "'wsrep_local_state', 'wsrep_local_state_comment', 'wsrep_cluster_size', 'wsrep_flow_control_paused_ns', "
         "'wsrep_cluster_state_uuid', 'wsrep_local_state_uuid', 'wsrep_last_committed')";
}

void read_galera(const MysqlResult& r, GaleraStatus& out) {
  for (const auto& row : r.rows) {
    if (row.size() < 2 || !row[0] || !row[1]) continue;
    const std::string& value = *row[1];
    const auto is = [&name = *row[0]](std::string_view wanted) { return same_word(name, wanted); };
    if (is("wsrep_on")) out.on = value;
    if (is("wsrep_reject_queries")) out.reject_queries = value;
    if (is("wsrep_cluster_status")) out.cluster_status = value;
    if (is("wsrep_ready")) out.ready = value;
    if (is("wsrep_connected")) out.connected = value;
    if (is("wsrep_local_state")) out.local_state = number(value);
    if (is("wsrep_local_state_comment")) out.state_comment = value;
    if (is("wsrep_cluster_size")) out.cluster_size = number(value);
    if (is("wsrep_flow_control_paused_ns")) out.paused_ns = number(value);
    if (is("wsrep_cluster_state_uuid")) out.cluster_uuid = value;
    if (is("wsrep_local_state_uuid")) out.local_uuid = value;
    if (is("wsrep_last_committed")) out.committed = number(value);
  }
}

GaleraVerdict judge(const GaleraStatus& s, const GaleraPolicy& policy, double paused) {
  GaleraVerdict out;
  if (!s.cluster_status && !s.ready && !s.local_state) {
    out.fault = "the server has no wsrep status: it is no Galera node, and what is written here reaches no other";
    return out;
  }
  // A node that runs beside the cluster would take writes that no other gets.
  if (s.on && !same_word(*s.on, "ON")) add(out.fault, "wsrep_on is " + s.on->substr(0, kMostShown));
  demand("wsrep_cluster_status", s.cluster_status, "Primary", out.fault);
  demand("wsrep_ready", s.ready, "ON", out.fault);
  demand("wsrep_connected", s.connected, "ON", out.fault);
  const bool donor = s.local_state == kDonor;
  if (s.local_state != kSynced && !donor) add(out.fault, state_text(s));
  // Servers before 10.1 and MySQL 5.5 do not have the variable, and cannot refuse.
  if (s.reject_queries && !same_word(*s.reject_queries, "NONE")) {
    add(out.fault, "wsrep_reject_queries is " + s.reject_queries->substr(0, kMostShown));
  }
  if (donor) add(policy.donor_serves ? out.warning : out.aside, state_text(s));
  if (policy.cluster_size > 0 && s.cluster_size && *s.cluster_size < policy.cluster_size) {
    add(out.warning, "wsrep_cluster_size is " + std::to_string(*s.cluster_size) + " of " +
                         std::to_string(policy.cluster_size) + " expected");
  }
  if (policy.flow_control > 0 && paused * 100 > policy.flow_control) {
    add(out.warning, "flow control paused replication " + per_cent(paused) + " of the time, more than " +
                         std::to_string(policy.flow_control) + "%");
  }
  return out;
}

double FlowControl::note(std::optional<std::int64_t> paused_ns, base::Instant now) {
  if (!paused_ns || !began_with_ || *paused_ns < *began_with_) {
    share_ = 0;
    began_with_ = paused_ns;
    began_at_ = now;
    return share_;
  }
  const auto window = now - began_at_;
  if (window < kWindow) return share_;
  const double whole = std::chrono::duration<double, std::nano>(window).count();
  share_ = std::clamp(static_cast<double>(*paused_ns - *began_with_) / whole, 0.0, 1.0);
  began_with_ = paused_ns;
  began_at_ = now;
  return share_;
}

}  // namespace probes
