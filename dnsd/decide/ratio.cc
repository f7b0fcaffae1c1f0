// ratio: each member that is up as often as its ratio says.
#include "dnsd/decide/method.h"

namespace decide {

namespace {

class Ratio final : public Method {
 public:
  How how() const override { return How::kRotate; }
  std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const override { return weighted(up, most); }
};

}  // namespace

const Method& ratio() {
  static const Ratio instance;
  return instance;
}

}  // namespace decide
