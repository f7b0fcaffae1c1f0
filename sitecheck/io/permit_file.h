// The permit across a restart of sitecheck (protocol.md section 3): deadline, epoch and the kernel's boot id in a
// shared mapping of state_dir/permit-POOL. A restart within the lease keeps ACTIVE and its epoch; after a reboot of
// the host CLOCK_BOOTTIME begins anew, so that another boot id makes the permit void.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "ecv/report.h"

namespace sitecheck {

struct Permit {
  base::Instant deadline;
  ecv::Epoch epoch;
  std::int64_t lease_id = 0;  // arbiter etcd: of the lease that the deadline stands on
};

// Of the running kernel, /proc/sys/kernel/random/boot_id.
[[nodiscard]] base::Result<std::string> kernel_boot_id();

class PermitFile {
 public:
  // Creates the file where there is none. Error names the path.
  [[nodiscard]] static base::Result<PermitFile> open(const std::filesystem::path& path, std::string kernel);
  PermitFile(PermitFile&&) noexcept;
  PermitFile& operator=(PermitFile&&) noexcept;
  ~PermitFile();

  // The permit in the file: nothing if it was cleared, is torn, or belongs to another boot of the kernel.
  [[nodiscard]] std::optional<Permit> load() const;
  void store(const Permit& permit);
  void clear();

 private:
  PermitFile(void* memory, std::string kernel) : memory_(memory), kernel_(std::move(kernel)) {}

  void* memory_;
  std::string kernel_;
};

}  // namespace sitecheck
