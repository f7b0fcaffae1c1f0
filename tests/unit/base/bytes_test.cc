#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace {

using base::ByteReader;
using base::Bytes;
using base::ByteWriter;

TEST(Bytes, WritesAndReadsBigEndian) {
  ByteWriter out;
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090A0B0C0D0E0FULL);
  out.bytes8(base::as_bytes("ab"));
  out.bytes16(base::as_bytes("cde"));
  const Bytes expected{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 2, 'a', 'b', 0, 3, 'c', 'd', 'e'};
  EXPECT_EQ(out.data(), expected);
  ByteReader in(out.data());
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u32(), 0x04050607U);
  EXPECT_EQ(in.u64(), 0x08090A0B0C0D0E0FULL);
  EXPECT_EQ(base::as_text(in.bytes8()), "ab");
  EXPECT_EQ(base::as_text(in.bytes16()), "cde");
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.left(), 0U);
}

TEST(Bytes, AFailedReadStaysFailed) {
  const Bytes three{1, 2, 3};
  ByteReader in(three);
  EXPECT_EQ(in.u32(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0) << "although a byte is there: a parser may check once";
  EXPECT_TRUE(in.bytes(0).empty());
  EXPECT_FALSE(in.ok());
}

TEST(Bytes, ALengthPastTheEndFails) {
  const Bytes lying{5, 'a', 'b'};
  ByteReader in(lying);
  EXPECT_TRUE(in.bytes8().empty());
  EXPECT_FALSE(in.ok());
  ByteReader huge(lying);
  EXPECT_TRUE(huge.bytes(static_cast<std::size_t>(-1)).empty());
  EXPECT_FALSE(huge.ok());
}

TEST(Bytes, TruncatesWhatItsLengthCannotSay) {
  ByteWriter out;
  out.bytes8(base::as_bytes(std::string(300, 'x')));
  EXPECT_EQ(out.data().size(), 256U);
  EXPECT_EQ(out.data()[0], 255);
}

RC_GTEST_PROP(Bytes, AnyReadsOfAnyBytesStayInside, (const Bytes& bytes, const std::vector<std::uint8_t>& reads)) {
  ByteReader in(bytes);
  std::uint64_t sum = 0;
  for (const auto kind : reads) {
    switch (kind % 6) {
      case 0: sum += in.u8(); break;
      case 1: sum += in.u16(); break;
      case 2: sum += in.u64(); break;
      case 3:
        for (const auto b : in.bytes8()) sum += b;
        break;
      case 4:
        for (const auto b : in.bytes16()) sum += b;
        break;
      default: sum += in.bytes(kind).size(); break;
    }
    RC_ASSERT(in.offset() + in.left() == bytes.size());
  }
  RC_ASSERT(in.ok() || sum + 1 > 0);
}

}  // namespace
