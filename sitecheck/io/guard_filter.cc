#include "sitecheck/io/guard_filter.h"

#include <utility>

#include "base/log.h"

namespace sitecheck {

namespace {

constexpr auto kWatch = base::milliseconds(200);

}  // namespace

GuardFilter::GuardFilter(std::string pool, FilterOptions options, std::function<void()> on_news)
    : pool_(std::move(pool)), options_(std::move(options)), on_news_(std::move(on_news)) {}

base::Result<void> GuardFilter::load(std::optional<base::Instant> until) {
  until_ = until;
  auto loaded = PacketFilter::load(options_, until_.value_or(base::Instant{}));
  if (!loaded) return base::fail(loaded.error().message);
  filter_.emplace(std::move(*loaded));
  open_ = until_ && *until_ > base::read_boot_clock();
  trouble_.clear();
  return {};
}

void GuardFilter::open_until(base::Instant until) {
  until_ = until;
  open_ = true;
  if (const auto opened = filter_->open_until(until); !opened) failed(opened.error().message);
}

void GuardFilter::close() {
  until_.reset();
  if (const auto closed = filter_->close()) {
    open_ = false;
  } else {
    failed(closed.error().message);
  }
}

void GuardFilter::watch(base::Instant now) {
  if (now - looked_at_ < kWatch) return;
  looked_at_ = now;
  const auto there = filter_->look();
  if (!there) return failed(there.error().message);
  if (open_ && (!until_ || now >= *until_)) close();
}

// A firewall that is loaded anew flushes every table.
void GuardFilter::failed(const std::string& why) {
  base::log(base::Level::kError, "guard.filter", "the kernel's table does not hold: making it anew",
            {{"pool", pool_}, {"why", why}});
  const auto loaded = load(until_);
  if (loaded) return on_news_();
  open_ = true;
  if (std::exchange(trouble_, loaded.error().message) == loaded.error().message) return;
  base::log(base::Level::kError, "guard.filter_failed", "the kernel's table cannot be made",
            {{"pool", pool_}, {"error", trouble_}});
  on_news_();
}

}  // namespace sitecheck
