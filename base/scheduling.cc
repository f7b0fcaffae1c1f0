#include "base/scheduling.h"

#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace base {

namespace {

constexpr std::uint64_t kShortSliceNs = 100'000;
constexpr int kGivesWay = 10;

}  // namespace

// glibc 2.36 has no wrapper of these two.
bool run_in_short_slices() {
  sched_attr attr{};
  if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0U) != 0) return false;
  attr.sched_runtime = kShortSliceNs;
  return syscall(SYS_sched_setattr, 0, &attr, 0U) == 0;
}

// Linux keeps a nice value for each thread.
bool give_way() { return setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kGivesWay) == 0; }

}  // namespace base
