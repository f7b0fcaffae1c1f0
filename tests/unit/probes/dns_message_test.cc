#include "probes/dns_message.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace probes {
namespace {

const DnsQuestion kAsked{*wire::Name::parse("wWw.Example.com"), wire::kTypeA};
constexpr std::uint16_t kId = 0x1234;

// The question come back as an answer, with these flags.
base::Bytes answer(std::uint16_t flags, const DnsQuestion& question = kAsked, std::uint16_t id = kId) {
  auto out = write_question(id, question);
  out[2] = static_cast<std::uint8_t>(flags >> 8U);
  out[3] = static_cast<std::uint8_t>(flags);
  return out;
}

DnsMatch match(const base::Bytes& message) { return judge_answer(message, kId, kAsked).match; }

TEST(DnsMessage, AnAnswerRepeatsIdAndQuestion) {
  EXPECT_EQ(match(answer(wire::kFlagQr)), DnsMatch::kAnswer);
  EXPECT_EQ(judge_answer(answer(wire::kFlagQr | wire::kRefused), kId, kAsked).rcode, wire::kRefused);
  EXPECT_EQ(match(answer(wire::kFlagQr | wire::kFlagTc)), DnsMatch::kTruncated);
}

// RFC 5452 section 9.1.
TEST(DnsMessage, WhatAnswersAnotherQuestionIsForeign) {
  EXPECT_EQ(match(answer(0)), DnsMatch::kForeign) << "a query, not an answer";
  EXPECT_EQ(match(answer(wire::kFlagQr, kAsked, kId + 1)), DnsMatch::kForeign);
  EXPECT_EQ(match(answer(wire::kFlagQr | 0x2800)), DnsMatch::kForeign) << "opcode UPDATE";
  EXPECT_EQ(match(answer(wire::kFlagQr, {*wire::Name::parse("wWw.Example.org"), wire::kTypeA})), DnsMatch::kForeign);
  EXPECT_EQ(match(answer(wire::kFlagQr, {kAsked.name, wire::kTypeAaaa})), DnsMatch::kForeign);
  auto chaos = answer(wire::kFlagQr);
  chaos.back() = wire::kClassChaos;
  EXPECT_EQ(match(chaos), DnsMatch::kForeign);
  auto two = answer(wire::kFlagQr);
  two[5] = 2;
  EXPECT_EQ(match(two), DnsMatch::kForeign);
}

TEST(DnsMessage, AnotherLetterCaseIsToldApart) {
  EXPECT_EQ(match(answer(wire::kFlagQr, {*wire::Name::parse("www.example.com"), wire::kTypeA})), DnsMatch::kOtherCase);
}

TEST(DnsMessage, AHeaderAloneIsAnAnswerOnlyWhereTheServerDidNotUnderstand) {
  const auto header = [](std::uint16_t rcode) {
    auto out = answer(static_cast<std::uint16_t>(wire::kFlagQr | rcode));
    out.resize(wire::kHeaderSize);
    out[5] = 0;
    return out;
  };
  EXPECT_EQ(match(header(wire::kFormErr)), DnsMatch::kAnswer);
  EXPECT_EQ(match(header(wire::kNotImp)), DnsMatch::kAnswer);
  EXPECT_EQ(match(header(wire::kNoError)), DnsMatch::kForeign);
  EXPECT_EQ(match(header(wire::kServFail)), DnsMatch::kForeign);
}

TEST(DnsMessage, EveryShorterMessageIsForeign) {
  const auto whole = answer(wire::kFlagQr);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(match({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), DnsMatch::kForeign) << size;
  }
}

TEST(DnsMessage, APointerInsteadOfTheNameIsForeign) {
  auto looping = answer(wire::kFlagQr);
  looping[12] = 0xC0;
  looping[13] = 0x0C;
  EXPECT_EQ(match(looping), DnsMatch::kForeign);
}

TEST(DnsMessage, MixedCaseIsTheSameNameWithOtherLetters) {
  const auto name = *wire::Name::parse("a-long1.name.example.com");
  const auto all = mix_case(name, ~0ULL);
  EXPECT_EQ(all, name);
  EXPECT_EQ(all.to_string(), "A-LONG1.NAME.EXAMPLE.COM.");
  EXPECT_EQ(mix_case(name, 0).to_string(), "a-long1.name.example.com.");
  EXPECT_EQ(mix_case(name, 2).to_string(), "a-Long1.name.example.com.");
}

}  // namespace
}  // namespace probes
