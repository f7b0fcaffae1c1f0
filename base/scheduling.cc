#include "base/scheduling.h"

#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace base {

namespace {

constexpr std::uint64_t kShortSliceNs = 100'000;  // the least and the most that Linux takes
constexpr std::uint64_t kLongSliceNs = 100'000'000;
constexpr int kGivesWay = 10;

// glibc 2.36 has no wrapper of these two.
bool set_slice(std::uint64_t ns) {
  sched_attr attr{};
  if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0U) != 0) return false;
  attr.sched_runtime = ns;
  return syscall(SYS_sched_setattr, 0, &attr, 0U) == 0;
}

}  // namespace

bool run_in_short_slices() { return set_slice(kShortSliceNs); }

// Linux keeps a nice value for each thread.
bool give_way() {
  set_slice(kLongSliceNs);
  return setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kGivesWay) == 0;
}

}  // namespace base
