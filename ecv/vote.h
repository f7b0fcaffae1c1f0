// One voter's promise about one pool (protocol.md section 1, mode B): having granted a site, it grants no other until
// T_grant has passed on its clock from the receipt of that site's last request, or the site gave the vote back. The
// same code votes in sitecheck and in a dnsd that is a witness. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ecv {

class Vote {
 public:
  // Boot: what an earlier process granted is not known, so nobody is granted for T_grant (rule 5).
  Vote(base::Duration grant_wait, base::Instant now);

  enum class Verdict : std::uint8_t {
    kGranted,     // for T_grant from now
    kMoratorium,  // rule 5
    kHeld,        // promised to another site
  };
  // `site` asks for the vote, or for its renewal.
  [[nodiscard]] Verdict ask(std::string_view site, base::Instant now);
  // `site` is closed and gives the vote back; void if the vote is not its own. A request that it sent before must not
  // be heard any more: the caller takes growing seq only (rule 11).
  void release(std::string_view site);

  // Who has it; "" if nobody.
  [[nodiscard]] std::string_view holder(base::Instant now) const;
  // Until when nobody else is granted: of the promise, or of the moratorium.
  [[nodiscard]] base::Instant until() const { return until_; }

 private:
  base::Duration grant_wait_;
  std::string holder_;  // "": the moratorium
  base::Instant until_;
};

}  // namespace ecv
