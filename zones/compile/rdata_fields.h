// The fields of a record's data as ldns describes them, and what ldns 1.8 takes for something else in silence.
// For sources of this folder only, as ldns_handle.h is.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "zones/compile/rdata.h"

// After the others: it defines true and false.
#include <ldns/ldns.h>

namespace compile {

// What a field wants, for people.
[[nodiscard]] std::string expectation(ldns_rdf_type field);
// The token in quotes, cut if it is long.
[[nodiscard]] std::string quote_token(const Token& token);
// True for fields that take one token each, so that token i is field i. `last`: no other field follows.
[[nodiscard]] bool takes_one_token(ldns_rdf_type field, bool last);
// The first field that holds what its type cannot; nothing if there is none, or ldns finds it.
[[nodiscard]] std::optional<RdataFault> check_fields(const ldns_rr_descriptor* of, std::span<const Token> tokens);

}  // namespace compile
