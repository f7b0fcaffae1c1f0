#include "zones/wire/types.h"

#include <gtest/gtest.h>

namespace {

TEST(Types, AreNamedOrNumbered) {
  EXPECT_EQ(wire::type_name(wire::kTypeAaaa), "AAAA");
  EXPECT_EQ(wire::type_name(65280), "TYPE65280");
  EXPECT_EQ(wire::rcode_name(wire::kBadVers), "BADVERS");
  EXPECT_EQ(wire::rcode_name(23), "BADCOOKIE");
  EXPECT_EQ(wire::rcode_name(22), "RCODE22");
}

}  // namespace
