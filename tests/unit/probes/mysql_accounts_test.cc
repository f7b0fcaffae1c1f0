#include "probes/mysql_accounts.h"

#include <gtest/gtest.h>

#include "tests/support/fake_mysql.h"
#include "tests/support/loop_test.h"

namespace probes {
namespace {

using testing_support::FakeMysql;

class MysqlAccountsTest : public testing_support::LoopTest {
 protected:
  [[nodiscard]] AccountToCheck account(AccountRole role, const std::string& password = "secret") const {
    return {role, {"127.0.0.1", server_.port(), "mon", password, {}}};
  }
  std::vector<AccountFinding> check(std::vector<AccountToCheck> accounts) {
    std::optional<std::vector<AccountFinding>> got;
    auto asked = std::make_unique<MysqlAccountCheck>(loop_, std::move(accounts), "wideip");
    asked->start(base::seconds(10), [&](const auto& findings) {
      got = findings;
      asked.reset();  // as its owner may
    });
    run_until([&] { return got.has_value(); }, base::seconds(20));
    return got.value_or(std::vector<AccountFinding>{});
  }

  FakeMysql server_{
      testing_support::RecordedServer::load(std::string(WIDEIP_SOURCE_DIR) + "/tests/support/mysql8/8.4.3.txt"), "mon",
      "secret"};
};

TEST_F(MysqlAccountsTest, EachAccountIsHeldAgainstItsOwnRole) {
  const auto found = check({account(AccountRole::kMonitor), account(AccountRole::kReplication)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].outcome, Outcome::kOk) << found[0].message;
  EXPECT_EQ(tell(found[0]), "");
  EXPECT_EQ(found[1].role, AccountRole::kReplication);
  EXPECT_EQ(tell(found[1]), "the replication account needs: GRANT REPLICATION SLAVE ON *.* TO `mon`@`%`");
}

TEST_F(MysqlAccountsTest, AnAccountThatIsRefusedIsToldAndHindersNoOther) {
  const auto found = check({account(AccountRole::kAdmin, "wrong"), account(AccountRole::kMonitor)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].outcome, Outcome::kMisconfigured);
  EXPECT_TRUE(tell(found[0]).starts_with("the admin account cannot be asked for its grants: Access denied"))
      << tell(found[0]);
  EXPECT_EQ(tell(found[1]), "");
}

TEST_F(MysqlAccountsTest, AServerThatSaysNothingEndsInTime) {
  server_.misbehave(testing_support::Misbehaviour::kSilent);
  std::optional<Outcome> outcome;
  MysqlAccountCheck asked(loop_, {account(AccountRole::kMonitor)}, "wideip");
  asked.start(base::milliseconds(100), [&](const auto& findings) { outcome = findings.at(0).outcome; });
  run_until([&] { return outcome.has_value(); });
  EXPECT_NE(outcome, Outcome::kOk);
}

}  // namespace
}  // namespace probes
