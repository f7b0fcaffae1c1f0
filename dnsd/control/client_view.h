// What one client gets, for `dnsd explain NAME --client PREFIX`. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "dnsd/control/answer.h"

namespace control {

struct ClientView {
  std::string region;      // "": in none
  std::uint8_t scope = 0;  // SCOPE PREFIX-LENGTH of the answer (RFC 7871 section 6); 0: the same for every client
  std::size_t group = 0;   // of decide::Answers
  snapshot::How how = snapshot::How::kOne;
  struct Part {
    std::vector<std::string> answer;  // A and AAAA, or the name that it is an alias of, with its final dot
    double share = 1;                 // of its queries
  };
  std::vector<Part> parts;  // one, unless the answers rotate
};

// Nothing if `answer` gives neither addresses nor an alias.
[[nodiscard]] std::optional<ClientView> view_client(const snapshot::DynamicAnswer& answer, const Regions& regions,
                                                    const base::Prefix& client);

// "is in region eu: pool near, by its network: 192.0.2.1".
[[nodiscard]] std::string client_text(const ClientView& view, const std::string& pool);

}  // namespace control
