#include "dnsd/data/respond.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"

namespace {

using data::Transport;
using dns_test::Message;
using dns_test::query;
using snapshot::Counter;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string big_zone() {
  std::string lines = "www.example. 300 A 192.0.2.10\n";
  for (int i = 1; i <= 120; ++i) lines += "big.example. 300 A 198.51.100." + std::to_string(i) + "\n";
  for (int i = 1; i <= 40; ++i) lines += "medium.example. 300 A 198.51.100." + std::to_string(i) + "\n";
  return lines;
}

class Respond : public testing::Test {
 protected:
  // The raw response; empty if there is none.
  base::Bytes raw(const base::Bytes& packet, Transport transport = Transport::kUdp4) {
    out_.assign(data::is_tcp(transport) ? 65535 : identity_.udp_payload, 0);
    const auto size =
        data::respond(identity_, snapshot_.get(), packet, {transport, client_}, out_, scratch_, counters_);
    return {out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(size)};
  }
  Message ask(const base::Bytes& packet, Transport transport = Transport::kUdp4) {
    auto message = dns_test::decode(raw(packet, transport));
    EXPECT_THAT(message.faults, IsEmpty());
    return message;
  }
  std::uint64_t counted(Counter counter) const {
    snapshot::Summed sum;
    counters_.sum_into(sum);
    return sum[counter];
  }

