// Zones and wide-IPs as they are served: the catalog of master files, the compiled snapshot, and the publisher through
// which both reach the workers. On the control loop's thread.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "conf/dnsd.h"
#include "conf/fault.h"
#include "zones/compile/catalog.h"
#include "zones/compile/snapshot_compiler.h"
#include "zones/snapshot/publisher.h"

namespace control {

// A table that is ready to be published.
struct Prepared {
  compile::Catalog catalog;
  compile::Compiled compiled;
};

// Every fault and warning of the zones and of the wide-IPs in them, as `dnsd check` prints them.
[[nodiscard]] conf::Findings check_zones(const conf::Dnsd& config);

class ZoneTable {
 public:
  explicit ZoneTable(snapshot::Publisher& publisher) : publisher_(publisher) {}

  // Reads every master file and compiles the snapshot; changes nothing. A zone whose file has faults keeps its last
  // good version, and says so in its CatalogZone; one that never loaded answers SERVFAIL. Faults: no zone of several
  // could ever be loaded; a wide-IP cannot be served (outside every zone, in the way of zone data); or one that is
  // served now lies in a zone that is new and could not be loaded.
  [[nodiscard]] conf::Loaded<Prepared> prepare(const conf::Dnsd& config) const;

  // From now on this table is served, with the answers that `answer_of` gives for the wide-IPs in the order of the
  // configuration; those without one are not ready (SERVFAIL).
  using AnswerOf = std::function<std::optional<snapshot::DynamicAnswer>(std::size_t)>;
  void publish(Prepared prepared, const AnswerOf& answer_of);
  // The order of the wide-IPs is about to change: until the next publish, answer() does nothing.
  void detach() { ids_.clear(); }
  // One wide-IP's answer. Ignored before the first publish, and for a wide-IP whose zone was never loaded.
  void answer(std::size_t wideip, const snapshot::DynamicAnswer& answer);

  [[nodiscard]] const compile::Catalog& catalog() const { return catalog_; }
  [[nodiscard]] std::uint64_t generation() const { return publisher_.generation(); }
  // False for a wide-IP whose zone was never loaded: whoever asks gets SERVFAIL.
  [[nodiscard]] bool served(std::size_t wideip) const { return wideip < ids_.size() && ids_[wideip].has_value(); }
  // Frees what no worker can see any more; from a timer. Returns how much waits still.
  std::size_t reap() { return publisher_.reap(); }

 private:
  void refuse_losses(const conf::Dnsd& config, conf::Loaded<Prepared>& out) const;

  snapshot::Publisher& publisher_;
  compile::Catalog catalog_;
  std::vector<std::optional<snapshot::DynamicId>> ids_;
};

}  // namespace control
