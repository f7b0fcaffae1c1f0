// round_robin: each member that is up in its turn. Each begins an answer; with max_answers those after it in the
// list follow.
#include "dnsd/decide/method.h"

namespace decide {

namespace {

class RoundRobin final : public Method {
 public:
  How how() const override { return How::kRotate; }
  std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const override {
    std::vector<Pick> out;
    for (std::size_t i = 0; i < up.size(); ++i) out.push_back({ring(up, i, most), up[i].ramp});
    return out;
  }
};

}  // namespace

const Method& round_robin() {
  static const RoundRobin instance;
  return instance;
}

}  // namespace decide
