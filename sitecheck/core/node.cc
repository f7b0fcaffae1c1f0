#include "sitecheck/core/node.h"

#include <algorithm>

namespace core {

using ecv::NodeState;
using ecv::NodeStatus;

Node::Node(const SiteConfig& site, const NodeConfig& config)
    : config_(config),
      fall_(std::max(site.timing.fall, 1)),
      levels_(site.levels),
      heal_by_step_(site.heal_by_step),
      flap_count_(site.flap_count),
      flap_window_(site.flap_window),
      auto_recover_after_(site.auto_recover_after) {}

void Node::reconfigure(const SiteConfig& site, const NodeConfig& config) {
  config_ = config;
  fall_ = std::max(site.timing.fall, 1);
  levels_ = site.levels;
  heal_by_step_ = site.heal_by_step;
  flap_count_ = site.flap_count;
  flap_window_ = site.flap_window;
  auto_recover_after_ = site.auto_recover_after;
}

bool source_unreachable(int io_errno) {
  switch (io_errno) {
    case 0:
    case 1040:
    case 1045:
    case 2002:
    case 2003:
    case 2005:
    case 2006:
    case 2013: return true;
    default: return io_errno >= 1158 && io_errno <= 1161;
  }
}

namespace {

// What was seen of a writer that answers and cannot write, where the shell does not say more.
std::string cannot_write(const NodePolled& p) {
  if (p.read_only && *p.read_only) return "read_only was found set: somebody closed it";
  if (p.write == WriteProbe::kReadOnly) return "a write was refused: somebody set read_only";
  return "a write failed";
}

}  // namespace

Node::Outcome Node::poll(const NodePolled& p, const Context& context, base::Instant now) {
  Outcome out;
  const auto state_before = state_;
  const auto status_before = status_;
  polled_at_ = now;
  news_ = false;
  if (message_ != p.message) message_ = p.message;
  switch (p.result) {
    case PollResult::kOk: good(p, context, now, out); break;
    case PollResult::kDegraded:
    case PollResult::kMisconfigured:
      // It is alive; what it refuses is us (spec.md section 3). Neither a failure nor a success.
      trouble_ = p.result == PollResult::kDegraded ? "degraded: " : "misconfigured: ";
      trouble_ += !p.message.empty()                  ? p.message
                  : p.result == PollResult::kDegraded ? "too many connections"
                                                      : "access denied";
      break;
    case PollResult::kRefused:
    case PollResult::kUnreachable: bad(context, false, now, out); break;
  }
  set_level();
  out.changed = state_ != state_before || status_ != status_before;
  return out;
}

void Node::good(const NodePolled& p, const Context& context, base::Instant now, Outcome& out) {
  answers_ = true;
  trouble_.clear();
  read_only_ = p.read_only;
  if (io_ != p.io) io_ = p.io;
  if (sql_ != p.sql) sql_ = p.sql;
  io_errno_ = p.io_errno;
  sql_errno_ = p.sql_errno;
  replication_error_ = p.replication_error;
  note_lag(p, context.behind);
  if (gtid_ != p.gtid || !position_known_) {
    auto parsed = p.gtid.size() > kMaxPosition ? base::fail("the position is too long") : GtidSet::parse(p.gtid);
    position_known_ = parsed.has_value();
    position_ = position_known_ ? std::move(*parsed) : GtidSet();
    gtid_ = position_known_ ? p.gtid : "";
    if (!position_known_) message_ = parsed.error().message;
  }
  if (context.member) return good_member(p, context, now, out);
  if (context.writer &&
      (p.write == WriteProbe::kFailed || p.write == WriteProbe::kReadOnly || (read_only_ && *read_only_))) {
    if (message_.empty()) message_ = cannot_write(p);
    bad(context, true, now, out);  // a writer that cannot write has failed, whatever else it answers
    return;
  }
  req_ = healed(req_);
  if (!good_since_) good_since_ = now;
  if (state_ == NodeState::kMaint) return;
  if (context.draining) {
    replication_req_ = 0;
    return;
  }
  if (!config_.local) {
    if (failed()) set(NodeState::kAwaitingRecovery);
    if (state_ == NodeState::kAwaitingRecovery && !may_return(now)) return;
    set(read_only_ && !*read_only_ ? NodeState::kActive : NodeState::kStandby);
    return;
  }
  if (context.writer) {
    replication_req_ = 0;  // an ACTIVE node does not fail for broken replication: the others follow it
    set(NodeState::kActive);
    return;
  }
  const std::string fault = replication_fault(context);
  if (!fault.empty() && message_.empty()) message_ = fault;
  if (lags() && message_.empty()) {
    message_ = "replication is " + lag_text();
  }
  replication_req_ = fault.empty() ? healed(replication_req_) : replication_req_ + 1;
  if (replication_req_ >= fall_ && !failed()) {
    // A source that refuses it (1236) is set up again and again, and says so by an alarm: the node itself is well.
    fail(NodeState::kFailedOnline, now, out, sql_errno_ != 0 || source_unreachable(io_errno_));
  } else if (failed() && replication_req_ == 0 && req_ == 0) {
    set(NodeState::kAwaitingRecovery);
    good_since_ = now;
  } else if (context.calm &&
             (state_ == NodeState::kUnknown || state_ == NodeState::kFenced || state_ == NodeState::kActive)) {
    set(NodeState::kStandby);
  }
}

// The heartbeat row is the honest lag: Seconds_Behind is NULL or 0 while the IO thread is stopped. But what a writer
// counts in whole seconds may be more by a second and still the same lag; and if it is more than that, a heartbeat
// overtook the data (MariaDB's parallel replication of several domains).
void Node::note_lag(const NodePolled& p, std::optional<base::Duration> behind) {
  if (behind && base::to_ms(*behind) + 1000 > p.lag_ms.value_or(0)) {
    lag_ms_ = base::to_ms(*behind);
    lag_by_ = LagSource::kHeartbeat;
  } else if (p.lag_ms || io_.empty()) {  // the lag at last contact stays while the source cannot be reached: NULL then
    lag_ms_ = p.lag_ms;                  // says nothing
    lag_by_ = lag_ms_ ? LagSource::kSecondsBehind : LagSource::kNone;
  }
}

std::string Node::lag_text() const {
  return base::format_duration(base::milliseconds(*lag_ms_)) + " behind" +
         (lag_by_ == LagSource::kHeartbeat ? " by heartbeat" : "");
}

// It stays ACTIVE if it was; the pool says which of the good ones are.
void Node::good_member(const NodePolled& p, const Context& context, base::Instant now, Outcome& out) {
  aside_.clear();
  if (!p.fault.empty() || p.write == WriteProbe::kFailed) {
    message_ = !p.fault.empty() ? p.fault : message_.empty() ? cannot_write(p) : message_;
    bad(context, true, now, out);
    return;
  }
  trouble_ = p.warning;
  if (!p.aside.empty()) {
    aside_ = p.aside;
  } else if (read_only_.value_or(true) || p.write == WriteProbe::kReadOnly) {
    aside_ = read_only_ ? "read_only is set" : "whether read_only is set is not known";
  }
  if (message_.empty()) message_ = !aside_.empty() ? aside_ : trouble_;
  req_ = healed(req_);
  if (!good_since_) good_since_ = now;
  if (state_ == NodeState::kMaint) return;
  if (failed()) {
    if (req_ > 0) return;
    set(NodeState::kAwaitingRecovery);
    good_since_ = now;
  }
  if (state_ == NodeState::kAwaitingRecovery && !may_return(now)) return;
  if (state_ != NodeState::kActive || !aside_.empty()) set(NodeState::kStandby);
}

void Node::bad(const Context& /*context*/, bool answers, base::Instant now, Outcome& out) {
  answers_ = answers;
  const bool first = good_since_.has_value() || req_ == 0;
  good_since_.reset();
  if (!answers) read_only_.reset();
  ++req_;
  out.first_error = first;
  if (state_ == NodeState::kMaint) return;
  const bool waiting = state_ == NodeState::kAwaitingRecovery;  // it fails again at once
  if ((req_ >= fall_ || waiting) && !failed()) {
    fail(answers ? NodeState::kFailedOnline : NodeState::kFailedOffline, now, out);
  } else if (state_ == NodeState::kFailedOnline && !answers && req_ >= fall_) {
    set(NodeState::kFailedOffline);
  }
}

void Node::fail(NodeState state, base::Instant now, Outcome& out, bool counts) {
  set(state);
  good_since_.reset();
  out.failed = true;
  if (!counts) return;
  failures_.push_back(now);
  while (!failures_.empty() && now - failures_.front() > flap_window_) failures_.pop_front();
  if (static_cast<int>(failures_.size()) > flap_count_) flapping_ = true;
}

std::string Node::replication_fault(const Context& context) const {
  const std::string said = replication_error_.empty() ? "" : ": " + replication_error_;
  if (sql_errno_ != 0) return "replication stopped with error " + std::to_string(sql_errno_) + said;
  if (!source_unreachable(io_errno_)) {  // 1236 and its like
    return "replication lost its source with error " + std::to_string(io_errno_) + said;
  }
  if (!context.must_follow) return "";
  const bool runs = (io_ == "Yes" || io_ == "Connecting") && sql_ == "Yes";
  return runs ? "" : "replication does not run: IO thread \"" + io_ + "\", SQL thread \"" + sql_ + "\"";
}

bool Node::source_lost() const { return answers_ && replication_req_ >= 2 && !source_unreachable(io_errno_); }

std::string Node::unfit(std::optional<base::Duration> max_lag) const {
  const auto& who = config_.name;
  if (state_ != NodeState::kStandby) return who + " is " + std::string(ecv::name(state_));
  if (!closed_) return who + " is not confirmed read-only";
  if (!answers_) return who + " does not answer";
  if (sql_errno_ != 0) return who + ": replication stopped with error " + std::to_string(sql_errno_);
  if (!source_unreachable(io_errno_)) {
    return who + ": replication lost its source with error " + std::to_string(io_errno_);
  }
  if (!position_known_) return who + ": its position is unknown";
  if (max_lag && lag_ms_ && base::milliseconds(*lag_ms_) > *max_lag) {
    return who + " is " + lag_text();
  }
  return "";
}

const std::string& Node::told_position() const { return position_known_ && gtid_.empty() ? kKnownEmpty : gtid_; }

bool Node::may_return(base::Instant now) const {
  return state_ == NodeState::kAwaitingRecovery && !flapping_ && good_since_ &&
         now - *good_since_ >= auto_recover_after_;
}

void Node::recover(base::Instant now) {
  flapping_ = false;
  failures_.clear();
  if (failed() && answers_) set(NodeState::kAwaitingRecovery);
  if (good_since_) good_since_ = now - auto_recover_after_;
}

void Node::set(NodeState state) {
  if (state_ == state) return;
  state_ = state;
  news_ = true;
  if (state == NodeState::kStandby || state == NodeState::kActive) replication_req_ = 0;
  set_level();
}

void Node::set_level() {
  int now = failed() ? 4 : level();
  if (!trouble_.empty() || lags()) now = std::max(now, 2);
  if (now == 0 && (news_ || !aside_.empty())) now = 1;
  status_ = static_cast<NodeStatus>(now);
}

int Node::level() const {
  const int worst = std::max(req_, replication_req_);
  if (worst == 0) return 0;
  // Four levels over `fall` polls, the last poll is FAIL.
  if (!levels_ || worst >= fall_) return std::clamp(worst * 4 / fall_, 1, 4);
  if (worst >= levels_->critical) return 3;
  return worst >= levels_->warn ? 2 : 1;
}

// A writer follows nobody: what it once lagged says nothing.
bool Node::lags() const {
  return config_.warn_lag && lag_ms_ && state_ != NodeState::kActive &&
         base::milliseconds(*lag_ms_) > *config_.warn_lag;
}

NodeView Node::view() const {
  NodeView v;
  v.name = config_.name;
  v.local = config_.local;
  v.priority = config_.priority;
  v.state = state_;
  v.status = status_;
  v.req = std::max(req_, replication_req_);
  v.polled_at = polled_at_;
  v.message = message_;
  v.read_only = read_only_;
  v.io = io_;
  v.sql = sql_;
  v.lag_ms = lag_ms_;
  v.lag_by = lag_by_;
  v.gtid = gtid_;
  return v;
}

void take_offline(std::vector<Node>& nodes, const Record& record) {
  for (auto& node : nodes) {
    if (record.is_offline(node.config().name, node.config().local)) node.set_offline();
  }
}

std::vector<std::string> offline_names(const std::vector<Node>& nodes) {
  std::vector<std::string> out;
  for (const auto& node : nodes) {
    if (node.state() == ecv::NodeState::kMaint) out.push_back(node.config().name);
  }
  return out;
}

}  // namespace core
