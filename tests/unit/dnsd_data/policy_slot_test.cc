#include "dnsd/data/policy_slot.h"

#include <gtest/gtest.h>

namespace {

TEST(PolicySlot, GivesTheNewestOnceAndElseLeavesThePresentOne) {
  data::PolicySlot slot;
  const auto first = std::make_shared<const data::Policy>();
  const auto second = std::make_shared<const data::Policy>();
  auto present = first;
  slot.take(present);
  EXPECT_EQ(present, first);
  slot.set(nullptr);
  slot.set(second);
  slot.take(present);
  EXPECT_EQ(present, second);
  present = first;
  slot.take(present);
  EXPECT_EQ(present, first) << "what was taken is gone";
  slot.set(nullptr);
  slot.take(present);
  EXPECT_EQ(present, nullptr) << "no policy is news too";
}

}  // namespace
