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
  // Boot: what an earlier process granted is not known, so nobody is granted for T_grant (rule 5). How long that is
  // the sites say: they all have the same (rule 9).
  explicit Vote(base::Instant booted_at);
  // There is no moratorium: an earlier process of this voter is known to have promised the vote to `site`, and to
  // nobody since. It is `site`'s for T_grant from now.
  void resume(std::string_view site, base::Duration grant_wait, base::Instant now);

  enum class Verdict : std::uint8_t {
    kGranted,     // for `grant_wait` from now
    kMoratorium,  // rule 5: less than `grant_wait` has passed since the boot
    kHeld,        // promised to another site
  };
  // `site` asks for the vote, or for its renewal. `grant_wait` is T_grant, more than 0.
  [[nodiscard]] Verdict ask(std::string_view site, base::Duration grant_wait, base::Instant now);
  // `site` is closed and gives the vote back; void if the vote is not its own. A request that it sent before must not
  // be heard any more: the caller takes growing seq only (rule 11).
  void release(std::string_view site);

  // Who has it; "" if nobody.
  [[nodiscard]] std::string_view holder(base::Instant now) const;
  // Until when nobody else is granted; long ago if nobody has it.
  [[nodiscard]] base::Instant until() const { return until_; }

 private:
  std::optional<base::Instant> booted_at_;
  std::string holder_;
  base::Instant until_;
};

}  // namespace ecv
