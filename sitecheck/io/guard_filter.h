// The kernel's table under a guard of kind nft: open until a moment, or closed; looked at, and made anew where it does
// not hold. Owned by the loop's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "sitecheck/io/packet_filter.h"

namespace sitecheck {

class GuardFilter {
 public:
  // `on_news`: the table was made anew, or cannot be made. `pool`: for the log.
  GuardFilter(std::string pool, FilterOptions options, std::function<void()> on_news);

  // Makes the table: clients pass until `until`; nothing, or a moment that is past, closes. Error: it cannot be made.
  [[nodiscard]] base::Result<void> load(std::optional<base::Instant> until);
  void open_until(base::Instant until);
  // The kernel does this by itself at that moment; a host that was suspended has counted less than the clock.
  void close();
  // At the guard's tick.
  void watch(base::Instant now);

  [[nodiscard]] bool open() const { return open_; }  // not known to be closed
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] bool allows(const base::IpAddress& ip) const { return filter_->allows(ip); }

 private:
  void failed(const std::string& why);

  std::string pool_;
  FilterOptions options_;
  std::function<void()> on_news_;
  std::optional<PacketFilter> filter_;
  std::optional<base::Instant> until_;
  bool open_ = true;
  base::Instant looked_at_;
  std::string trouble_;
};

}  // namespace sitecheck
