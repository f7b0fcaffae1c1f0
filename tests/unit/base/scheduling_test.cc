#include "base/scheduling.h"

#include <gtest/gtest.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

namespace base {
namespace {

sched_attr own() {
  sched_attr attr{};
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
    if (kernel_knows_slices()) EXPECT_EQ(now.sched_runtime, 100'000U);
  }).join();
  EXPECT_EQ(own().sched_runtime, before.sched_runtime);
}

TEST(Scheduling, GivingWayIsOfTheCallingThreadAlone) {
  const int before = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
  if (before >= 10) GTEST_SKIP() << "all of this runs behind others already";
  std::thread([] {
    EXPECT_TRUE(give_way());
    EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), 10);
  }).join();
  EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), before);
}

}  // namespace
}  // namespace base
