// Kind single: one node, without replication. It is ACTIVE while it is well and takes writes.
#include "sitecheck/core/kinds.h"
#include "sitecheck/core/watched.h"

namespace core {

namespace {

class Single : public Watched {
 public:
  explicit Single(const Place& place) : Watched(place) {}

 protected:
  [[nodiscard]] std::vector<NodeIndex> choose() override {
    if (nodes().empty() || !fit(0)) return {};
    return {0};
  }
};

}  // namespace

Kind single_kind() {
  return {"single", "one node without replication, which takes writes while it is well.", false, 1,
          [](const Place& place) -> std::unique_ptr<Brain> { return std::make_unique<Single>(place); }};
}

}  // namespace core
