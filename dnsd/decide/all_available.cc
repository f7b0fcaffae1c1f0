// all_available: every member that is up, in one answer.
#include "dnsd/decide/method.h"

namespace decide {

namespace {

class AllAvailable final : public Method {
 public:
  How how() const override { return How::kOne; }
  std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const override {
    if (up.empty()) return {};
    return {{ring(up, 0, most), 1}};
  }
};

}  // namespace

const Method& all_available() {
  static const AllAvailable instance;
  return instance;
}

}  // namespace decide