  data::Identity identity_{"ns1", "wideip 0.1", "ns1-id", 1232};
  std::unique_ptr<snapshot::Snapshot> snapshot_ = dns_test::make_snapshot({{"example.", big_zone()}}, {"db.example."});
  std::vector<std::uint8_t> out_;
  data::Scratch scratch_;
  base::Bytes client_{192, 0, 2, 77};
  snapshot::WorkerCounters counters_;
};

TEST_F(Respond, AnswersAndCounts) {
  const auto r =
      ask(query("wWw.example.", wire::kTypeA, {.id = 77, .flags = wire::kFlagRd | wire::kFlagCd | wire::kFlagAd}));
  EXPECT_EQ(r.id, 77);
  EXPECT_EQ(r.flags, wire::kFlagQr | wire::kFlagAa | wire::kFlagRd | wire::kFlagCd)
      << "RD and CD copied, AD and RA not";
  EXPECT_EQ(r.qname, "wWw.example.");
  EXPECT_THAT(Message::texts(r.answer), ElementsAre("wWw.example. 300 A 192.0.2.10"));
  EXPECT_FALSE(r.edns);
  EXPECT_EQ(counted(Counter::kUdp4), 1U);
  EXPECT_EQ(counted(Counter::kAnswer), 1U);
  EXPECT_EQ(counted(Counter::kBytesOut), r.size);
}

TEST_F(Respond, DropsWhatMustNotBeAnswered) {
  EXPECT_TRUE(raw(base::Bytes(11, 0)).empty());
  EXPECT_TRUE(raw(query("www.example.", 1, {.flags = wire::kFlagQr})).empty());
  EXPECT_EQ(counted(Counter::kDropShort), 1U);
  EXPECT_EQ(counted(Counter::kDropResponse), 1U);
}

TEST_F(Respond, MalformedIsFormerr) {
  auto packet = query("www.example.", 1);
  packet.pop_back();
  const auto cut = ask(packet);
  EXPECT_EQ(cut.rcode, wire::kFormErr);
  EXPECT_EQ(cut.questions, 0U);
  auto two = query("www.example.", 1);
  two[5] = 2;
  EXPECT_EQ(ask(two).rcode, wire::kFormErr) << "RFC 9619";
  auto tail = query("www.example.", 1);
  tail.push_back(0);
  EXPECT_EQ(ask(tail).questions, 1U) << "the question could be read";
  EXPECT_EQ(counted(Counter::kFormerr), 3U);
}

TEST_F(Respond, OtherOpcodesAreNotimp) {
  for (std::uint16_t opcode = 1; opcode < 16; ++opcode) {
    const auto flags = static_cast<std::uint16_t>(opcode << wire::kOpcodeShift | wire::kFlagCd | wire::kFlagTc);
    const auto r = ask(query("www.example.", wire::kTypeSoa, {.flags = flags}));
    EXPECT_EQ(r.rcode, wire::kNotImp);
    EXPECT_EQ(r.flags & wire::kOpcodeMask, opcode << wire::kOpcodeShift);
    EXPECT_EQ(r.flags & (wire::kFlagAa | wire::kFlagTc | wire::kFlagCd), 0);
    EXPECT_EQ(r.questions, 0U);
  }
}

TEST_F(Respond, RefusesWhatItDoesNotHold) {
  EXPECT_EQ(ask(query("example.net.", 1)).rcode, wire::kRefused);
  EXPECT_EQ(ask(query("www.example.", 1, {.klass = 4})).rcode, wire::kRefused);
  EXPECT_EQ(ask(query("www.example.", 1, {.klass = wire::kClassAny})).rcode, wire::kRefused);
  EXPECT_EQ(ask(query("example.", wire::kTypeAxfr)).rcode, wire::kRefused);
  EXPECT_EQ(ask(query("example.", wire::kTypeOpt)).rcode, wire::kFormErr);
  EXPECT_EQ(ask(query("example.", wire::kTypeMaila)).rcode, wire::kNotImp);
  EXPECT_EQ(counted(Counter::kRefused), 4U);
}

TEST_F(Respond, EdnsIsAnsweredWithEdns) {
  const auto r = ask(query("www.example.", 1, {.edns = 4096, .dnssec_ok = true, .options = {0, 100, 0, 1, 7}}));
  EXPECT_TRUE(r.edns);
  EXPECT_EQ(r.payload, 1232);
  EXPECT_TRUE(r.dnssec_ok);
  EXPECT_THAT(r.options, IsEmpty()) << "unknown options are ignored, NSID is given to whom asks for it";
  EXPECT_EQ(counted(Counter::kEdns), 1U);
}

TEST_F(Respond, HigherVersionsAreBadversWithoutAnAnswer) {  // RFC 6891 section 6.1.3
  const auto r = ask(query("www.example.", 1, {.edns = 4096, .version = 1, .dnssec_ok = true}));
  EXPECT_EQ(r.rcode, wire::kBadVers);
  EXPECT_EQ(r.version, 0);
  EXPECT_EQ(r.questions, 1U);
  EXPECT_THAT(r.answer, IsEmpty());
  EXPECT_FALSE(r.aa());
}

TEST_F(Respond, NsidIsGivenToWhomAsks) {  // RFC 5001
  const auto r = ask(query("www.example.", 1, {.edns = 1232, .options = {0, 3, 0, 0}}));
  EXPECT_THAT(r.options, ElementsAre(std::pair<std::uint16_t, std::string>(3, "6e73312d6964")));
  identity_.nsid.clear();
  EXPECT_THAT(ask(query("www.example.", 1, {.edns = 1232, .options = {0, 3, 0, 0}})).options, IsEmpty());
}

using Options = std::vector<std::pair<std::uint16_t, std::string>>;

TEST_F(Respond, SubnetsComeBackWithTheScopeOfTheAnswer) {  // RFC 7871 section 7.2.1
  const base::Bytes v4{0, 8, 0, 7, 0, 1, 24, 0, 198, 51, 100};
  const base::Bytes none{0, 8, 0, 4, 0, 2, 0, 0};
  for (const auto* qname : {"www.example.", "nosuch.example.", "db.example.", "example.net."}) {
    EXPECT_THAT(ask(query(qname, 1, {.edns = 1232, .options = v4})).options,
                testing::Contains(Options::value_type(8, "00011800c63364")))
        << qname;
  }
  EXPECT_EQ(ask(query("www.example.", 1, {.edns = 1232, .options = none})).options, (Options{{8, "00020000"}}));
  const base::Bytes bent{0, 8, 0, 7, 0, 1, 23, 0, 198, 51, 101};
  const auto r = ask(query("www.example.", 1, {.edns = 1232, .options = bent}));
  EXPECT_EQ(r.rcode, wire::kFormErr);
  EXPECT_TRUE(r.edns) << "the server knows EDNS, the client erred";
  EXPECT_THAT(r.options, IsEmpty());
}

// Region 1 has an address of each family, region 2 of IPv6 alone, everybody else SERVFAIL.
snapshot::DynamicAnswer by_region() {
  snapshot::ClientMapBuilder map;
  map.add(base::Prefix::parse("198.51.100.0/24").value(), 1);
  map.add(base::Prefix::parse("192.0.2.0/25").value(), 2);
  map.add(base::Prefix::parse("2001:db8::/32").value(), 2);
  const auto v4 = base::IpAddress::v4({203, 0, 113, 1});
  const auto v6 = base::IpAddress::v6({0x20, 1, 0xd, 0xb8});
  auto choice = std::make_shared<snapshot::Choice>();
  choice->variants = {{snapshot::DynamicOutcome::kServfail, {}, 0, wire::kEdeNoReachableAuthority},
                      {snapshot::DynamicOutcome::kAnswer, {v4, v6}, 5, {}},
                      {snapshot::DynamicOutcome::kAnswer, {v6}, 7, {}}};
  for (std::uint16_t i = 0; i < 3; ++i) choice->groups.push_back({snapshot::How::kOne, {i}});
  choice->group_of = {0, 1, 2};
  choice->map = std::move(map).build();
  snapshot::DynamicAnswer out;
  out.outcome = snapshot::DynamicOutcome::kChoose;
  out.choice = choice;
  return out;
}

TEST_F(Respond, TheSubnetChoosesTheAnswerAndTheScopeSaysForWhomItIs) {  // RFC 7871 section 7.2.1
  snapshot_->set_answer({0}, by_region());
  const auto subnet = [&](const base::Bytes& data, wire::Type type = wire::kTypeA) {
    base::Bytes option{0, 8, 0, static_cast<std::uint8_t>(data.size())};
    option.insert(option.end(), data.begin(), data.end());
    return ask(query("db.example.", type, {.edns = 1232, .options = option}));
  };
  auto r = subnet({0, 1, 24, 0, 198, 51, 100});
  EXPECT_THAT(Message::texts(r.answer), ElementsAre("db.example. 5 A 203.0.113.1"));
  EXPECT_THAT(r.options, ElementsAre(Options::value_type(8, "00011818c63364")));
  r = subnet({0, 1, 32, 0, 198, 51, 100, 9});
  EXPECT_THAT(r.options, ElementsAre(Options::value_type(8, "00012018c6336409"))) << "fewer bits would have done";
  r = subnet({0, 1, 16, 0, 198, 51});
  EXPECT_EQ(r.rcode, wire::kServFail);
  EXPECT_THAT(r.options, testing::Contains(Options::value_type(8, "00011012c633"))) << "more bits would have helped";
  r = subnet({0, 1, 24, 0, 192, 0, 2});
  EXPECT_THAT(r.answer, IsEmpty());
  EXPECT_THAT(r.authority, SizeIs(1)) << "NODATA, for this network alone";
  EXPECT_EQ(r.authority[0].ttl, 7U);
  EXPECT_THAT(r.options, ElementsAre(Options::value_type(8, "00011819c00002")));
  r = subnet({0, 2, 48, 0, 0x20, 1, 0xd, 0xb8, 0, 1}, wire::kTypeAaaa);
  EXPECT_THAT(r.options, ElementsAre(Options::value_type(8, "0002302020010db80001")));
  r = subnet({0, 1, 24, 0, 198, 51, 100}, wire::kTypeTxt);
  EXPECT_THAT(r.options, ElementsAre(Options::value_type(8, "00011800c63364"))) << "nobody has a TXT";
}

TEST_F(Respond, WithoutASubnetTheAskerIsTheClient) {
  snapshot_->set_answer({0}, by_region());
  client_ = {198, 51, 100, 77};
  EXPECT_THAT(ask(query("db.example.", 1)).answer, SizeIs(1));
  EXPECT_THAT(ask(query("db.example.", 1, {.edns = 1232})).options, IsEmpty()) << "no option that was not asked for";
  const base::Bytes none{0, 8, 0, 4, 0, 1, 0, 0};  // RFC 7871 section 7.1.2: do not use my address
  const auto r = ask(query("db.example.", 1, {.edns = 1232, .options = none}), Transport::kTcp4);
  EXPECT_THAT(r.answer, SizeIs(1));
  EXPECT_THAT(r.options, ElementsAre(Options::value_type(8, "00010000")));
  client_ = {203, 0, 113, 1};
  EXPECT_EQ(ask(query("db.example.", 1)).rcode, wire::kServFail);
}

TEST_F(Respond, KeepaliveIsToldByTcpToWhomAsks) {  // RFC 7828 section 3.2
  identity_.tcp_keepalive = 100;
  const base::Bytes asks{0, 11, 0, 0};
  EXPECT_EQ(ask(query("www.example.", 1, {.edns = 1232, .options = asks}), Transport::kTcp4).options,
            (Options{{11, "0064"}}));
  EXPECT_THAT(ask(query("www.example.", 1, {.edns = 1232}), Transport::kTcp4).options, IsEmpty());
  EXPECT_THAT(ask(query("www.example.", 1, {.edns = 1232, .options = asks})).options, IsEmpty()) << "not by UDP";
}

TEST_F(Respond, SaysWhyItRefuses) {  // RFC 8914 sections 4.21 and 4.22
  EXPECT_EQ(ask(query("example.net.", 1, {.edns = 1232})).options, (Options{{15, "0014"}}));
  EXPECT_EQ(ask(query("example.", wire::kTypeAxfr, {.edns = 1232}), Transport::kTcp4).options, (Options{{15, "0015"}}));
  EXPECT_EQ(ask(query("example.", wire::kTypeMaila, {.edns = 1232})).options, (Options{{15, "0015"}}));
}

// With cookies, and where a test wants it limits of rates.
class Guarded : public Respond {
 protected:
  void limit(std::uint32_t responses, std::uint32_t slip) {
    data::RateOptions rates;
    rates.responses = rates.nxdomains = rates.errors = responses;
    rates.slip = slip;
    serve(std::make_shared<data::RateLimiter>(rates, data::SipKey{}));
  }
  void serve(std::shared_ptr<data::RateLimiter> rates = nullptr) {
    scratch_.policy = std::make_shared<data::Policy>(data::Policy{{{1, 2, 3}}, std::move(rates)});
    scratch_.now = {base::Instant(base::seconds(1000)), 1'700'000'000};
  }
  // An option with the client's cookie, and the server's in hex.
  static base::Bytes cookie(const std::string& server = "") {
    base::ByteWriter out;
    out.u16(wire::kOptionCookie);
    out.bytes16(base::from_hex("0102030405060708" + server).value());
    return out.take();
  }
  // The server's cookie in a response; empty if there is none.
  static std::string server_cookie(const Message& message) {
    for (const auto& [code, data] : message.options) {
      if (code == wire::kOptionCookie) return data.substr(16);
    }
    return {};
  }
};

TEST_F(Guarded, ACookieIsGivenTakenBackAndNotForged) {  // RFC 7873 section 5.2
  serve();
  const auto first = ask(query("www.example.", 1, {.edns = 1232, .options = cookie()}));
  const auto given = server_cookie(first);
  ASSERT_EQ(given.size(), 32U);
  EXPECT_THAT(first.answer, SizeIs(1));
  EXPECT_EQ(server_cookie(ask(query("www.example.", 1, {.edns = 1232, .options = cookie(given)}))), given);
  auto forged = given;
  forged.back() = forged.back() == '0' ? '1' : '0';
  const auto r = ask(query("www.example.", 1, {.edns = 1232, .options = cookie(forged)}), Transport::kTcp4);
  EXPECT_THAT(r.answer, SizeIs(1));
  EXPECT_EQ(server_cookie(r), given);
  client_ = {192, 0, 2, 78};
  EXPECT_NE(server_cookie(ask(query("www.example.", 1, {.edns = 1232, .options = cookie(given)}))), given);
  EXPECT_EQ(counted(Counter::kCookieNew), 1U);
  EXPECT_EQ(counted(Counter::kCookieGood), 1U);
  EXPECT_EQ(counted(Counter::kCookieBad), 2U);
}

TEST_F(Guarded, ACookieOfNoKnownLengthIsFormerr) {  // RFC 7873 section 5.2.2
  serve();
  const auto r = ask(query("www.example.", 1, {.edns = 1232, .options = {0, 10, 0, 3, 1, 2, 3}}));
  EXPECT_EQ(r.rcode, wire::kFormErr);
  EXPECT_TRUE(r.edns);
}

TEST_F(Guarded, ACookieMayBeAskedForWithoutAQuestion) {  // RFC 7873 section 5.4
  serve();
  const auto packet = [](const base::Bytes& options) {
    base::ByteWriter out;
    out.bytes(base::Bytes{0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0});
    out.bytes16(options);
    return out.take();
  };
  const auto first = ask(packet(cookie()));
  EXPECT_EQ(first.rcode, wire::kNoError);
  EXPECT_EQ(first.questions, 0U);
  const auto given = server_cookie(first);
  ASSERT_EQ(given.size(), 32U);
  EXPECT_EQ(ask(packet(cookie(given))).rcode, wire::kNoError);
  const auto forged = ask(packet(cookie(std::string(32, '0'))));
  EXPECT_EQ(forged.rcode, wire::kBadCookie);
  EXPECT_EQ(server_cookie(forged), given);
  EXPECT_EQ(counted(Counter::kCookieOnly), 3U);
  scratch_.policy.reset();
  EXPECT_EQ(ask(packet(cookie())).rcode, wire::kFormErr) << "RFC 9619, where cookies are not given";
}

TEST_F(Guarded, OverTheLimitIsDroppedOrSlipsOutTruncated) {
  limit(3, 2);
  int whole = 0;
  int slipped = 0;
  int dropped = 0;
  for (int i = 0; i < 23; ++i) {
    const auto bytes = raw(query("medium.example.", 1, {.edns = 1232}));
    if (bytes.empty()) {
      ++dropped;
      continue;
    }
    const auto r = dns_test::decode(bytes);
    EXPECT_THAT(r.faults, IsEmpty());
    ++(r.tc() ? slipped : whole);
    EXPECT_EQ(r.answer.size(), r.tc() ? 0U : 40U);
    EXPECT_EQ(r.questions, 1U);
  }
  EXPECT_EQ(whole, 3);
  EXPECT_EQ(slipped, 10);
  EXPECT_EQ(dropped, 10);
  EXPECT_EQ(counted(Counter::kRateDropped), 10U);
  EXPECT_EQ(counted(Counter::kRateSlipped), 10U);
  EXPECT_THAT(ask(query("medium.example.", 1), Transport::kTcp4).answer, SizeIs(40)) << "TCP is not limited";
  client_ = {192, 0, 3, 77};
  EXPECT_THAT(ask(query("medium.example.", 1, {.edns = 1232})).answer, SizeIs(40)) << "another network";
}

TEST_F(Guarded, AGoodCookieIsNotLimitedAndWhoHasNoneIsGivenOne) {  // RFC 7873 section 5.2.3
  limit(1, 1);
  const auto with = [&](const std::string& server) {
    return ask(query("www.example.", 1, {.edns = 1232, .options = cookie(server)}));
  };
  EXPECT_EQ(with("").rcode, wire::kNoError);
  const auto limited = with("");
  EXPECT_EQ(limited.rcode, wire::kBadCookie);
  EXPECT_FALSE(limited.tc());
  EXPECT_THAT(limited.answer, IsEmpty());
  const auto given = server_cookie(limited);
  for (int i = 0; i < 10; ++i) EXPECT_THAT(with(given).answer, SizeIs(1));
}

TEST_F(Guarded, MadeUpNamesAreOneAccount) {
  snapshot_ = dns_test::make_snapshot(
      {{"example.", "*.wild.example. 60 A 192.0.2.50\nsub.example. 60 NS ns.other.\nwww.example. 60 A 192.0.2.1\n"}});
  for (const std::string below : {".wild.example.", ".example.", ".sub.example.", ".example.net."}) {
    limit(5, 0);
    int passed = 0;
    for (int i = 0; i < 50; ++i) passed += raw(query("n" + std::to_string(i) + below, 1)).empty() ? 0 : 1;
    EXPECT_EQ(passed, 5) << below;
    EXPECT_FALSE(raw(query("www.example.", 1)).empty()) << "names that exist have their own";
  }
}

TEST_F(Guarded, ErrorsAreLimitedAndSlipAsTheyAre) {
  limit(1, 2);
  auto cut = query("www.example.", 1);
  cut.pop_back();
  EXPECT_FALSE(raw(cut).empty());
  EXPECT_TRUE(raw(cut).empty());
  const auto slipped = ask(cut);
  EXPECT_EQ(slipped.rcode, wire::kFormErr);
  EXPECT_FALSE(slipped.tc());
}

TEST_F(Respond, UdpAnswersKeepToTheClientsAndTheServersLimit) {
  struct Case {
    int edns;
    std::size_t limit;
  };
  for (const auto& [edns, limit] : {Case{-1, 512}, Case{0, 512}, Case{511, 512}, Case{600, 600}, Case{65535, 1232}}) {
    const auto r = ask(query("big.example.", 1, {.edns = edns}));
    EXPECT_TRUE(r.tc()) << edns;
    EXPECT_LE(r.size, limit) << edns;
    EXPECT_THAT(r.answer, IsEmpty());
  }
  EXPECT_TRUE(ask(query("medium.example.", 1)).tc());
  const auto fits = ask(query("medium.example.", 1, {.edns = 1232}));
  EXPECT_FALSE(fits.tc());
  EXPECT_THAT(fits.answer, SizeIs(40));
  EXPECT_EQ(counted(Counter::kTruncated), 6U);
}

TEST_F(Respond, TcpAnswersAreWhole) {
  const auto r = ask(query("big.example.", 1, {.edns = 512}), Transport::kTcp6);
  EXPECT_FALSE(r.tc());
  EXPECT_THAT(r.answer, SizeIs(120));
  EXPECT_EQ(counted(Counter::kTcp6), 1U);
}

TEST_F(Respond, StaleAndUndecidedAnswersSaySo) {  // RFC 8914
  const auto first = ask(query("db.example.", 1, {.edns = 1232}));
  EXPECT_EQ(first.rcode, wire::kServFail);
  EXPECT_THAT(first.options, ElementsAre(std::pair<std::uint16_t, std::string>(15, "000e")));
  snapshot_->set_answer(
      {0}, {snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, 1})}, 1, wire::kEdeStaleAnswer});
  const auto stale = ask(query("db.example.", 1, {.edns = 1232}));
  EXPECT_THAT(stale.options, ElementsAre(std::pair<std::uint16_t, std::string>(15, "0003")));
  EXPECT_THAT(Message::texts(stale.answer), ElementsAre("db.example. 1 A 192.0.2.1"));
  EXPECT_FALSE(ask(query("db.example.", 1)).edns) << "not to a client without EDNS";
  EXPECT_EQ(counted(Counter::kStale), 2U);
  EXPECT_EQ(counted(Counter::kDynamic), 3U);
}

