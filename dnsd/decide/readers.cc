// readers: sites with a standby that is well, in turn by their ratios; those of the client's region first. Which sites
// those are, and that the writer stands in where there is none, verdicts.cc finds.
#include "dnsd/decide/method.h"

namespace decide {

namespace {

class Readers final : public Method {
 public:
  How how() const override { return How::kRotate; }
  bool regional() const override { return true; }
  std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const override { return weighted(up, most); }
};

}  // namespace

const Method& readers() {
  static const Readers instance;
  return instance;
}

}  // namespace decide
