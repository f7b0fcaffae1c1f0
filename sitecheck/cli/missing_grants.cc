#include "sitecheck/cli/missing_grants.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "probes/mysql_accounts.h"
#include "probes/mysql_target.h"

namespace sitecheck::cli {

namespace {

using probes::AccountRole;

constexpr auto kLimit = base::seconds(5);

// The admin and the replication account work at the nodes of this site; the monitor looks at all.
std::vector<probes::AccountToCheck> accounts_of(const conf::Pool& pool, const conf::Node& node) {
  const auto target = [&](const conf::Account& a) { return probes::target_of(pool, node, a); };
  std::vector<probes::AccountToCheck> out = {{AccountRole::kMonitor, target(pool.monitor)}};
  if (!node.site.empty()) return out;
  if (!pool.admin.user.empty()) out.push_back({AccountRole::kAdmin, target(pool.admin)});
  if (!pool.replication.user.empty()) out.push_back({AccountRole::kReplication, target(pool.replication)});
  return out;
}

struct Asked {
  const conf::Node* node = nullptr;
  std::unique_ptr<probes::MysqlAccountCheck> check;
  std::vector<probes::AccountFinding> findings;
};

std::vector<Asked> ask_all(const conf::Pool& pool) {
  base::Loop loop;
  std::vector<Asked> asked(pool.nodes.size());
  std::size_t left = pool.nodes.size();
  for (std::size_t i = 0; i < pool.nodes.size(); ++i) {
    asked[i].node = &pool.nodes[i];
    asked[i].check = std::make_unique<probes::MysqlAccountCheck>(loop, accounts_of(pool, pool.nodes[i]), pool.schema);
    asked[i].check->start(kLimit, [&asked, &left, i](const auto& findings) {
      asked[i].findings = findings;
      --left;
    });
  }
  while (left > 0) loop.run_once(true);
  for (auto& one : asked) one.check.reset();  // before the loop goes
  return asked;
}

}  // namespace

int print_missing_grants(const io::Call& call, const conf::Pool& pool) {
  bool well = true;
  auto statements = nlohmann::ordered_json::array();
  for (const auto& one : ask_all(pool)) {
    for (const auto& finding : one.findings) {
      well = well && probes::tell(finding).empty();
      if (finding.outcome != probes::Outcome::kOk) call.err << one.node->name << ": " << probes::tell(finding) << "\n";
      if (!finding.missing.empty() && !call.json) {
        call.out << "-- node " << one.node->name << ", " << probes::name(finding.role) << " account\n";
      }
      for (const auto& statement : finding.missing) {
        statements.push_back(statement);
        if (!call.json) call.out << statement << ";\n";
      }
    }
  }
  if (call.json) {
    const nlohmann::ordered_json json{{"pool", pool.name}, {"statements", std::move(statements)}};
    call.out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else if (well) {
    call.out << "-- nothing is missing\n";
  }
  return well ? 0 : 1;
}

}  // namespace sitecheck::cli
