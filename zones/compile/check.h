// What must hold between the records of a zone, beyond what each record shows by itself.
#pragma once

#include <functional>

#include "conf/fault.h"
#include "zones/compile/zone.h"

namespace compile {

// Appends faults and warnings to `zone` (both are named in zone.h) and fills in its serial. `may_have_lost(type)` says
// that a record of the type was dropped for a fault of its own: then the lack of such a record is not reported.
void check_zone(conf::Loaded<ZoneData>& zone, const NameSet& dynamic,
                const std::function<bool(wire::Type)>& may_have_lost);

// The name in the data of an NS, CNAME, DNAME, PTR, MX or SRV record; for others the root.
[[nodiscard]] wire::Name target_of(wire::Type type, base::ByteView rdata);

// The cut at or above `name`: the highest node below the apex that has an NS RRset (RFC 1034 section 4.2); null if the
// zone is authoritative for `name`.
[[nodiscard]] const Node* cut_above(const ZoneData& zone, const wire::Name& name);

}  // namespace compile
