#include "base/scheduling.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <thread>

namespace base {
namespace {

// As sched_getattr(2) has it; the kernel's own header does not go together with glibc's <sched.h>.
struct Attributes {
  std::uint32_t size;
  std::uint32_t sched_policy;
  std::uint64_t sched_flags;
  std::int32_t sched_nice;
  std::uint32_t sched_priority;
  std::uint64_t sched_runtime;
  std::uint64_t sched_deadline;
  std::uint64_t sched_period;
};

Attributes own() {
  Attributes attr{};
  EXPECT_EQ(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0U), 0);
  return attr;
}

bool kernel_knows_slices() {
  utsname system{};
  int major = 0;
  int minor = 0;
  return uname(&system) == 0 && std::sscanf(system.release, "%d.%d", &major, &minor) == 2 &&
         (major > 6 || (major == 6 && minor >= 12));
}

TEST(Scheduling, ShortSlicesAreOfTheCallingThreadAlone) {
  const auto before = own();
  std::thread([&] {
    if (!run_in_short_slices()) GTEST_SKIP() << "not granted here";
    const auto now = own();
    EXPECT_EQ(now.sched_policy, before.sched_policy);
    EXPECT_EQ(now.sched_nice, before.sched_nice);
    if (!kernel_knows_slices()) return;
    EXPECT_EQ(now.sched_runtime, 100'000U);
  }).join();
  EXPECT_EQ(own().sched_runtime, before.sched_runtime);
}

TEST(Scheduling, GivingWayIsOfTheCallingThreadAlone) {
  const int before = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
  if (before >= 10) GTEST_SKIP() << "all of this runs behind others already";
  const auto slice = own().sched_runtime;
  std::thread([] {
    EXPECT_TRUE(give_way());
    EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), 10);
    if (kernel_knows_slices()) {
      EXPECT_EQ(own().sched_runtime, 100'000'000U);
    }
  }).join();
  EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), before);
  EXPECT_EQ(own().sched_runtime, slice);
}

}  // namespace
}  // namespace base
