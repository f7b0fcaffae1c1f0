#include "probes/mysql_accounts.h"

#include <utility>

#include "probes/mysql_outcome.h"

namespace probes {

std::string tell(const AccountFinding& finding) {
  const std::string who = "the " + std::string(name(finding.role)) + " account ";
  if (finding.outcome != Outcome::kOk) return who + "cannot be asked for its grants: " + finding.message;
  return finding.missing.empty() ? "" : who + "needs: " + join(finding.missing, "; ");
}

struct MysqlAccountCheck::Impl {
  struct Item {
    AccountRole role;
    std::unique_ptr<MysqlClient> client;
  };

  std::vector<Item> items;
  std::string schema;
  std::vector<AccountFinding> findings;
  std::size_t left = 0;
  std::function<void(const std::vector<AccountFinding>&)> done;

  void take(std::size_t at, const MysqlResult& r) {
    auto& item = items[at];
    auto& finding = findings[at];
    finding.role = item.role;
    finding.outcome = classify(r);
    finding.message = r.message;
    if (r.ok()) {
      finding.missing = missing_grants(ServerVersion::parse(item.client->server_version()), item.role, schema, r);
    }
    if (--left > 0) return;
    const auto call = std::exchange(done, nullptr);
    const auto told = std::move(findings);
    if (call) call(told);
  }
};

MysqlAccountCheck::MysqlAccountCheck(base::Loop& loop, std::vector<AccountToCheck> accounts, std::string schema)
    : impl_(std::make_unique<Impl>()) {
  impl_->schema = std::move(schema);
  for (auto& account : accounts) {
    impl_->items.push_back({account.role, std::make_unique<MysqlClient>(loop, std::move(account.target))});
  }
}

MysqlAccountCheck::~MysqlAccountCheck() = default;

void MysqlAccountCheck::start(base::Duration timeout, std::function<void(const std::vector<AccountFinding>&)> done) {
  impl_->done = std::move(done);
  impl_->findings.assign(impl_->items.size(), {});
  impl_->left = impl_->items.size();
  for (std::size_t i = 0; i < impl_->items.size(); ++i) {
    impl_->items[i].client->query(grants_sql(), timeout,
                                  [raw = impl_.get(), i](const MysqlResult& r) { raw->take(i, r); });
  }
}

}  // namespace probes
