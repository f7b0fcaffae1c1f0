// Gathers zones and dynamic names, then builds one immutable Snapshot. For the control thread; allocates freely.
//
//   Builder builder;
//   auto zone = builder.add_zone(origin);                        // as many as there are
//   builder.add(*zone, owner, wire::kTypeA, 300, rdata);         // every RR of the master file, in any order
//   auto id = builder.add_dynamic(name);                         // every wide-IP, after all zones
//   auto snapshot = std::move(builder).build();                  // then Publisher::publish
//
// The builder finds out by itself what follows from the records: empty non-terminals, delegations (NS below the apex)
// with their glue, wildcards, DNAMEs, and which zone holds a name when several nest (the deepest). Data that such a
// rule hides (below a cut or a DNAME, or inside a deeper zone) is kept out of answers, glue excepted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "zones/snapshot/snapshot.h"
#include "zones/wire/name.h"

namespace snapshot {

struct ZoneId {
  std::uint32_t index = 0;
};

class Builder {
 public:
  Builder();
  ~Builder();
  Builder(Builder&&) noexcept;
  Builder& operator=(Builder&&) noexcept;

  // Error: the origin was added before.
  [[nodiscard]] base::Result<ZoneId> add_zone(const wire::Name& origin);

  // A zone that is to be served and has no data: its names are SERVFAIL with EDE 14 (Not Ready), whatever a zone around
  // it has of them. Error: the origin was added before.
  [[nodiscard]] base::Result<void> add_unready_zone(const wire::Name& origin);

  // One RR of class IN. `rdata`: uncompressed wire form, at most 65535 octets. The RRset takes the TTL of its first
  // record (RFC 2181 section 5.2 demands equal ones); a duplicate record is dropped (RFC 2181 section 5).
  // Error: owner outside the zone; rdata that does not fit its type's layout; CNAME beside other data (RFC 1034 3.6.2);
  // a second CNAME, DNAME or SOA; SOA not at the apex; a type that no zone may hold (OPT, 128..255).
  [[nodiscard]] base::Result<void> add(ZoneId zone, const wire::Name& owner, wire::Type type, std::uint32_t ttl_s,
                                       base::ByteView rdata);

  // A wide-IP: its A and AAAA come from health, its other types are NODATA in every state, unless it may be an alias
  // (DynamicAnswer::every_type). It goes into the deepest zone that holds it. Its answer is SERVFAIL with EDE 14 (Not
  // Ready) until one is set.
  // Error: in no zone, or in one without data; added before; at or below a delegation or DNAME; static records at the
  // same name (the apex's SOA and NS excepted); an alias at the apex of a zone, beside its SOA and NS (RFC 1034
  // section 3.6.2). Some of these come only from build().
  [[nodiscard]] base::Result<DynamicId> add_dynamic(const wire::Name& name, bool alias = false);

  // Error: a zone without SOA or NS at its apex; what add_dynamic says; more names than 2^31.
  [[nodiscard]] base::Result<std::unique_ptr<Snapshot>> build() &&;

  struct Plan;  // zones/snapshot/plan.h

 private:
  std::unique_ptr<Plan> plan_;
};

}  // namespace snapshot
