// global_availability: the first member of the list that is up; the others stand by, in their order.
#include "dnsd/decide/method.h"

namespace decide {

namespace {

class GlobalAvailability final : public Method {
 public:
  How how() const override { return How::kOne; }
  std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const override {
    if (up.empty()) return {};
    return {{ring(up, 0, most), 1}};
  }
};

}  // namespace

const Method& global_availability() {
  static const GlobalAvailability instance;
  return instance;
}

}  // namespace decide
