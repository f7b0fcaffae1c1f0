#include "zones/wire/rdata.h"

#include <gtest/gtest.h>

namespace {

TEST(Rdata, KnowsTheFormOfTypesWithNames) {
  const base::Bytes root{0};
  EXPECT_TRUE(wire::rdata_well_formed(wire::kTypeNs, root));
  EXPECT_FALSE(wire::rdata_well_formed(wire::kTypeNs, {}));
  EXPECT_FALSE(wire::rdata_well_formed(wire::kTypeNs, base::Bytes{0, 0}));
  EXPECT_FALSE(wire::rdata_well_formed(wire::kTypeMx, root));
  EXPECT_TRUE(wire::rdata_well_formed(wire::kTypeMx, base::Bytes{0, 1, 0}));
  EXPECT_FALSE(wire::rdata_well_formed(wire::kTypeA, base::Bytes{1, 2, 3}));
  EXPECT_FALSE(wire::rdata_well_formed(wire::kTypeSoa, base::Bytes(21, 0)));
  EXPECT_TRUE(wire::rdata_well_formed(wire::kTypeSoa, base::Bytes(22, 0)));
  EXPECT_FALSE(wire::rdata_well_formed(wire::kTypeCname, base::Bytes{0xc0, 0x0c}));
  EXPECT_TRUE(wire::rdata_well_formed(65280, base::Bytes{1}));
}

TEST(Rdata, MeasuresUncompressedNamesOnly) {
  EXPECT_EQ(wire::name_size(base::Bytes{1, 'a', 0, 9}), 3U);
  EXPECT_EQ(wire::name_size(base::Bytes{1, 'a'}), 0U);
  EXPECT_EQ(wire::name_size(base::Bytes(300, 1)), 0U);
  EXPECT_EQ(wire::name_size(base::Bytes{0xc0, 0x0c}), 0U);
}

}  // namespace
