// Class CH: who answers here (RFC 4892).
#pragma once

#include "dnsd/data/respond.h"
#include "zones/wire/message_writer.h"
#include "zones/wire/query.h"

namespace data {

// Writes the TXT record for id.server, hostname.bind, version.bind or version.server behind the question. False, and
// nothing written, for another name or type, or where the text is not configured: the query is to be refused.
[[nodiscard]] bool answer_chaos(const Identity& identity, const wire::Query& query, wire::MessageWriter& out);

}  // namespace data
