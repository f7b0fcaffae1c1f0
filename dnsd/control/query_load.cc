#include "dnsd/control/query_load.h"

#include <string_view>

#include "zones/wire/types.h"

namespace control {

namespace {

std::uint64_t dropped(const snapshot::Summed& sum) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < snapshot::kCounters; ++i) {
    const auto group = snapshot::counter_name(static_cast<snapshot::Counter>(i)).group;
    if (std::string_view(group) == "drop") out += sum.counters[i];
  }
  return out;
}

std::string rcode_name(std::size_t index) {
  return index + 1 == snapshot::kRcodes ? "other" : wire::rcode_name(static_cast<wire::Rcode>(index));
}

}  // namespace

void QueryLoad::take(const snapshot::Summed& sum, base::Instant now) {
  if (before_ && now - before_->at < base::milliseconds(100)) return;
  if (before_) {
    const double seconds = std::chrono::duration<double>(now - before_->at).count();
    const auto rate = [&](std::uint64_t after, std::uint64_t before) {
      return after > before ? static_cast<double>(after - before) / seconds : 0;
    };
    Sample sample{rate(sum.queries(), before_->sum.queries()), rate(dropped(sum), dropped(before_->sum))};
    for (std::size_t i = 0; i < snapshot::kRcodes; ++i) {
      const double responses = rate(sum.rcodes[i], before_->sum.rcodes[i]);
      if (responses > 0) sample.rcodes.emplace_back(rcode_name(i), responses);
    }
    samples_.push_back(std::move(sample));
    if (samples_.size() > kMostSamples) samples_.pop_front();
  }
  before_ = {sum, now};
}

}  // namespace control
