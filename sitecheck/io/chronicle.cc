#include "sitecheck/io/chronicle.h"

#include <algorithm>

#include "sitecheck/io/chronicle_impl.h"

namespace sitecheck {

namespace {

constexpr int kMostLines = 20;  // of one source in a minute
constexpr base::Duration kMinute = base::seconds(60);

std::string_view words(core::PollResult r) {
  switch (r) {
    case core::PollResult::kOk: return "answers";
    case core::PollResult::kRefused: return "does not answer: refused";
    case core::PollResult::kUnreachable: return "does not answer";
    case core::PollResult::kDegraded: return "answers, but lets nobody in (too many connections)";
    case core::PollResult::kMisconfigured: return "answers, but denies access";
  }
  return "answers";
}

}  // namespace

void Chronicle::Impl::add(const std::string& key, base::Level level, std::string id, std::string message,
                          Fields fields) {
  auto& budget = budgets[key];
  if (now - budget.since >= kMinute) budget = {now, 0, budget.held_back};
  if (++budget.told > kMostLines) {
    ++budget.held_back;
    return;
  }
  std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  out.push_back({level, std::move(id), std::move(message), std::move(fields)});
}

// What was held back is counted once its source may speak again.
void Chronicle::Impl::sum_up() {
  for (auto it = budgets.begin(); it != budgets.end();) {
    auto& budget = it->second;
    if (now - budget.since < kMinute) {
      ++it;
      continue;
    }
    if (budget.held_back > 0) {
      out.push_back({base::Level::kWarn,
                     "journal.held_back",
                     "changes too often: " + std::to_string(budget.held_back) + " changes were not told one by one",
                     {{"source", it->first}}});
    }
    it = budgets.erase(it);
  }
}

bool Chronicle::Impl::news(const std::string& key, const std::string& value) {
  auto [at, fresh] = last.try_emplace(key, value);
  if (!fresh && at->second == value) return false;
  at->second = value;
  return true;
}

std::string Chronicle::Impl::since(const std::string& key) {
  const auto at = begun.find(key);
  if (at == begun.end()) return "";
  const auto took = now - at->second;
  begun.erase(at);
  return " after " + base::format_duration(took);
}

// So are nearly all polls: with a thousand nodes, a thousand a second.
bool Chronicle::Impl::as_before(const core::NodePolled& e) {
  if (e.pool >= last_polled.size()) last_polled.resize(e.pool + 1);
  auto& nodes = last_polled[e.pool];
  if (e.node >= nodes.size()) nodes.resize(e.node + 1);
  auto& l = nodes[e.node];
  const bool same = l.told && l.result == e.result && l.read_only == e.read_only && l.write == e.write &&
                    l.io == e.io && l.sql == e.sql;
  if (!same) l = {true, e.result, e.read_only, e.write, e.io, e.sql};
  return same;
}

void Chronicle::Impl::take(const core::NodePolled& e) {
  if (as_before(e)) return;
  const std::string key = "node " + pool(e.pool) + "/" + node(e.pool, e.node);
  const Fields where = {{"pool", pool(e.pool)}, {"node", node(e.pool, e.node)}};
  const bool ok = e.result == core::PollResult::kOk;
  if (news(key, std::string(words(e.result)))) {
    std::string message = node(e.pool, e.node) + " " + std::string(words(e.result));
    if (ok) message += since(key);
    if (!ok) {
      begun.try_emplace(key, now);
      if (!e.message.empty()) message += ": " + e.message;
    }
    add(key, ok ? base::Level::kInfo : base::Level::kWarn, ok ? "node.answers" : "node.silent", std::move(message),
        where);
  }
  if (!ok) return;
  if (e.read_only && news(key + " read_only", *e.read_only ? "1" : "0")) {
    add(key, base::Level::kInfo, "node.read_only",
        node(e.pool, e.node) + (*e.read_only ? " is closed (read_only)" : " is open for writes"), where);
  }
  const bool fails = e.write == core::WriteProbe::kFailed || e.write == core::WriteProbe::kReadOnly;
  if (e.write != core::WriteProbe::kNotTried && news(key + " write", fails ? "fails" : "works")) {
    add(key, fails ? base::Level::kWarn : base::Level::kInfo, "node.write",
        node(e.pool, e.node) + (fails ? " takes no writes" : " takes writes") +
            (fails && !e.message.empty() ? ": " + e.message : ""),
        where);
  }
  tell_replication(e, key);
}

void Chronicle::Impl::tell_replication(const core::NodePolled& e, const std::string& key) {
  const Fields where = {{"pool", pool(e.pool)}, {"node", node(e.pool, e.node)}};
  const std::string threads = e.io.empty() ? "" : "IO " + e.io + ", SQL " + e.sql;
  const bool was_told = last.contains(key + " replica");
  if (news(key + " replica", threads) && (was_told || !threads.empty())) {
    const auto number = e.sql_errno != 0 ? e.sql_errno : e.io_errno;
    add(key, base::Level::kInfo, "node.replication",
        node(e.pool, e.node) + (threads.empty() ? " replicates no more" : " replicates: " + threads) +
            (number != 0 ? " (error " + std::to_string(number) + ")" : ""),
        where);
  }
}

void Chronicle::Impl::take(const core::RoundDone& e) {
  for (std::size_t i = 0; i < e.items.size() && i < config.checkpoints.size(); ++i) {
    const auto& item = e.items[i];
    const auto& id = config.checkpoints[i].id;
    const std::string key = "checkpoint " + id;
    const bool first = !last.contains(key);
    if (!news(key, item.ok ? "1" : "0") || (first && item.ok)) continue;
    std::string message = "checkpoint " + id + (item.ok ? " answers again" + since(key) : " does not answer");
    if (!item.ok) {
      begun.try_emplace(key, now);
      if (!item.message.empty()) message += ": " + item.message;
    }
    add(key, item.ok ? base::Level::kInfo : base::Level::kWarn, item.ok ? "checkpoint.back" : "checkpoint.lost",
        std::move(message), {{"checkpoint", id}});
  }
  const auto view = site->checkpoints();
  if (view.total == 0) return;
  const bool reached = view.ok >= view.quorum;
  const std::string of = std::to_string(view.ok) + " of " + std::to_string(view.total) +
                         " external checkpoints answer, " + std::to_string(view.quorum) + " are needed";
  if (!news("quorum", (reached ? "1 " : "0 ") + view.cut)) return;
  add("quorum", reached ? base::Level::kInfo : base::Level::kWarn,
      reached ? "checkpoint.quorum" : "checkpoint.no_quorum",
      (reached ? "the quorum of checkpoints is reached: " : "the quorum of checkpoints is lost: ") + of,
      {{"cut", view.cut}});
}

Chronicle::Chronicle(const core::SiteConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Chronicle::~Chronicle() = default;

void Chronicle::reconfigure(const core::SiteConfig& config) {
  impl_->config = config;
  impl_->last_polled.clear();  // by index
}

std::vector<core::Journal> Chronicle::tell(const core::Site& site, std::span<const core::Event> events,
                                           std::span<const core::Action> actions, base::Instant now) {
  auto& c = *impl_;
  c.site = &site;
  c.now = now;
  for (const auto& event : events) std::visit([&](const auto& e) { c.take(e); }, event);
  c.look_at_paths();
  for (const auto& action : actions) std::visit([&](const auto& a) { c.deed(a); }, action);
  if (now - c.looked_at >= base::seconds(1)) {
    c.looked_at = now;
    c.look_at_refused();
    c.sum_up();
  }
  c.site = nullptr;
  return std::exchange(c.out, {});
}

}  // namespace sitecheck
