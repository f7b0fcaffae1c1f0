#include "base/io/api_access.h"

#include <gmock/gmock.h>

#include "base/io/http_server.h"

namespace io {
namespace {

using testing::HasSubstr;

const ApiAccess kAccess{AnonymousReaders::kLoopback, {{"ops", true, "write-secret"}, {"screen", false, "read-secret"}}};

ServerRequest from(const char* address, const std::string& authorization = "") {
  ServerRequest out;
  out.from = {*base::IpAddress::parse(address), 1};
  if (!authorization.empty()) out.headers.emplace_back("authorization", authorization);
  return out;
}

TEST(ApiAccess, WithoutATokenOnlyWhoMayReadReads) {
  EXPECT_EQ(judge_access(from("127.0.0.1"), Right::kRead, kAccess).refused, 0);
  EXPECT_EQ(judge_access(from("192.0.2.1"), Right::kRead, kAccess).refused, 401);
  EXPECT_EQ(judge_access(from("192.0.2.1"), Right::kRead, {AnonymousReaders::kEveryone, {}}).refused, 0);
  EXPECT_EQ(judge_access(from("127.0.0.1"), Right::kRead, {AnonymousReaders::kNobody, {}}).refused, 401);
  EXPECT_EQ(judge_access(from("127.0.0.1"), Right::kWrite, kAccess).refused, 401);
}

TEST(ApiAccess, ATokenGivesItsRightAndItsName) {
  const auto ops = judge_access(from("192.0.2.1", "Bearer write-secret"), Right::kWrite, kAccess);
  EXPECT_EQ(ops.refused, 0);
  EXPECT_EQ(ops.caller, "ops");
  EXPECT_EQ(judge_access(from("192.0.2.1", "bearer read-secret"), Right::kRead, kAccess).caller, "screen");
  EXPECT_EQ(judge_access(from("192.0.2.1", "Bearer read-secret"), Right::kWrite, kAccess).refused, 403);
}

TEST(ApiAccess, AWrongTokenIsRefusedEvenWhereNoneIsNeeded) {
  EXPECT_EQ(judge_access(from("127.0.0.1", "Bearer write-secre"), Right::kRead, kAccess).refused, 401);
  EXPECT_EQ(judge_access(from("127.0.0.1", "Bearer "), Right::kRead, kAccess).refused, 401);
  EXPECT_EQ(judge_access(from("127.0.0.1", "Basic d3JpdGU="), Right::kRead, kAccess).refused, 401);
  auto twice = from("127.0.0.1", "Bearer write-secret");
  twice.headers.emplace_back("authorization", "Bearer write-secret");
  EXPECT_THAT(judge_access(twice, Right::kRead, kAccess).why, HasSubstr("more than one"));
}

TEST(ApiAccess, APageInABrowserChangesNothing) {
  auto request = from("127.0.0.1", "Bearer write-secret");
  request.headers.emplace_back("origin", "https://example.com");
  EXPECT_EQ(judge_access(request, Right::kWrite, kAccess).refused, 403);
  EXPECT_EQ(judge_access(request, Right::kRead, kAccess).refused, 0);
}

}  // namespace
}  // namespace io
