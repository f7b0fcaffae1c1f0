#include "dnsd/control/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace control {

namespace {

constexpr std::uint64_t kBind = std::uint64_t{1} << CAP_NET_BIND_SERVICE;

// capget(2) without libcap: version 3 has the 64 bits in two halves.
struct Capabilities {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
};
using Halves = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool read(Capabilities& out) {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  Halves halves{};
  if (::syscall(SYS_capget, &head, halves.data()) != 0) return false;
  out.effective = halves[0].effective | static_cast<std::uint64_t>(halves[1].effective) << 32;
  out.permitted = halves[0].permitted | static_cast<std::uint64_t>(halves[1].permitted) << 32;
  return true;
}

// Nothing is inheritable, so nothing outlives an exec.
bool write(std::uint64_t capabilities) {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  Halves halves{};
  halves[0].effective = halves[0].permitted = static_cast<std::uint32_t>(capabilities);
  halves[1].effective = halves[1].permitted = static_cast<std::uint32_t>(capabilities >> 32);
  return ::syscall(SYS_capset, &head, halves.data()) == 0;
}

tl::unexpected<base::Error> refuse(const std::string& user, const std::string& why) {
  return base::fail("server.user \"" + user + "\": " + why);
}

// What must hold after the drop, looked at rather than believed: a sandbox may have taken setuid(2) away, a securebit
// may have kept capabilities over it (capabilities(7)).
base::Result<void> verify(const std::string& user, uid_t uid, gid_t gid, std::uint64_t kept) {
  uid_t uids[3]{};
  gid_t gids[3]{};
  Capabilities left;
  if (::getresuid(&uids[0], &uids[1], &uids[2]) != 0 || ::getresgid(&gids[0], &gids[1], &gids[2]) != 0 || !read(left)) {
    return refuse(user, std::strerror(errno));
  }
  for (const uid_t each : uids) {
    if (each != uid) return refuse(user, "privileges were not given up");
  }
  for (const gid_t each : gids) {
    if (each != gid) return refuse(user, "the group was not changed");
  }
  if ((left.permitted & ~kept) != 0) return refuse(user, "capabilities were not given up");
  if (::setuid(0) == 0 || ::setgid(0) == 0) return refuse(user, "root could be had back");
  return {};
}

}  // namespace

base::Result<void> become(const std::string& user, KeepBind keep) {
  errno = 0;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) {
    return refuse(user, "no such user; make it (useradd --system " + user + "), or leave server.user out");
  }
  const uid_t uid = entry->pw_uid;
  const gid_t gid = entry->pw_gid;
  const bool changes = ::geteuid() != uid;
  Capabilities had;
  if (!read(had)) return refuse(user, std::strerror(errno));
  const std::uint64_t kept = keep == KeepBind::kYes ? had.permitted & kBind : 0;
  if (changes) {
    if (kept != 0 && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return refuse(user, std::strerror(errno));
    if (::initgroups(user.c_str(), gid) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0) {
      const std::string why = std::strerror(errno);
      return refuse(user, why + (errno == EPERM ? "; start dnsd as root, or as that user without server.user" : ""));
    }
  }
  if (uid != 0 && !write(kept)) return refuse(user, std::string("capabilities: ") + std::strerror(errno));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refuse(user, std::strerror(errno));
  return uid == 0 ? base::Result<void>{} : verify(user, uid, gid, kept);
}

}  // namespace control
