// The handles of ldns with their deleters. For sources of this folder only: no header that others include has it.
#pragma once

#include <ldns/ldns.h>

#include <memory>

namespace compile {

struct LdnsDeleter {
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
  void operator()(ldns_buffer* buffer) const { ldns_buffer_free(buffer); }
};

using RrPtr = std::unique_ptr<ldns_rr, LdnsDeleter>;
using RdfPtr = std::unique_ptr<ldns_rdf, LdnsDeleter>;
using BufferPtr = std::unique_ptr<ldns_buffer, LdnsDeleter>;

}  // namespace compile
