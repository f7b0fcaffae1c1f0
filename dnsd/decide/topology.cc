// topology: a member in the client's region, these in turn by their ratios. With none of them up, or for clients of no
// region: any member.
#include "dnsd/decide/method.h"

namespace decide {

namespace {

class Topology final : public Method {
 public:
  How how() const override { return How::kRotate; }
  bool regional() const override { return true; }
  std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const override { return weighted(up, most); }
};

}  // namespace

const Method& topology() {
  static const Topology instance;
  return instance;
}

}  // namespace decide
