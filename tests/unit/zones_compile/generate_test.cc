#include "zones/compile/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace compile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The records of one line as text, or its fault.
std::vector<std::string> expand(const std::string& text) {
  std::vector<conf::Fault> faults;
  MasterReader reader(text, "z");
  const auto entry = reader.next(faults);
  if (!entry) return {"no entry"};
  const auto generator = Generator::make(*entry);
  if (!generator) return {std::to_string(generator.error().token) + ": " + generator.error().message};
  std::vector<std::string> out;
  for (std::uint64_t i = 0; i < generator->count() && i < 1000; ++i) {
    const auto made = generator->at(i);
    if (!made) return {std::to_string(made.error().token) + ": " + made.error().message};
    std::string line;
    for (const auto& token : made->tokens) line += (line.empty() ? "" : " ") + token.text;
    out.push_back(line);
  }
  return out;
}

TEST(Generate, PutsTheNumberIntoOwnerAndData) {
  EXPECT_THAT(expand("$GENERATE 1-3 host-$ A 192.0.2.$"),
              ElementsAre("host-1 A 192.0.2.1", "host-2 A 192.0.2.2", "host-3 A 192.0.2.3"));
  EXPECT_THAT(expand("$generate 0-10/5 $ 300 IN CNAME $.x"),
              ElementsAre("0 300 IN CNAME 0.x", "5 300 IN CNAME 5.x", "10 300 IN CNAME 10.x"));
  EXPECT_THAT(expand("$GENERATE 7-7 a TXT \"no. $, $\""), ElementsAre("a TXT \"no. 7, 7\""));
  // BIND's manual has the first of these; a text stays one text.
  EXPECT_THAT(expand("$GENERATE 7-7 h$ MX \"0 .\""), ElementsAre("h7 MX 0 ."));
  EXPECT_THAT(expand("$GENERATE 7-7 h$ 60 IN SRV \"0 $ 80 t${1,2}\""), ElementsAre("h7 60 IN SRV 0 7 80 t08"));
  EXPECT_THAT(expand("$GENERATE 7-7 h$ in 1h TXT mx \"a $\""), ElementsAre("h7 in 1h TXT mx \"a 7\""));
  EXPECT_THAT(expand("$GENERATE 7-7 h$ in 1h MX \"5 m$\""), ElementsAre("h7 in 1h MX 5 m7"));
  EXPECT_THAT(expand("$GENERATE 7-7 h$ MX 5 \"m$\""), ElementsAre("h7 MX 5 \"m7\""));
  EXPECT_THAT(expand("$GENERATE 7-7 h$ MX \"\""), ElementsAre("h7 MX \"\""));
  EXPECT_THAT(expand("$GENERATE 7-7 h$ MX \"0 ) .\""), ElementsAre("h7 MX \"0 ) .\""));
  EXPECT_THAT(expand("$GENERATE 7-7 h$ MX \"0 ${-8}\""), ElementsAre(HasSubstr("4: the offset makes 7 negative")));
  EXPECT_THAT(expand("$GENERATE 1-4/2 a$ A 1.2.3.$"), ElementsAre("a1 A 1.2.3.1", "a3 A 1.2.3.3"));
}

TEST(Generate, AddsFillsUpAndChangesTheBase) {
  EXPECT_THAT(expand("$GENERATE 9-10 h${0,3} A 10.0.${-9}.${100}"),
              ElementsAre("h009 A 10.0.0.109", "h010 A 10.0.1.110"));
  EXPECT_THAT(expand("$GENERATE 30-30 ${0,0,d}.${0,4,o}.${0,4,x}.${0,4,X} TXT x"),
              ElementsAre("30.0036.001e.001E TXT x"));
  EXPECT_THAT(expand("$GENERATE 18-18 ${0,3,n} PTR a${0,0,N}"), ElementsAre("2.1 PTR a2.1"));
  EXPECT_THAT(expand("$GENERATE 171-171 ${0,7,n} PTR a${0,7,N}"), ElementsAre("b.a.0.0 PTR aB.A.0.0"));
}

TEST(Generate, KeepsEscapedSigns) {
  EXPECT_THAT(expand("$GENERATE 1-1 a$$ TXT \\$x\\\\$"), ElementsAre("a\\$ TXT \\$x\\\\1"));
}

TEST(Generate, SaysWhatIsWrong) {
  EXPECT_THAT(expand("$GENERATE 1-3 a$ A"), ElementsAre(HasSubstr("0: $GENERATE takes start-stop")));
  for (const std::string range : {"3-1", "1", "1-", "-1-2", "1-2/0", "1-2/", "1-2x", "a-b", "1-2147483648", "1--2"}) {
    EXPECT_THAT(expand("$GENERATE " + range + " a$ A 192.0.2.$"), ElementsAre(HasSubstr("is no range"))) << range;
  }
  for (const std::string format : {"${", "${}", "${a}", "${1,}", "${1,256}", "${1,2,}", "${1,2,z}", "${1,2,d,4}"}) {
    EXPECT_THAT(expand("$GENERATE 1-2 a" + format + " A 192.0.2.$"), ElementsAre(HasSubstr("2: \"${\" begins no")))
        << format;
  }
  EXPECT_THAT(expand("$GENERATE 1-2 a$ A 192.0.2.${-2}"), ElementsAre(HasSubstr("4: the offset makes 1 negative")));
}

TEST(Generate, RecordsStandWhereTheirLineStands) {
  std::vector<conf::Fault> faults;
  MasterReader reader("\n  \n$GENERATE 1-2 a$ A 192.0.2.$\n", "z");
  const auto entry = reader.next(faults);
  const auto made = Generator::make(*entry)->at(1);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->tokens[0].line, 3);
  EXPECT_EQ(made->tokens[0].column, 15);
  EXPECT_FALSE(made->blank_owner);
}

}  // namespace
}  // namespace compile
