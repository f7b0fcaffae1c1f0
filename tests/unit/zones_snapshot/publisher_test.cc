#include "zones/snapshot/publisher.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/zone_text.h"

namespace {

using snapshot::DynamicOutcome;
using snapshot::Publisher;

std::unique_ptr<snapshot::Snapshot> two_names() {
  return dns_test::make_snapshot({{"example.", ""}}, {"a.example.", "b.example."});
}

snapshot::DynamicAnswer one_address(std::uint8_t last, std::uint32_t ttl) {
  return {DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, last})}, ttl, std::nullopt};
}

TEST(Publisher, GivesNothingBeforeTheFirstPublish) {
  Publisher publisher;
  auto& reader = publisher.add_reader();
  EXPECT_EQ(reader.enter(), nullptr);
  reader.leave();
  publisher.answer({0}, one_address(1, 5));
  EXPECT_EQ(publisher.generation(), 0U);
}

TEST(Publisher, KeepsWhatAReaderHoldsAndFreesItAfterwards) {
  Publisher publisher;
  auto& reader = publisher.add_reader();
  publisher.publish(two_names());
  const auto* held = reader.enter();
  publisher.publish(two_names());
  EXPECT_NE(publisher.current(), held);
  EXPECT_EQ(publisher.reap(), 1U) << "the reader is still inside";
  EXPECT_EQ(held->dynamic_names(), 2U);
  reader.leave();
  EXPECT_EQ(publisher.reap(), 0U);
  EXPECT_EQ(publisher.generation(), 2U);
}

TEST(Publisher, AReaderThatCameLaterDoesNotHoldTheOldOne) {
  Publisher publisher;
  auto& reader = publisher.add_reader();
  publisher.publish(two_names());
  publisher.publish(two_names());
  EXPECT_EQ(reader.enter(), publisher.current());
  EXPECT_EQ(publisher.reap(), 0U);
  reader.leave();
}

TEST(Publisher, AFlipSwapsOneAnswerOnly) {
  Publisher publisher;
  auto& reader = publisher.add_reader();
  auto next = two_names();
  next->set_answer({1}, one_address(9, 5));
  publisher.publish(std::move(next));
  const auto* before = publisher.current();
  const auto* held = &reader.enter()->records(0);
  publisher.answer({0}, one_address(1, 7));
  EXPECT_EQ(publisher.current(), before);
  EXPECT_EQ(publisher.current()->records(0).ttl_s(), 7U);
  EXPECT_EQ(publisher.current()->records(1).ttl_s(), 5U);
  EXPECT_EQ(held->outcome(), DynamicOutcome::kServfail) << "what the reader holds is unchanged";
  EXPECT_EQ(publisher.reap(), 1U);
  reader.leave();
  EXPECT_EQ(publisher.reap(), 0U);
  publisher.answer({2}, one_address(1, 7));  // no such name: ignored
}

// Meant for ThreadSanitizer and AddressSanitizer: readers see whole answers while control flips and reloads.
TEST(Publisher, ReadersNeverSeeAHalfMadeOrFreedAnswer) {
  Publisher publisher;
  const auto publish = [&] {
    auto next = two_names();
    next->set_answer({0}, one_address(1, 1));
    publisher.publish(std::move(next));
  };
  publish();
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> rounds{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, reader = &publisher.add_reader()] {
      while (!stop) {
        const auto& records = reader->enter()->records(0);
        // The TTL and the last octet of the address are always set to the same number.
        if (records.a().empty() || records.a()[9] != records.a()[15]) ++torn;
        reader->leave();
        ++rounds;
      }
    });
  }
  for (int i = 1; i < 3000 || rounds < 3000; ++i) {
    const auto n = static_cast<std::uint8_t>(i % 200 + 1);
    publisher.answer({0}, one_address(n, n));
    if (i % 100 == 0) publish();
    if (i % 10 == 0) publisher.reap();
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(publisher.reap(), 0U);
}

}  // namespace