TEST_F(Respond, WithoutASnapshotItIsNotReady) {
  snapshot_.reset();
  const auto r = ask(query("www.example.", 1, {.edns = 1232}));
  EXPECT_EQ(r.rcode, wire::kServFail);
  EXPECT_THAT(r.options, ElementsAre(std::pair<std::uint16_t, std::string>(15, "000e")));
  EXPECT_FALSE(r.aa());
}

TEST_F(Respond, AnEmptySnapshotRefuses) {
  snapshot_ = dns_test::make_snapshot({});
  EXPECT_EQ(ask(query("www.example.", 1)).rcode, wire::kRefused);
}

TEST_F(Respond, ChaosTellsWhoAnswers) {  // RFC 4892
  const auto text = [&](const char* qname, wire::Type type = wire::kTypeTxt) {
    const auto r = ask(query(qname, type, {.klass = wire::kClassChaos}));
    return r.answer.empty() ? wire::rcode_name(r.rcode) : r.answer[0].rdata;
  };
  EXPECT_EQ(text("ID.server."), "\"ns1\"");
  EXPECT_EQ(text("hostname.bind."), "\"ns1\"");
  EXPECT_EQ(text("version.bind."), "\"wideip 0.1\"");
  EXPECT_EQ(text("version.server."), "\"wideip 0.1\"");
  EXPECT_EQ(text("authors.bind."), "REFUSED");
  EXPECT_EQ(text("id.server.", wire::kTypeA), "REFUSED");
  identity_.version.clear();
  identity_.id.clear();
  EXPECT_EQ(text("version.bind."), "REFUSED");
  EXPECT_EQ(text("id.server."), "REFUSED");
  EXPECT_EQ(text("hostname.bind."), "REFUSED");
}

}  // namespace
