#include "zones/compile/rdata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/text.h"
#include "zones/wire/name.h"

namespace compile {
namespace {

using testing::HasSubstr;

const wire::Name kOrigin = wire::Name::parse("example.com").value();

std::vector<Token> split(const std::string& text) {
  std::vector<conf::Fault> faults;
  MasterReader reader(text, "z");
  auto entry = reader.next(faults);
  return entry ? entry->tokens : std::vector<Token>();
}

tl::expected<base::Bytes, RdataFault> read(const std::string& type, const std::string& text) {
  const auto number = type_from_text(type);
  EXPECT_TRUE(number) << type;
  return rdata_from_text(number.value_or(0), split(text), kOrigin.wire());
}

std::string hex(const std::string& type, const std::string& text) {
  const auto got = read(type, text);
  return got ? base::to_hex(*got) : "fault at " + std::to_string(got.error().token) + ": " + got.error().message;
}

TEST(Rdata, ReadsTheTypesOfAUsualZone) {
  EXPECT_EQ(hex("A", "192.0.2.1"), "c0000201");
  EXPECT_EQ(hex("AAAA", "2001:db8::1"), "20010db8000000000000000000000001");
  EXPECT_EQ(hex("NS", "ns1"), "036e7331076578616d706c6503636f6d00");
  EXPECT_EQ(hex("NS", "@"), "076578616d706c6503636f6d00");
  EXPECT_EQ(hex("CNAME", "A.b."),
            "01410162"
            "00");
  EXPECT_EQ(hex("PTR", "."), "00");
  EXPECT_EQ(hex("MX", "10 mail.example.net."),
            "000a"
            "046d61696c076578616d706c65036e657400");
  EXPECT_EQ(hex("TXT", R"("a b" c "")"),
            "03612062"
            "0163"
            "00");
  EXPECT_EQ(hex("SRV", "1 2 389 l."),
            "000100020185"
            "016c00");
  EXPECT_EQ(hex("CAA", R"(0 issue "ca.example")"),
            "00056973737565"
            "63612e6578616d706c65");
  EXPECT_EQ(hex("SSHFP", "4 2 ab cd"), "0402abcd");
  EXPECT_EQ(hex("TLSA", "3 1 1 00ff"), "03010100ff");
  EXPECT_EQ(hex("DNAME", "b."), "016200");
  EXPECT_EQ(hex("SOA", "m. r. 1 2h 3m 1w 60"),
            "016d00"
            "017200"
            "00000001"
            "00001c20"
            "000000b4"
            "00093a80"
            "0000003c");
  EXPECT_EQ(hex("NAPTR", R"(100 50 "s" "SIP+D2U" "" _sip._udp)"),
            "00640032"
            "0173"
            "075349502b443255"
            "00"
            "045f736970045f756470076578616d706c6503636f6d00");
  EXPECT_EQ(hex("HTTPS", "1 . alpn=h2"),
            "0001"
            "00"
            "0001"
            "0003"
            "026832");
}

TEST(Rdata, ReadsEscapesInStringsAndNames) {
  EXPECT_EQ(hex("TXT", R"("\"\255\\")"), "0322ff5c");
  EXPECT_EQ(hex("NS", R"(a\.b\000.)"), "04612e620000");
}

TEST(Rdata, ReadsGenericDataOfUnknownAndKnownTypes) {
  EXPECT_EQ(hex("TYPE65280", R"(\# 4 0a00 0001)"), "0a000001");
  EXPECT_EQ(hex("TYPE65280", R"(\# 0)"), "");
  EXPECT_EQ(hex("A", R"(\# 4 C0000201)"), "c0000201");
  EXPECT_EQ(hex("TYPE1", "192.0.2.1"), "c0000201");
  EXPECT_EQ(hex("MX", R"(\# 4 000a0000)"), "fault at 2: the octets after \"\\#\" are no data of type MX");
  EXPECT_EQ(hex("A", R"(\# 3 c00002)"), "fault at 2: the octets after \"\\#\" are no data of type A");
  // Data that end between two fields: two such records of one name crashed the comparison of their names.
  EXPECT_EQ(hex("MX", R"(\# 0)"), "fault at 2: the octets after \"\\#\" are no data of type MX");
  EXPECT_EQ(hex("MX", R"(\# 2 000a)"), "fault at 2: the octets after \"\\#\" are no data of type MX");
  EXPECT_EQ(hex("NS", R"(\# 0)"), "fault at 2: the octets after \"\\#\" are no data of type NS");
  // RFC 3597 section 4: a compression pointer has no place in generic data.
  EXPECT_FALSE(read("NS", R"(\# 4 0161c000)"));
}

TEST(Rdata, RefusesGenericDataThatIsNotWhatItSays) {
  EXPECT_EQ(read("TYPE65280", R"(\# 4 0a0000)").error().token, 1U);
  EXPECT_EQ(read("TYPE65280", R"(\# 2 0a0g)").error().token, 2U);
  EXPECT_EQ(read("TYPE65280", R"(\#)").error().token, 1U);
  EXPECT_EQ(read("TYPE65280", R"(\# x)").error().token, 1U);
  EXPECT_EQ(read("TYPE65280", R"(\# 70000 00)").error().token, 1U);
  EXPECT_THAT(read("TYPE65280", "192.0.2.1").error().message, HasSubstr("RFC 3597"));
  EXPECT_EQ(read("MX", R"(10 \# 1 00)").error().token, 2U);
  EXPECT_EQ(hex("TXT", R"(a \# 1 00)"),
            "0161"
            "0123"
            "0131"
            "023030")
      << "generic data begin with it";
}

// The examples of RFC 4025 section 3.2 and RFC 8777 section 4.3.1, with shorter keys.
TEST(Rdata, ReadsIpseckeyAndAmtrelayWhoseGatewayIsAddressNameOrNothing) {
  EXPECT_EQ(hex("IPSECKEY", "10 1 2 192.0.2.38 AQNR"), "0a0102c0000226010351");
  EXPECT_EQ(hex("IPSECKEY", "10 0 2 . AQ NR"), "0a0002010351");
  EXPECT_EQ(hex("IPSECKEY", "10 3 2 a.b. AQNR"), "0a03020161016200010351");
  EXPECT_EQ(hex("IPSECKEY", "10 2 2 2001:db8::1 AQNR"), "0a020220010db8000000000000000000000001010351");
  EXPECT_EQ(hex("IPSECKEY", "10 1 0 192.0.2.38"), "0a0100c0000226");
  EXPECT_EQ(hex("IPSECKEY", R"(\# 8 0a0102c000022601)"), "0a0102c000022601");
  EXPECT_EQ(hex("AMTRELAY", "10 0 1 203.0.113.15"), "0a01cb00710f");
  EXPECT_EQ(hex("AMTRELAY", "128 1 3 a."), "8083016100");
  EXPECT_EQ(hex("AMTRELAY", "0 1 0 ."), "0080");
  EXPECT_EQ(hex("IPSECKEY", "1 3 0 a"), hex("AMTRELAY", "1 0 3 a").replace(2, 2, "0300"));
}

TEST(Rdata, NamesWhatIsWrongWithAGateway) {
  const auto wrong = [](const char* type, const char* text) {
    const auto got = read(type, text);
    return got ? "good" : std::to_string(got.error().token) + ": " + got.error().message;
  };
  EXPECT_THAT(wrong("IPSECKEY", "10 1 2"), HasSubstr("3: IPSECKEY takes precedence, gateway type"));
  EXPECT_THAT(wrong("IPSECKEY", "256 1 2 192.0.2.1 AQNR"), HasSubstr("0: \"256\" is no precedence"));
  EXPECT_THAT(wrong("IPSECKEY", "1 4 2 192.0.2.1 AQNR"), HasSubstr("1: \"4\" is no gateway type"));
  EXPECT_THAT(wrong("IPSECKEY", "1 1 x 192.0.2.1 AQNR"), HasSubstr("2: \"x\" is no algorithm"));
  EXPECT_THAT(wrong("IPSECKEY", "1 1 2 2001:db8::1 AQNR"), HasSubstr("3: \"2001:db8::1\" is not an IPv4 address"));
  EXPECT_THAT(wrong("IPSECKEY", "1 2 2 192.0.2.1 AQNR"), HasSubstr("3: \"192.0.2.1\" is not an IPv6 address"));
  EXPECT_THAT(wrong("IPSECKEY", "1 0 2 x AQNR"), HasSubstr("3: \"x\" is not \".\""));
  EXPECT_THAT(wrong("IPSECKEY", "1 3 2 a..b AQNR"),
              HasSubstr("3: the gateway of IPSECKEY is a domain name (type 3): "));
  EXPECT_THAT(wrong("IPSECKEY", "1 0 2 . !!"), HasSubstr("4: the key of IPSECKEY is not base 64"));
  EXPECT_THAT(wrong("IPSECKEY", "1 0 2 ."), HasSubstr("4: IPSECKEY lacks its key"));
  EXPECT_THAT(wrong("IPSECKEY", "1 0 0 . AQNR"), HasSubstr("4: algorithm 0 of IPSECKEY says that there is no key"));
  EXPECT_THAT(wrong("AMTRELAY", "1 2 1 192.0.2.1"), HasSubstr("1: \"2\" is no D bit"));
  EXPECT_THAT(wrong("AMTRELAY", "1 1 1 192.0.2.1 x"), HasSubstr("4: \"x\" follows the relay"));
}

TEST(Rdata, ReadsLocationsThatLeaveOutMinutesAndSeconds) {
  EXPECT_EQ(hex("LOC", "0 1 N 1 E 0"), hex("LOC", "0 1 0 N 1 0 0 E 0m"));
  EXPECT_EQ(hex("LOC", "0 0 1 N 1 E 0"), hex("LOC", "0 0 1 N 1 0 0 E 0m"));
  EXPECT_EQ(hex("LOC", "1 S 0 2 W 0"), hex("LOC", "1 0 0 S 0 2 0 W 0"));
  const std::pair<const char*, const char*> wrong[] = {
      {"91 N 0 E 0", "fault at 0: \"91\" is no part of a latitude"},
      {"0 60 N 0 E 0", "1: \"60\" is no part of a latitude"},
      {"0 0 60 N 0 E 0", "2: \"60\" is no part of a latitude"},
      {"0.5 N 0 E 0", "0: \"0.5\" is no part of a latitude"},
      {"0 0 0 0 N 0 E 0", "3: the latitude of LOC ends in N or S"},
      {"0 N 181 E 0", "2: \"181\" is no part of a longitude"},
      {"0 N E 0", "2: LOC lacks the degrees of its longitude"},
      {"0 N 0 N 0", "3: \"N\" is no part of a longitude"},
      {"0 N 0 E", "4: LOC lacks its altitude"},
      {"0 N 0 E x", "4: \"x\" is no altitude"},
      {"0 N 0 E 42849672.96", "4: \"42849672.96\" is no altitude"},
      {"0 N 0 E -100000.01", "4: \"-100000.01\" is no altitude"},
      {"0 N 0 E 0 90000001", "5: \"90000001\" is no size"},
      {"0 N 0 E 0 1 -1", "6: \"-1\" is no horizontal precision"},
      {"0 N 0 E 0 1 1 1e3", "7: \"1e3\" is no vertical precision"},
      {"0 N 0 E 0 1 1 1 x", "8: \"x\" follows the data of LOC"},
      {"", "0: LOC lacks the degrees of its latitude"},
  };
  for (const auto& [text, why] : wrong) EXPECT_THAT(hex("LOC", text), HasSubstr(why)) << text;
}

TEST(Rdata, RefusesWhatLdnsWouldTakeForSomethingElse) {
  const std::tuple<const char*, const char*, const char*> wrong[] = {
      {"DS", "0 256 0 00", "fault at 1: \"256\" is no number from 0 to 255"},
      {"DS", "0 8 2 0", "3: an odd number of hexadecimal digits"},
      {"DS", "0 8 2 00 0", "3: an odd number of hexadecimal digits"},
      {"SSHFP", "1 1 0", "2: an odd number of hexadecimal digits"},
      {"DNSKEY", "0 3 256 AA==", "2: \"256\" is no number from 0 to 255"},
      {"TLSA", "256 0 0 00", "0: \"256\" is no number"},
      {"TLSA", "0 256 0 00", "1: \"256\" is no number"},
      {"TLSA", "0 0 256 00", "2: \"256\" is no number"},
      {"APL", "1:0.0.0.0/0 1:0.0.0.0/33", "1: \"1:0.0.0.0/33\" is no family, address and prefix"},
      {"APL", "2:0::0/129", "0: "},
      {"APL", "1:::/0", "0: "},
      {"APL", "1:0.0.0.0/", "0: "},
      {"APL", "3:0.0.0.0/0", "0: "},
      {"NSEC", "a. A TYPE65536", "2: \"TYPE65536\" is not an RR type"},
      {"NSEC", "a. X", "1: \"X\" is not an RR type"},
      {"CSYNC", "0 0 X", "2: \"X\" is not an RR type"},
      {"RRSIG", "X 8 0 0 0 0 0 . AA==", "0: \"X\" is not an RR type"},
      {"RRSIG", "A 8 0 0 4294967296 0 0 . AA==", "4: \"4294967296\" is not a time"},
      {"RRSIG", "A 8 0 0 21060207062816 0 0 . AA==", "4: "},
      {"RRSIG", "A 8 0 0 2025010100000x 0 0 . AA==", "4: "},
      {"RRSIG", "A 8 0 0 202501010000000 0 0 . AA==", "4: "},
  };
  for (const auto& [type, text, why] : wrong) EXPECT_THAT(hex(type, text), HasSubstr(why)) << type << " " << text;
  EXPECT_EQ(hex("DS", "1 8 2 00 11"),
            "0001"
            "08"
            "02"
            "0011");
  EXPECT_EQ(hex("APL", "1:192.0.2.0/24 !2:::/0"),
            "00011803c00002"
            "00020080");
  EXPECT_EQ(hex("RRSIG", "A 8 0 0 19700101000001 2 3 . AA=="), hex("RRSIG", "A RSASHA256 0 0 1 2 3 . AA=="));
}

TEST(Rdata, ReadsWhatOtherServersReadAndLdnsDoesNot) {
  EXPECT_EQ(hex("CAA", "0 issue ca.example"), hex("CAA", "0 issue \"ca.example\""));
  EXPECT_EQ(hex("CAA", R"(0 issue a\"b)"), hex("CAA", R"(0 issue "a\"b")"));
  EXPECT_EQ(hex("URI", "10 1 ftp://a"),
            "000a0001"
            "6674703a2f2f61");
  EXPECT_EQ(hex("CSYNC", "66 3"),
            "00000042"
            "0003");
  EXPECT_EQ(hex("CSYNC", R"(\# 6 000000420003)"), "000000420003");
  EXPECT_THAT(hex("CSYNC", "66"), HasSubstr("1: CSYNC takes 2 fields"));
  EXPECT_EQ(hex("RESINFO", "qnamemin exterr=15"), hex("TXT", "qnamemin exterr=15"));
  EXPECT_EQ(hex("wallet", R"("a b")"), hex("TXT", R"("a b")"));
  EXPECT_EQ(hex("CSYNC", "66 3 A RESINFO AMTRELAY"), hex("CSYNC", "66 3 A TYPE261 TYPE260"));
  EXPECT_NE(hex("CSYNC", "66 3 A RESINFO"), hex("CSYNC", "66 3 A TYPE0"));
  EXPECT_EQ(hex("CSYNC", "66 3 A RESINFO"),
            "00000042"
            "0003"
            "000140"
            "01"
            "01"
            "04");
  EXPECT_EQ(hex("NINFO", R"("foo" bar)"), hex("TXT", R"("foo" bar)"));
  EXPECT_EQ(hex("AVC", "foo:bar"), hex("TXT", "foo:bar"));
  for (const char* name : {"NINFO", "AVC", "RESINFO", "WALLET", "AMTRELAY", "NSAP-PTR"}) {
    EXPECT_EQ(type_to_text(type_from_text(name).value_or(0)), name);
  }
}

// RFC 9460 appendix D, and a few besides.
TEST(Rdata, ReadsServiceParameters) {
  const std::string foo = "03666f6f076578616d706c6503636f6d00";  // foo.example.com
  const std::string org = "03666f6f076578616d706c65036f726700";  // foo.example.org
  const std::string escaped =
      "0001000c"
      "08665c6f6f2c626172"
      "026832";  // f\oo,bar and h2
  EXPECT_EQ(hex("HTTPS", "0 foo.example.com."), "0000" + foo) << "figure 2";
  EXPECT_EQ(hex("SVCB", "1 ."), "000100") << "figure 3";
  EXPECT_EQ(hex("SVCB", "16 foo port=53"), "0010" + foo + "000300020035") << "figure 4";
  EXPECT_EQ(hex("SVCB", "1 foo key667=hello"), "0001" + foo + "029b000568656c6c6f") << "figure 5";
  EXPECT_EQ(hex("SVCB", R"(1 foo key667="hello\210qoo")"), "0001" + foo + "029b000968656c6c6fd2716f6f") << "figure 6";
  EXPECT_EQ(hex("SVCB", R"(1 foo ipv6hint="2001:db8::1,2001:db8::53:1")"), "0001" + foo +
                                                                               "00060020"
                                                                               "20010db8000000000000000000000001"
                                                                               "20010db8000000000000000000530001");
  EXPECT_EQ(hex("SVCB", R"(1 foo ipv6hint="2001:db8:122:344::192.0.2.33")"), "0001" + foo +
                                                                                 "00060010"
                                                                                 "20010db80122034400000000c0000221");
  EXPECT_EQ(hex("SVCB", "16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )"),
            "0010" + org +
                "0000000400010004"
                "00010009026832"
                "0568332d3139"
                "00040004c0000201");
  EXPECT_EQ(hex("SVCB", R"(16 foo.example.org. alpn="f\\\\oo\\,bar,h2")"), "0010" + org + escaped) << "figure 10";
  EXPECT_EQ(hex("SVCB", R"(16 foo.example.org. alpn=f\\\092oo\092,bar,h2)"), "0010" + org + escaped);
  EXPECT_EQ(hex("SVCB", R"(1 . no-default-alpn alpn=h2 key3=\000\053 key123= key124="")"),
            "000100"
            "0001000302"
            "6832"
            "00020000"
            "000300020035"
            "007b0000"
            "007c0000");
  EXPECT_EQ(hex("SVCB", R"(1 . key0=\000\003 port=7)"), hex("SVCB", "1 . mandatory=port port=7"));
  EXPECT_EQ(hex("SVCB", "1 . mandatory=key3 port=7"), hex("SVCB", "1 . mandatory=port port=7"));
  EXPECT_EQ(hex("SVCB", "1 . ech=AQID"),
            "000100"
            "00050003010203");
  EXPECT_EQ(hex("SVCB", "1 . dohpath=/q{?dns} ohttp"),
            "000100"
            "000700082f717b3f646e737d"
            "00080000");
  EXPECT_EQ(hex("SVCB", "1 . dohpath=/q{+a,dns*}{x}"),
            "000100"
            "0007000e2f717b2b612c646e732a7d7b787d");
  for (const char* type : {"SVCB", "HTTPS"}) {
    for (const char* text : {"1 . alpn=h2", "16 foo mandatory=ipv4hint,alpn alpn=h2,h3 ipv4hint=1.2.3.4", "0 a.b.",
                             "1 a key65535=x ech= ipv6hint=::1 dohpath=/{?dns} ohttp"}) {
      const auto octets = hex(type, text);
      EXPECT_EQ(hex(type, "\\# " + std::to_string(octets.size() / 2) + " " + octets), octets) << text;
    }
  }
}

// RFC 9460 appendix D.3, and a few besides.
TEST(Rdata, NamesWhatIsWrongWithServiceParameters) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", "fault at 1: SVCB takes a priority, a target"},
      {"x .", "0: \"x\" is no priority"},
      {"65536 .", "0: \"65536\" is no priority"},
      {"1 a..b", "1: the target of SVCB: "},
      {"1 foo key123=abc key123=def", "3: key123 of SVCB: it is given twice"},
      {R"(1 foo port=5 key3=\000\005)", "3: key3 of SVCB: it is given twice"},
      {"1 foo mandatory", "2: mandatory of SVCB: it names one key or more"},
      {"1 foo alpn", "2: alpn of SVCB: it names one protocol or more"},
      {"1 foo port", "2: port of SVCB: it is one port"},
      {"1 foo ipv4hint", "2: ipv4hint of SVCB: it is one IPv4 address or more"},
      {"1 foo ipv6hint", "2: ipv6hint of SVCB: it is one IPv6 address or more"},
      {"1 foo no-default-alpn=abc", "2: no-default-alpn of SVCB: it takes no value"},
      {"1 foo no-default-alpn", "2: no-default-alpn of SVCB: it means nothing without alpn"},
      {"1 foo ohttp=a", "2: ohttp of SVCB: it takes no value"},
      {"1 foo mandatory=key123", "2: mandatory of SVCB: the record has no key123"},
      {"1 foo port=1 mandatory=alpn", "3: mandatory of SVCB: the record has no alpn"},
      {"1 foo mandatory=mandatory", "2: mandatory of SVCB: it does not name itself"},
      {"1 foo mandatory=key123,key123 key123=abc", "2: mandatory of SVCB: its keys ascend, each once"},
      {"1 foo mandatory=key123,x key123=abc", "2: mandatory of SVCB: \"x\" is no key"},
      {"1 foo alpn=h2,,h3", "2: alpn of SVCB: a protocol's name has 1 to 255 octets"},
      {"1 foo alpn=h2,", "2: alpn of SVCB: a protocol's name has 1 to 255 octets"},
      {"1 foo key1=h2", "2: alpn of SVCB: a protocol's name has 1 to 255 octets"},
      {"1 foo port=65536", "2: port of SVCB: \"65536\" is no port"},
      {"1 foo port=-1", "2: port of SVCB: \"-1\" is no port"},
      {"1 foo ipv4hint=1.2.3", "2: ipv4hint of SVCB: \"1.2.3\" is no IPv4 address"},
      {"1 foo ipv4hint=::1", "2: ipv4hint of SVCB: \"::1\" is no IPv4 address"},
      {"1 foo ipv6hint=1.2.3.4", "2: ipv6hint of SVCB: \"1.2.3.4\" is no IPv6 address"},
      {"1 foo key4=abc", "2: ipv4hint of SVCB: it is one IPv4 address or more"},
      {"1 foo ech=!", "2: ech of SVCB: it is not base 64"},
      {"1 foo dohpath=q{?dns}", "2: dohpath of SVCB: it is a path's template"},
      {"1 foo dohpath=/q{?dn}", "2: dohpath of SVCB: it is a path's template"},
      {"1 foo dohpath=/q{?dns", "2: dohpath of SVCB: it is a path's template"},
      {"1 foo Alpn=h2", "2: \"Alpn\" is no service parameter that is known here; others are written as keyNNNNN"},
      {"1 foo key065=a", "2: \"key065\" is no service parameter"},
      {"1 foo key65536=a", "2: \"key65536\" is no service parameter"},
      {"1 foo \"key66=a b\"", "2: \"\\\"key66\" is no service parameter"},
      {R"(1 foo key66="a"b)", "2: key66 of SVCB: quotes stand around a whole value"},
      {R"(1 foo key66=a"b")", "2: key66 of SVCB: quotes stand around a whole value"},
      {R"(1 foo key66=\256)", "2: key66 of SVCB: \"\\DDD\" is an octet"},
      {R"(1 foo key66=\25)", "2: key66 of SVCB: \"\\DDD\" is an octet"},
      {R"(\# 5 0001000003)", "2: the octets after \"\\#\" are no data of type SVCB: it ends too early"},
      {R"(\# 2 0001)", "it ends too early"},
      {R"(\# 4 00010161)", "it ends too early"},
      {R"(\# 4 0001c000)", "it ends too early"},
      {R"(\# 8 0001000003000200)", "it ends too early"},
      {R"(\# 13 000100 0042000161 0042000161)", "its keys ascend, each once"},
      {R"(\# 13 000100 0043000161 0042000161)", "its keys ascend, each once"},
      {R"(\# 8 0001000001000161)", "alpn: a protocol's name"},
  };
  for (const auto& [text, why] : cases) EXPECT_THAT(hex("SVCB", text), HasSubstr(why)) << text;
  EXPECT_THAT(hex("SVCB", "1 . key66=" + std::string(65536, 'a')),
              HasSubstr("2: key66 of SVCB: its value exceeds 65535"));
  EXPECT_THAT(hex("SVCB", "1 . key66=" + std::string(65530, 'a')),
              HasSubstr("fault at 3: the data exceeds 65535 octets"));
}

TEST(Rdata, NsapPtrHoldsADomainName) {
  EXPECT_EQ(hex("NSAP-PTR", "a.b."), hex("PTR", "a.b."));
  EXPECT_EQ(hex("NSAP-PTR", "a"), hex("PTR", "a")) << "relative to the origin";
  EXPECT_EQ(hex("NSAP-PTR", R"(\# 5 0161016200)"), "0161016200");
  EXPECT_THAT(hex("NSAP-PTR", R"(\# 2 0161)"), HasSubstr("no data of type NSAP-PTR"));
  EXPECT_THAT(hex("NSAP-PTR", "a b"), HasSubstr("fault at 1: \"b\" follows the data of NSAP-PTR"));
}

TEST(Rdata, NamesTheTokenThatIsWrongAndWhatWasExpected) {
  struct Case {
    const char* type;
    const char* text;
    std::size_t token;
    const char* says;
  };
  const Case cases[] = {
      {"A", "192.0.2.300", 0, "\"192.0.2.300\" in A data is not an IPv4 address"},
      {"AAAA", "192.0.2.1", 0, "not an IPv6 address"},
      {"MX", "70000 mail", 0, "no number from 0 to 65535"},
      {"MX", "mail 10", 0, "no number from 0 to 65535"},
      {"MX", "10", 1, "MX takes 2 fields, found 1"},
      {"MX", "10 a..b", 1, "not a domain name"},
      {"A", "", 0, "A takes 1 field, found 0"},
      {"A", "192.0.2.1 192.0.2.2", 1, "follows the data of A, which takes 1 field"},
      {"SOA", "a b 1 2x 3 4 5", 3, "not seconds"},
      {"SOA", "a b 1 2 3 4 4294967296", 6, "not seconds"},
      {"SOA", "a b 4294967296 2 3 4 5", 2, "no number"},
      {"SRV", "1 2 -3 a", 2, "no number"},
      {"CAA", "256 issue \"x\"", 0, "no number from 0 to 255"},
      {"TXT", R"("\300")", 0, "not a string"},
      {"CERT", "0 1 1 AAAA", 0, "no number from 1 to 65535"},
      {"CERT", "65536 1 1 AAAA", 0, "no number from 1 to 65535"},
  };
  for (const auto& c : cases) {
    const auto got = read(c.type, c.text);
    ASSERT_FALSE(got) << c.type << ' ' << c.text;
    EXPECT_EQ(got.error().token, c.token) << c.type << ' ' << c.text << ": " << got.error().message;
    EXPECT_THAT(got.error().message, HasSubstr(c.says));
  }
}

TEST(Rdata, RefusesAStringOfMoreThan255Octets) {
  EXPECT_TRUE(read("TXT", '"' + std::string(255, 'x') + '"'));
  EXPECT_FALSE(read("TXT", '"' + std::string(256, 'x') + '"'));
}

TEST(Rdata, RefusesANameThatTheOriginMakesTooLong) {
  std::string labels;
  for (int i = 0; i < 3; ++i) labels += std::string(63, 'x') + '.';
  // 3 * 64 octets, a label of n + 1, and the 13 octets of example.com.
  EXPECT_TRUE(read("NS", labels + std::string(49, 'y')));
  EXPECT_THAT(read("NS", labels + std::string(50, 'y')).error().message, HasSubstr("255 octets"));
}

TEST(Rdata, RefusesDataOfMoreTextThanLdnsReads) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += '"' + std::string(250, 'x') + "\" ";
  EXPECT_THAT(read("TXT", text).error().message, HasSubstr("64 KiB"));
}

TEST(Rdata, KnowsTypesByNameAndNumber) {
  EXPECT_EQ(type_from_text("mx"), 15);
  EXPECT_EQ(type_from_text("type15"), 15);
  EXPECT_EQ(type_from_text("TYPE65535"), 65535);
  EXPECT_FALSE(type_from_text("TYPE65536"));
  EXPECT_FALSE(type_from_text("TYPE"));
  EXPECT_FALSE(type_from_text("TYPE1x"));
  EXPECT_FALSE(type_from_text("NOPE"));
  EXPECT_FALSE(type_from_text(""));
  EXPECT_EQ(type_to_text(15), "MX");
  EXPECT_EQ(type_to_text(65280), "TYPE65280");
}

TEST(Rdata, ReadsPeriods) {
  EXPECT_EQ(seconds_from_text("0"), 0U);
  EXPECT_EQ(seconds_from_text("1h30m"), 5400U);
  EXPECT_EQ(seconds_from_text("1W2D3H4M5S"), 788645U);
  EXPECT_EQ(seconds_from_text("4294967295"), 4294967295U);
  for (const auto* bad : {"", "x", "1y", "-1", "4294967296", "1 h", "h", "8000w", "99999999999999999999"}) {
    EXPECT_FALSE(seconds_from_text(bad)) << bad;
  }
}

}  // namespace
}  // namespace compile
