#include "base/io/etcd_message.h"

#include <gtest/gtest.h>

namespace {

using namespace io::etcd;  // NOLINT(google-build-using-namespace): the functions under test, all of them

const std::string kHeader = R"("header":{"cluster_id":"1","member_id":"2","revision":"7","raft_term":"2"})";
const std::string kKv =
    R"({"key":"Zm9v","create_revision":"3","mod_revision":"3","version":"1","value":"YQ==","lease":"12"})";

TEST(EtcdMessage, Base64OfEveryLengthComesBack) {
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    bytes += static_cast<char>(i);
  }
  for (const char* bad : {"Zg", "Zg=", "Zg==Zg==", "Zm9 ", "Z===", "====", "Zm\xC3\xA4"}) {
    EXPECT_FALSE(decode_base64(bad)) << bad;
  }
}

TEST(EtcdMessage, RequestsAreAsTheGatewayReadsThem) {
  EXPECT_EQ(grant_request(5, 3), R"({"ID":"5","TTL":"3"})");
  EXPECT_EQ(lease_request(5), R"({"ID":"5"})");
  EXPECT_EQ(range_request("foo"), R"({"key":"Zm9v"})");
  EXPECT_EQ(watch_request("foo", 8), R"({"create_request":{"key":"Zm9v","start_revision":"8"}})");
  EXPECT_EQ(campaign_request("foo", "a", 12),
            R"({"compare":[{"key":"Zm9v","target":"CREATE","result":"EQUAL","create_revision":"0"}],)"
            R"("success":[{"request_put":{"key":"Zm9v","value":"YQ==","lease":"12"}}],)"
            R"("failure":[{"request_range":{"key":"Zm9v"}}]})");
  EXPECT_EQ(authenticate_request("u\"", "p"), R"({"name":"u\"","password":"p"})");
}

TEST(EtcdMessage, ReadsWhatEtcdLeavesOutAsZero) {
  EXPECT_EQ(read_grant("{" + kHeader + R"(,"ID":"5","TTL":"3"})", 5), 3);
  EXPECT_FALSE(read_grant("{" + kHeader + R"(,"ID":"5"})", 5));
  const auto none = read_range("{" + kHeader + "}", "foo");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->owner);
  EXPECT_EQ(none->revision, 7);
  const auto one = read_range("{" + kHeader + R"(,"kvs":[)" + kKv + R"(],"count":"1"})", "foo");
  ASSERT_TRUE(one);
  EXPECT_EQ(*one->owner, (io::EtcdOwner{"a", 3, 12}));
}

TEST(EtcdMessage, ARangeOfAnythingElseIsRefused) {
  const std::string head = "{" + kHeader;
  for (const std::string& body : {head + R"(,"count":"1"})", head + R"(,"kvs":[)" + kKv + "]}",
                                  head + R"(,"kvs":[)" + kKv + "," + kKv + R"(],"count":"2"})",
                                  head + R"(,"kvs":{},"count":"1"})", head + R"(,"kvs":[{"key":"eA=="}],"count":"1"})",
                                  head + R"(,"kvs":[{"key":"Zm9v","create_revision":"0"}],"count":"1"})"}) {
    EXPECT_FALSE(read_range(body, "foo")) << body;
  }
}

TEST(EtcdMessage, ReadsEventsTheLastOfThemCounts) {
  const auto line = [](const std::string& events) {
    return R"({"result":{)" + kHeader + R"(,"events":[)" + events + "]}}";
  };
  const std::string put = R"({"kv":)" + kKv + "}";
  const std::string gone = R"({"type":"DELETE","kv":{"key":"Zm9v","mod_revision":"5"}})";
  auto got = read_watch(line(put), "foo");
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->changed);
  EXPECT_EQ(got->owner->value, "a");
  got = read_watch(line(put + "," + gone), "foo");
  ASSERT_TRUE(got && got->changed);
  EXPECT_FALSE(got->owner);
  EXPECT_FALSE(read_watch(line(put), "bar")) << "of another key";
  EXPECT_FALSE(read_watch(line("7"), "foo"));
  EXPECT_FALSE(read_watch(line(R"({"type":"MOVE","kv":)" + kKv + "}"), "foo"));
}

TEST(EtcdMessage, TellsAStreamThatEtcdEnded) {
  auto got = read_watch(R"({"result":{)" + kHeader + R"(,"canceled":true,"compact_revision":"3"}})", "foo");
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->ended);
  got = read_watch(R"({"error":{"grpc_code":14,"message":"no leader"}})", "foo");
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->ended);
  EXPECT_EQ(got->reason, "no leader");
  got = read_watch(R"({"result":{)" + kHeader + R"(,"created":true}})", "foo");
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->ended || got->changed);
}

TEST(EtcdMessage, KnowsTheRefusalsThatANewTokenMends) {
  EXPECT_TRUE(wants_token(read_refusal(R"({"error":"x","message":"etcdserver: invalid auth token","code":16})")));
  EXPECT_TRUE(wants_token(read_refusal(R"({"message":"etcdserver: user name is empty","code":3})")));
  EXPECT_TRUE(wants_token(read_refusal(R"({"message":"etcdserver: revision of auth store is old","code":3})")));
  EXPECT_FALSE(wants_token(read_refusal(R"({"message":"etcdserver: permission denied","code":7})")));
  EXPECT_EQ(read_refusal("<html>").code, 0);
  EXPECT_EQ(read_refusal(R"({"code":5})").code, 0) << "a code without words is none of etcd's";
}

TEST(EtcdMessage, PlainWordsAreToldAndMarkupAndNoiseAreNot) {
  // As etcd 3.4 answers where users are demanded and the client's certificate has a CommonName.
  const auto named =
      read_refusal("CommonName of client sending a request against gateway will be ignored and not used as expected\n");
  EXPECT_EQ(named.code, 0);
  EXPECT_TRUE(named.message.ends_with("(give cert: a certificate without a CommonName)")) << named.message;
  EXPECT_EQ(read_refusal("no upstream\nmore").message, "no upstream");
  EXPECT_EQ(read_refusal(std::string(1000, 'x')).message.size(), 200U);
  EXPECT_EQ(read_refusal("<html>").message, "");
  EXPECT_EQ(read_refusal("\x1b[2J").message, "");
  EXPECT_EQ(read_refusal("").message, "");
}

}  // namespace
