#include "zones/wire/edns.h"

#include <gtest/gtest.h>

#include "tests/support/dns_message.h"

namespace {

class Opt : public testing::Test {
 protected:
  // Writes `opt` into a message that may have `limit` octets.
  bool write(const wire::OptReply& opt, std::size_t limit = 512) {
    out_.start(buffer_, limit, {});
    return wire::write_opt(out_, opt);
  }
  dns_test::Message message() {
    out_.finish(1, wire::kFlagQr);
    return dns_test::decode(out_.message());
  }
  std::array<std::uint8_t, 512> buffer_{};
  wire::MessageWriter out_;
};

TEST_F(Opt, SplitsTheExtendedRcode) {  // RFC 6891 section 6.1.3
  wire::OptReply opt;
  opt.rcode = wire::kBadVers;
  ASSERT_TRUE(write(opt));
  EXPECT_EQ(message().rcode, wire::kBadVers);
}

TEST_F(Opt, SaysHowLongItIs) {
  wire::OptReply opt;
  for (const bool ede : {false, true}) {
    for (const auto* nsid : {"", "ns1"}) {
      opt.has_ede = ede;
      opt.nsid = base::as_bytes(nsid);
      ASSERT_TRUE(write(opt, wire::kHeaderSize + wire::opt_size(opt)));
      EXPECT_EQ(message().faults.size(), 0U);
      EXPECT_FALSE(write(opt, wire::kHeaderSize + wire::opt_size(opt) - 1));
      EXPECT_EQ(out_.size(), wire::kHeaderSize) << "nothing is left of what did not fit";
    }
  }
}

}  // namespace
