#include "dnsd/control/override_file.h"

#include <system_error>

#include "base/file.h"
#include "base/log.h"

namespace control {

namespace {

// Random, and another after each boot (random(4)).
std::string kernel_boot_id() {
  const auto text = base::read_file("/proc/sys/kernel/random/boot_id", 64);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

void tell(const std::filesystem::path& path, const std::string& why) {
  base::log(
      base::Level::kError, "overrides.unreadable",
      "orders of operators (drain, pin) may be lost: see `dnsd overrides`, and give again what is missing; a copy "
      "of the file is kept as .bad",
      {{"file", path.string()}, {"why", why}});
}

}  // namespace

OverrideFile::OverrideFile(std::filesystem::path path)
    : path_(std::move(path)), boot_id_(kernel_boot_id()), file_(path_) {}

OrderList OverrideFile::load(Now now) {
  const auto loaded = file_.load();
  if (loaded.fault == io::SlotFault::kMissing) return {};
  // A slot that is merely torn was never relied on: its order was not confirmed to anybody.
  const bool lost = loaded.fault != io::SlotFault::kNone || loaded.newer_may_be_lost;
  if (lost) tell(path_, loaded.detail);
  DecodedOrders read;
  if (loaded.fault == io::SlotFault::kNone) read = decode_orders(loaded.content, boot_id_, now);
  for (const std::string& fault : read.faults) tell(path_, fault);
  if (lost || !read.faults.empty()) keep_aside();
  return std::move(read.orders);
}

base::Result<void> OverrideFile::store(const OrderList& list) { return file_.store(encode(list, boot_id_)); }

void OverrideFile::keep_aside() const {
  for (const char* slot : {".0", ".1"}) {
    const std::string from = path_.string() + slot;
    std::error_code ec;
    if (!std::filesystem::is_regular_file(from, ec)) continue;
    std::filesystem::copy_file(from, from + ".bad", std::filesystem::copy_options::overwrite_existing, ec);
    if (ec) {
      base::log(base::Level::kWarn, "overrides.no_copy", "no copy of the file can be kept",
                {{"file", from}, {"why", ec.message()}});
    }
  }
}

}  // namespace control
