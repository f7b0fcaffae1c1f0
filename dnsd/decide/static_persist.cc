// static_persist: a client keeps its member: the network it is in decides which of those that are up, by their ratios.
// If a member goes, only its clients get another one, and those get it back when it returns.
#include "dnsd/decide/method.h"

namespace decide {

namespace {

class StaticPersist final : public Method {
 public:
  How how() const override { return How::kHash; }
  std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const override { return weighted(up, most); }
};

}  // namespace

const Method& static_persist() {
  static const StaticPersist instance;
  return instance;
}

}  // namespace decide
